//! The arguments of a function, without `self`.
//!
//! An `async fn` moves every argument into its future, used or not. When the future ends, it drops
//! them, the last one first. The expansion does the same: the body begins with `let _ = &name;` for
//! each argument, the last one first. The block captures its variables in this order, and drops them
//! in this order. A `let name = name;` would work, too, but then the future would hold the argument
//! twice, as a captured and as a local variable, and nested futures would grow at each level.
//!
//! Lints have to report the user's own names, and each only once. Two cases need care:
//!
//! - An argument whose name is not in the body has to be reported as unused. The argument in the
//!   signature keeps its name, for the docs, but gets another hygiene. The user's name is bound to a
//!   reference to it, and the compiler reports this variable.
//! - A pattern that destructures its argument is bound as in an `async fn`. The parts are dropped when
//!   the body ends, before the captured variables. To keep the drop order, all arguments after the
//!   first such pattern are bound in the same way.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, Signature, Type};

use crate::expand::tokens::any_token;
use crate::parse::attributes::is_cfg;
use crate::span::mixed_site_at;

/// An argument, and how the body accesses it.
pub(crate) struct Argument {
    /// The name in the signature.
    pub(crate) name: Ident,
    /// The user's attributes. The signature keeps only `cfg` and `cfg_attr`.
    pub(crate) attrs: Vec<Attribute>,
    /// The user's pattern.
    pub(crate) pat: Pat,
    /// The user's type.
    pub(crate) ty: Type,
    /// How the body accesses it.
    pub(crate) access: Access,
}

/// How a body accesses an argument.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Access {
    /// By the user's name, which is also the name in the signature.
    Name,
    /// Not at all: its name is not in the body.
    Unused,
    /// By the user's pattern, into which it is moved.
    Pattern,
    /// By a reference to the owned copy that was made of it.
    OwnedCopy,
}

/// What decides how the body accesses an argument.
pub(crate) struct AccessRules<'a> {
    /// The body, which is searched for the names.
    pub(crate) body: &'a TokenStream,
    /// Whether the body is in a closure whose parameters are the arguments.
    pub(crate) in_closure: bool,
    /// Whether an owned copy is made of an argument of this type.
    pub(crate) is_copied: &'a dyn Fn(&Type) -> bool,
}

