//! The expression that creates a handle of many items.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::PatType;
use syn::spanned::Spanned;

use crate::expand::body::{BodyKind, FunctionParts};
use crate::expand::output::Output;
use crate::expand::stream_form::StreamForm;
use crate::span::mixed_site_at;

/// Returns a stream of the items that an async body hands out by an argument.
pub(crate) fn generate(
    function: &FunctionParts<'_>,
    stream: &StreamForm,
    emit: &PatType,
) -> TokenStream {
    let call = mixed_site_at(function.sig.ident.span());
    let krate = function.options.crate_path(call);
    let constructor = match stream.is_fallible {
        true => Ident::new("try_generate", call),
        false => Ident::new("generate", call),
    };
    let PatType { attrs, pat, ty, .. } = emit;
    let ty = Output::from_type(ty, function.options).inferred_ty;
    let span = mixed_site_at(pat.span());
    let param = Ident::new("emit", span);
    // A `let`, since its type may contain elided lifetimes. In a parameter they would be new ones.
    let bind = quote_spanned!(span=> #(#attrs)* let #pat: #ty = #param;);
    let future = function.async_block(&function.bindings(), function.body_block());
    quote_spanned! {call=>
        #krate::DualStream::#constructor(move |#param| { #bind #future })
    }
}

/// Returns a stream that is opened by a handle: by that of an iterator or a stream, or of a `Result`
/// of one.
pub(crate) fn open(
    function: &FunctionParts<'_>,
    stream: &StreamForm,
    kind: &BodyKind,
    handle: TokenStream,
) -> TokenStream {
    // It has the span of the output, so that the compiler reports an error about it once.
    let span = function.output.span;
    let krate = function.options.crate_path(span);
    let open = match kind {
        BodyKind::Async => quote_spanned!(span=> #krate::DualStream::stream(items)),
        // Only after an error. It takes what the user wrote.
        BodyKind::InPlace => quote_spanned!(span=> #krate::DualStream::ready(items)),
        _ => {
            let ahead = function.options.ahead.as_ref();
            let ahead = ahead.map(|ahead| quote_spanned!(span=> .ahead(#ahead)));
            quote_spanned!(span=> #krate::DualStream::blocking(items)#ahead)
        }
    };
    let names = match stream.is_fallible {
        true => ["try_flatten", "map_ok"],
        false => ["flatten", "map"],
    };
    let [flatten, map] = names.map(|name| Ident::new(name, span));
    // Otherwise the compiler would report the user's imports of them as unused.
    let traits = &stream.traits;
    quote_spanned! {span=>
        #krate::DualStream::#flatten(
            #krate::Dual::#map(#handle, |items| {
                #(#[allow(unused_imports)] use #traits as _;)*
                #open
            }),
        )
    }
}

/// Returns the name of the check of what blocking code returns.
pub(crate) fn output_check(stream: Option<&StreamForm>) -> &'static str {
    match stream {
        None => "comes_from_the_pool",
        Some(stream) if stream.is_fallible => "tries_to_iterate_on_the_pool",
        Some(_) => "iterates_on_the_pool",
    }
}
