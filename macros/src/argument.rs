//! The arguments of a function other than `self`.
//!
//! An `async fn` moves every argument into its future, used or not, and drops them there, the last
//! one first. So do we. The block of the body begins with `let _ = &name;` for each, the last one
//! first: the block captures them in this order, and drops what it captured in this order. A
//! `let name = name;` would do that, too, but then the argument would be in the future twice, as
//! captured and as bound, and a future grow by its largest arguments at each call.
//!
//! What the lints say is said about the user's own names, once. An argument whose name is nowhere in the
//! body is to be one that is not used: it gets a name with a hygiene of its own in the signature,
//! spelled as the user's for the docs, and the user's name is that of a reference. A pattern that
//! takes its argument apart is bound as an `async fn` binds it, and what comes after it, too, since
//! the parts are dropped when the body ends, before all that was captured.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, Signature, Type};

use crate::expand::at;

/// An argument, and how the body gets it.
pub(crate) struct Argument {
    /// The name in the signature.
    pub(crate) name: Ident,
    /// The attributes of the user. The signature keeps those that decide whether it is there.
    pub(crate) attrs: Vec<Attribute>,
    /// The pattern of the user.
    pub(crate) pat: Pat,
    /// The type of the user.
    pub(crate) ty: Type,
    /// How the body gets it.
    pub(crate) kind: Kind,
}

/// How a body gets an argument.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// By the user's own name, which is the one in the signature.
    Named,
    /// Not at all, as far as can be seen.
    Unused,
    /// By a pattern that it is moved into.
    Pattern,
    /// By reference, since it was made owned.
    Lent,
}

/// What to do with the arguments.
pub(crate) struct Taking<'a> {
    /// The body, in which the names are looked for.
    pub(crate) body: &'a TokenStream,
    /// Whether a closure is between the signature and the body, which binds the user's names.
    pub(crate) by_closure: bool,
    /// Whether an argument of a type is made owned.
    pub(crate) is_lent: &'a dyn Fn(&Type) -> bool,
}

impl Argument {
    /// Replaces the patterns in a signature by names.
    pub(crate) fn take_all(sig: &mut Signature, taking: &Taking<'_>) -> Vec<Argument> {
        let mut names: Vec<Ident> = sig.inputs.iter().filter_map(own_name).collect();
        let typed = sig.inputs.iter_mut().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(typed),
        });
        let mut arguments = Vec::new();
        let mut apart = false;
        for typed in typed {
            let attrs = typed.attrs.clone();
            let kind = if (taking.is_lent)(&typed.ty) {
                Kind::Lent
            } else if apart || !(is_name(&typed.pat) || matches!(&*typed.pat, Pat::Wild(_))) {
                Kind::Pattern
            } else if !is_mentioned(&typed.pat, taking.body) {
                Kind::Unused
            } else if taking.by_closure && !attrs.is_empty() {
                // A pattern of a closure has no attributes.
                Kind::Pattern
            } else {
                Kind::Named
            };
            apart |= kind == Kind::Pattern;
            let pat = (*typed.pat).clone();
            let name = match &pat {
                Pat::Ident(pat) if kind == Kind::Named && !taking.by_closure => pat.ident.clone(),
                _ => {
                    let name = name(&pat, arguments.len(), &mut names);
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
                kind,
            });
        }
        arguments
    }

    /// The attributes that decide whether it is there.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| is_cfg(attr))
    }

    /// What a closure between the signature and the body binds.
    pub(crate) fn param(&self) -> TokenStream {
        match self.kind {
            Kind::Named => self.pat.to_token_stream(),
            _ => self.name.to_token_stream(),
        }
    }

    /// Captures it, and binds the name of one that is a reference in the body.
    fn capture(&self) -> TokenStream {
        let (name, cfgs) = (&self.name, self.cfgs());
        let span = at(self.pat.span());
        let lend = match (self.kind, &self.pat) {
            (Kind::Lent, _) => quote_spanned!(span=> #name.lend()),
            (Kind::Unused, Pat::Ident(_)) => quote_spanned!(span=> &#name),
            (Kind::Named, Pat::Ident(pat)) => {
                let name = &pat.ident;
                return quote_spanned!(span=> #(#cfgs)* let _ = &#name;);
            }
            _ => return quote_spanned!(span=> #(#cfgs)* let _ = &#name;),
        };
        self.bind(lend)
    }

    /// Moves it into its pattern.
    fn take_apart(&self) -> Option<TokenStream> {
        if self.kind != Kind::Pattern {
            return None;
        }
        let (name, cfgs) = (&self.name, self.cfgs());
        let span = at(self.pat.span());
        // What the pattern leaves out is kept for as long as what it binds.
        let keep =
            (!is_name(&self.pat)).then(|| quote_spanned!(span=> #(#cfgs)* let #name = #name;));
        let bind = self.bind(name.to_token_stream());
        Some(quote!(#keep #bind))
    }

    /// The binding of the user's pattern.
    fn bind(&self, value: TokenStream) -> TokenStream {
        let Argument { attrs, pat, .. } = self;
        let span = at(pat.span());
        // The argument of an `async fn` may begin with a `_`, and no lint asks what for.
        let quiet = matches!(pat, Pat::Ident(pat) if pat.ident.to_string().starts_with('_'))
            .then(|| quote_spanned!(span=> #[allow(clippy::no_effect_underscore_binding)]));
        quote_spanned!(span=> #quiet #(#attrs)* let #pat = #value;)
    }
}

/// What a body begins with, to have its arguments. `this` does the same for `self`.
pub(crate) fn bindings(arguments: &[Argument], this: &TokenStream) -> TokenStream {
    let captured = arguments.iter().rev().map(Argument::capture);
    let apart = arguments.iter().filter_map(Argument::take_apart);
    quote!(#(#captured)* #this #(#apart)*)
}

/// Whether a pattern is no more than a name, which may be `mut`.
fn is_name(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none())
}

/// Whether the name may be in a body: as a name, or in a literal, since a format captures it.
fn is_mentioned(pat: &Pat, body: &TokenStream) -> bool {
    match pat {
        Pat::Ident(pat) => mentions(body.clone(), &pat.ident.unraw()),
        _ => false,
    }
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident.unraw() == *name,
        TokenTree::Literal(literal) => literal.to_string().contains(&name.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Punct(_) => false,
    })
}

/// The name of an argument that the user gave one.
fn own_name(input: &FnArg) -> Option<Ident> {
    let FnArg::Typed(typed) = input else {
        return None;
    };
    match &*typed.pat {
        Pat::Ident(pat) if is_name(&typed.pat) => Some(pat.ident.clone()),
        _ => None,
    }
}

/// The user's name, or one by the argument's number that is not among `names`: the hygiene of its
/// own does not count in a list of parameters.
fn name(pat: &Pat, index: usize, names: &mut Vec<Ident>) -> Ident {
    let span = at(pat.span());
    if let (Pat::Ident(ident), true) = (pat, is_name(pat)) {
        let mut name = ident.ident.clone();
        name.set_span(at(name.span()));
        return name;
    }
    let mut name = Ident::new(&format!("arg{index}"), span);
    while names.contains(&name) {
        name = Ident::new(&format!("{name}_"), span);
    }
    names.push(name.clone());
    name
}

fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}
