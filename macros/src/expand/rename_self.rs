//! Renames `self` in a body.
//!
//! A handle with two native paths has two closures, and passes the same input to whichever one
//! runs. `self` is then part of that input. A closure parameter cannot be called `self`, so it has
//! another name, and the body has to use that name.
//!
//! The body is not parsed. The only syntax that matters is where an item begins that has a `self`
//! of its own.
//!
//! A `self` inside a string, as in `println!("{self}")`, is not renamed, since a macro cannot see
//! whether a string is a format string. The compiler then reports that `self` was moved. With
//! `&self` nothing has to be renamed: both closures capture a copy of the reference.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

/// Returns the new name of `self`.
///
/// It has the span, and so the hygiene, of the `self` that it replaces, so that macros in the body
/// can use it.
pub(crate) fn renamed_self(span: Span) -> Ident {
    Ident::new("__self", span)
}

/// Replaces `self` by its new name in a body.
pub(crate) fn rename_self(body: TokenStream) -> TokenStream {
    let mut renamed = TokenStream::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek();
        match token {
            TokenTree::Ident(ident) if ident == "self" && !begins_path(next) => {
                renamed.extend([TokenTree::Ident(renamed_self(ident.span()))]);
            }
            TokenTree::Ident(ident) if begins_item_with_self(&ident, next) => {
                renamed.extend([TokenTree::Ident(ident)]);
                // Copy the rest of the item. It ends with braces or a semicolon.
                for token in tokens.by_ref() {
                    let last = ends_item(&token);
                    renamed.extend([token]);
                    if last {
                        break;
                    }
                }
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), rename_self(group.stream()));
                inner.set_span(group.span());
                renamed.extend([TokenTree::Group(inner)]);
            }
            token => renamed.extend([token]),
        }
    }
    renamed
}

/// Whether a `self` is the first segment of a path, as in `self::module`.
fn begins_path(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

/// Whether a keyword begins an item in which `self` has another meaning. (`fn(…)` is a type.)
fn begins_item_with_self(keyword: &Ident, next: Option<&TokenTree>) -> bool {
    if keyword == "fn" {
        matches!(next, Some(TokenTree::Ident(_)))
    } else {
        keyword == "impl" || keyword == "trait" || keyword == "use" || keyword == "pub"
    }
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}
