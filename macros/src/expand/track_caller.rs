use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Meta};

use crate::parse::function::Function;
use crate::span::mixed_site_at;

/// Returns `#[track_caller]`, if the language allows it on the function.
///
/// The constructor of the handle then sees the location of the call.
pub(crate) fn track_caller(function: &Function) -> TokenStream {
    let forbids = |attr: &Attribute| match &attr.meta {
        Meta::List(list) if attr.path().is_ident("unsafe") => {
            list.tokens.to_token_stream().to_string().contains("naked")
        }
        _ => ["track_caller", "naked", "target_feature"]
            .iter()
            .any(|name| attr.path().is_ident(name)),
    };
    // A `main` that returns a handle is already an error. The attribute would cause a second one.
    if function.sig.ident == "main" || function.attrs.iter().any(forbids) {
        return TokenStream::new();
    }
    quote_spanned!(mixed_site_at(function.sig.ident.span())=> #[track_caller])
}
