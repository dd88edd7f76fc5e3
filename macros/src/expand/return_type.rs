//! The type of the handle, in the place of the return type that the user wrote.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Lifetime, ReturnType, Type};

use crate::expand::output::Output;
use crate::parse::options::Options;
use crate::span::mixed_site_at;

/// Returns `DualOf<impl Work<…>>`, or the named type of a boxed handle. With `stream`, those of many
/// items.
///
/// `lifetime` is that of a boxed handle, where `None` is `'static`. `bounds` are further ones of the
/// `impl Work`.
pub(crate) fn of_handle(
    written: &ReturnType,
    output: &Output,
    lifetime: Option<&Lifetime>,
    bounds: Option<TokenStream>,
    options: &Options,
) -> ReturnType {
    let Output { ty, span, .. } = output;
    let krate = options.crate_path(*span);
    let names = match options.stream {
        None => ["Dual", "DualOf", "Work", "Output", "work"],
        Some(_) => ["DualStream", "DualStreamOf", "Source", "Item", "stream"],
    };
    let [dual, dual_of, content, value, module] = names.map(|name| Ident::new(name, *span));
    let handle: TokenStream = if options.boxed.is_none() {
        let send = options
            .send
            .map(|send| quote_spanned!(mixed_site_at(send)=> + ::core::marker::Send));
        quote_spanned!(*span=> #krate::#dual_of<impl #krate::#content<#value = #ty> #send #bounds>)
    } else {
        let boxed = match options.local {
            Some(_) => quote_spanned!(*span=> LocalBoxed),
            None => quote_spanned!(*span=> Boxed),
        };
        let lifetime = match lifetime {
            Some(lifetime) => quote!(#lifetime),
            None => quote_spanned!(*span=> 'static),
        };
        if output.is_opaque {
            // `Dual<T, Boxed<'_, T>>` would repeat the `impl Trait`, which makes two types of it.
            quote_spanned!(*span=> #krate::#dual_of<#krate::#module::#boxed<#lifetime, #ty>>)
        } else if options.local.is_none() && lifetime.to_string() == "'static" {
            quote_spanned!(*span=> #krate::#dual<#ty>)
        } else {
            quote_spanned!(*span=> #krate::#dual<#ty, #krate::#module::#boxed<#lifetime, #ty>>)
        }
    };
    replace(written, handle)
}

/// Returns the type of a handle for a function that returns a boxed future.
pub(crate) fn of_boxed_future(
    written: &ReturnType,
    output: &Output,
    future: &Type,
    options: &Options,
) -> ReturnType {
    let krate = options.crate_path(output.span);
    replace(
        written,
        quote_spanned!(output.span=> #krate::DualOf<#krate::work::Async<#future>>),
    )
}

/// Replaces the type, and keeps the span of the arrow if there is one.
fn replace(written: &ReturnType, handle: TokenStream) -> ReturnType {
    match written {
        ReturnType::Type(arrow, _) => syn::parse_quote!(#arrow #handle),
        ReturnType::Default => syn::parse_quote!(-> #handle),
    }
}
