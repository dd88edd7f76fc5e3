//! Deferred expansion of a function that has other attribute macros.
//!
//! Some attribute macros rewrite the body and have to see the `async fn`; `#[instrument]` of tracing
//! is one. So `#[smart]` is expanded after all of them. The compiler expands attributes from top to
//! bottom, and a macro cannot see which of the remaining attributes have been expanded. If one of
//! them is not known to be inert, the function is returned unchanged, with `#[smart]` moved below all
//! other attributes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote_spanned;

use crate::parse::attributes::is_inert;
use crate::parse::context::Context;
use crate::parse::function::Function;
use crate::parse::options::Options;
use crate::span::mixed_site_at;

/// Whether a function has an attribute that may have to be expanded first.
pub(crate) fn must_defer(function: &Function) -> bool {
    function.attrs.iter().any(|attr| !is_inert(attr))
}

/// Returns the function unchanged, with a `#[smart]` below its other attributes.
pub(crate) fn defer(mut function: Function, options: &Options, context: &Context) -> TokenStream {
    let span = mixed_site_at(function.sig.ident.span());
    let krate = options.crate_path(span);
    let options = Options {
        deferred: Some(context.clone()),
        ..options.clone()
    };
    function
        .attrs
        .push(parse_quote_spanned!(span=> #[#krate::smart(#options)]));
    quote!(#function)
}
