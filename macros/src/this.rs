//! Another name for `self`.
//!
//! Of two native paths over one input, each is a closure that is given the input. So `self` is
//! moved in under another name, and the body has to use that one. The body is not parsed; what is
//! needed of its syntax is where another `self` begins, in the items that may stand in a body.
//!
//! A `self` inside of a string, as in `println!("{self}")`, is not found: whether a string is a
//! format can't be seen. The compiler then says that `self` was moved. With `&self` there is no need
//! for any of this, since both closures can hold a copy of the reference.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

/// The name that `self` gets.
///
/// It is in the hygiene of the place that it is for, so that macros in a body find it.
pub(crate) fn name(span: Span) -> Ident {
    Ident::new("__self", span)
}

/// Gives `self` another name in a body.
pub(crate) fn rename(body: TokenStream) -> TokenStream {
    let mut renamed = TokenStream::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek();
        match token {
            TokenTree::Ident(ident) if ident == "self" && !begins_path(next) => {
                renamed.extend([TokenTree::Ident(name(ident.span()))]);
            }
            TokenTree::Ident(ident) if has_own_self(&ident, next) => {
                renamed.extend([TokenTree::Ident(ident)]);
                // The item ends with its braces, or with a semicolon.
                for token in tokens.by_ref() {
                    let last = is_end_of_item(&token);
                    renamed.extend([token]);
                    if last {
                        break;
                    }
                }
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), rename(group.stream()));
                inner.set_span(group.span());
                renamed.extend([TokenTree::Group(inner)]);
            }
            token => renamed.extend([token]),
        }
    }
    renamed
}

/// Whether a `self` is the first part of a path, `self::module`.
fn begins_path(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

/// Whether an item begins that has a `self` of its own. (`fn(…)` is a type.)
fn has_own_self(keyword: &Ident, next: Option<&TokenTree>) -> bool {
    if keyword == "fn" {
        matches!(next, Some(TokenTree::Ident(_)))
    } else {
        keyword == "impl" || keyword == "trait" || keyword == "use" || keyword == "pub"
    }
}

fn is_end_of_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}
