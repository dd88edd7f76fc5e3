//! The arguments of a function other than `self`.
//!
//! An `async fn` moves every argument into its future, used or not, and binds the pattern in
//! there. So do we: the signature gets plain names, and the body begins with `let pattern = name;`.
//! The names have a hygiene of their own. They are spelled as the user's, so that the docs show
//! these, and yet they are other variables: what the lints say about a binding is said about the
//! user's own, once.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, Signature, Type};

use crate::expand::at;

/// An argument that a name has taken the place of.
pub(crate) struct Argument {
    /// The name in the signature.
    pub(crate) name: Ident,
    /// The attributes of the user. The signature keeps those that decide whether it is there.
    pub(crate) attrs: Vec<Attribute>,
    /// The pattern of the user.
    pub(crate) pat: Pat,
    /// The type of the user.
    pub(crate) ty: Type,
}

impl Argument {
    /// Replaces the patterns in a signature by names.
    pub(crate) fn take_all(sig: &mut Signature) -> Vec<Argument> {
        let mut names: Vec<Ident> = sig.inputs.iter().filter_map(own_name).collect();
        let typed = sig.inputs.iter_mut().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(typed),
        });
        let mut arguments = Vec::new();
        for typed in typed {
            let name = name(&typed.pat, arguments.len(), &mut names);
            let attrs = typed.attrs.clone();
            typed.attrs.retain(is_cfg);
            let pat = std::mem::replace(&mut *typed.pat, syn::parse_quote!(#name));
            arguments.push(Argument {
                name,
                attrs,
                pat,
                ty: (*typed.ty).clone(),
            });
        }
        arguments
    }
}

/// The binding of the user's pattern.
impl ToTokens for Argument {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Argument {
            name, attrs, pat, ..
        } = self;
        let span = at(pat.span());
        if !is_name(pat) {
            // What the pattern leaves out is kept for as long as what it binds.
            let cfgs = attrs.iter().filter(|attr| is_cfg(attr));
            tokens.extend(quote_spanned!(span=> #(#cfgs)* let #name = #name;));
        }
        // The argument of an `async fn` may begin with a `_`, and no lint asks what for.
        let quiet = matches!(pat, Pat::Ident(pat) if pat.ident.to_string().starts_with('_'))
            .then(|| quote_spanned!(span=> #[allow(clippy::no_effect_underscore_binding)]));
        tokens.extend(quote_spanned!(span=> #quiet #(#attrs)* let #pat = #name;));
    }
}

/// Whether a pattern is no more than a name, which may be `mut`.
fn is_name(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none())
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