impl Argument {
    /// Replaces the patterns in a signature by names, and returns the arguments.
    pub(crate) fn replace_patterns(sig: &mut Signature, rules: &AccessRules<'_>) -> Vec<Argument> {
        let mut names: Vec<Ident> = sig.inputs.iter().filter_map(user_name).collect();
        let typed = sig.inputs.iter_mut().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(typed),
        });
        let mut arguments = Vec::new();
        let mut after_pattern = false;
        for typed in typed {
            let attrs = typed.attrs.clone();
            let access = if (rules.is_copied)(&typed.ty) {
                Access::OwnedCopy
            } else if after_pattern || !(is_name(&typed.pat) || matches!(&*typed.pat, Pat::Wild(_)))
            {
                Access::Pattern
            } else if !is_mentioned(&typed.pat, rules.body) {
                Access::Unused
            } else if rules.in_closure && !attrs.is_empty() {
                // The parameter of a closure can't have these attributes, but a `let` can.
                Access::Pattern
            } else {
                Access::Name
            };
            after_pattern |= access == Access::Pattern;
            let pat = (*typed.pat).clone();
            let name = match &pat {
                Pat::Ident(pat) if access == Access::Name && !rules.in_closure => pat.ident.clone(),
                _ => {
                    let name = hygienic_name(&pat, arguments.len(), &mut names);
                    typed.attrs.retain(is_cfg);
                    *typed.pat = syn::parse_quote!(#name);
                    name
                }
            };
            arguments.push(Argument {
                name,
                attrs,
                pat,
                ty: (*typed.ty).clone(),
                access,
            });
        }
        arguments
    }

    /// Returns the attributes that decide whether the argument exists.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| is_cfg(attr))
    }

    /// Returns the parameter of a closure that contains the body.
    pub(crate) fn closure_param(&self) -> TokenStream {
        match self.access {
            Access::Name => self.pat.to_token_stream(),
            _ => self.name.to_token_stream(),
        }
    }

    /// Binds a reference to the user's name, whatever the argument is called.
    pub(crate) fn lend(&self) -> TokenStream {
        let (name, cfgs) = (&self.name, self.cfgs());
        match &self.pat {
            Pat::Ident(pat) => {
                let ident = &pat.ident;
                let span = mixed_site_at(ident.span());
                let reference = match self.access {
                    Access::OwnedCopy => quote_spanned!(span=> #name.lend()),
                    _ => quote_spanned!(span=> &#name),
                };
                quote_spanned!(span=> #(#cfgs)* #[allow(unused_variables)] let #ident = #reference;)
            }
            _ => TokenStream::new(),
        }
    }

    /// Captures the argument. If the body gets a reference, binds it to the user's name.
    fn capture(&self) -> TokenStream {
        let (name, cfgs) = (&self.name, self.cfgs());
        let span = mixed_site_at(self.pat.span());
        let reference = match (self.access, &self.pat) {
            (Access::OwnedCopy, _) => quote_spanned!(span=> #name.lend()),
            (Access::Unused, Pat::Ident(_)) => quote_spanned!(span=> &#name),
            (Access::Name, Pat::Ident(pat)) => {
                let name = &pat.ident;
                return quote_spanned!(span=> #(#cfgs)* let _ = &#name;);
            }
            _ => return quote_spanned!(span=> #(#cfgs)* let _ = &#name;),
        };
        self.bind(reference)
    }

    /// Moves the argument into the user's pattern.
    fn destructure(&self) -> Option<TokenStream> {
        if self.access != Access::Pattern {
            return None;
        }
        let (name, cfgs) = (&self.name, self.cfgs());
        let span = mixed_site_at(self.pat.span());
        // A part that the pattern does not bind lives as long as the parts that it binds.
        let keep =
            (!is_name(&self.pat)).then(|| quote_spanned!(span=> #(#cfgs)* let #name = #name;));
        let bind = self.bind(name.to_token_stream());
        Some(quote!(#keep #bind))
    }

    /// Binds a value to the user's pattern.
    fn bind(&self, value: TokenStream) -> TokenStream {
        let Argument { attrs, pat, .. } = self;
        let span = mixed_site_at(pat.span());
        // This lint reports a `let` with a name like `_x`, but not an argument with such a name.
        let allow = matches!(pat, Pat::Ident(pat) if pat.ident.to_string().starts_with('_'))
            .then(|| quote_spanned!(span=> #[allow(clippy::no_effect_underscore_binding)]));
        quote_spanned!(span=> #allow #(#attrs)* let #pat = #value;)
    }
}

/// Returns the statements at the start of a body that capture and bind the arguments.
///
/// `self_binding` does the same for `self`.
pub(crate) fn bindings(arguments: &[Argument], self_binding: &TokenStream) -> TokenStream {
    let captured = arguments.iter().rev().map(Argument::capture);
    let destructured = arguments.iter().filter_map(Argument::destructure);
    quote!(#(#captured)* #self_binding #(#destructured)*)
}

/// Whether a pattern is just a name, with or without `mut`.
fn is_name(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none())
}

/// Whether a body may use the name of a pattern: as an identifier, or in a format string.
fn is_mentioned(pat: &Pat, body: &TokenStream) -> bool {
    let Pat::Ident(pat) = pat else {
        return false;
    };
    let name = pat.ident.unraw();
    any_token(body.clone(), &|token| match token {
        TokenTree::Ident(ident) => ident.unraw() == name,
        TokenTree::Literal(literal) => literal.to_string().contains(&name.to_string()),
        _ => false,
    })
}

/// Returns the name that the user gave to an argument.
fn user_name(input: &FnArg) -> Option<Ident> {
    let FnArg::Typed(typed) = input else {
        return None;
    };
    match &*typed.pat {
        Pat::Ident(pat) if is_name(&typed.pat) => Some(pat.ident.clone()),
        _ => None,
    }
}

/// Returns a name with the hygiene of this crate: the user's, or a numbered one.
///
/// A numbered name must not be among `names`, since a list of parameters ignores hygiene.
fn hygienic_name(pat: &Pat, index: usize, names: &mut Vec<Ident>) -> Ident {
    let span = mixed_site_at(pat.span());
    if let (Pat::Ident(ident), true) = (pat, is_name(pat)) {
        let mut name = ident.ident.clone();
        name.set_span(mixed_site_at(name.span()));
        return name;
    }
    let mut name = Ident::new(&format!("arg{index}"), span);
    while names.contains(&name) {
        name = Ident::new(&format!("{name}_"), span);
    }
    names.push(name.clone());
    name
}
