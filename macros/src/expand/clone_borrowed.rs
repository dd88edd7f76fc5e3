//! The statements with which an `owned` function makes owned copies of its borrowed arguments.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::argument::{Access, Argument};
use crate::expand::body::{BodyKind, FunctionParts, cloned_self_name};
use crate::span::mixed_site_at;

/// Returns the statements. There are none without `owned`.
pub(crate) fn statements(function: &FunctionParts<'_>, kind: &BodyKind) -> TokenStream {
    let Some(captures) = function
        .captures
        .filter(|_| function.options.owned.is_some())
    else {
        return TokenStream::new();
    };
    let receiver = function.cloned_receiver().map(|receiver| {
        let span = mixed_site_at(receiver.span());
        let krate = function.options.crate_path(span);
        let (token, name) = (receiver.self_token, cloned_self_name(receiver));
        quote_spanned!(span=> let #name = #krate::__private::keep_self(#token);)
    });
    let arguments = function.arguments.iter().map(|argument| {
        let Argument {
            name, ty, access, ..
        } = argument;
        let cfgs: Vec<_> = argument.cfgs().collect();
        let span = mixed_site_at(ty.span());
        let krate = function.options.crate_path(span);
        let is_copied = *access == Access::OwnedCopy;
        let copy = is_copied
            .then(|| quote_spanned!(span=> #(#cfgs)* let #name = #krate::__private::keep(#name);));
        // Let the compiler check for hidden lifetimes. The arguments of blocking code are checked
        // anyway, for everything that a pool needs.
        let may_hide_lifetime =
            !matches!(kind, BodyKind::Blocking) && captures.mentions_no_param(ty, function.sig);
        let check = may_hide_lifetime.then(|| {
            let value = match is_copied {
                true => quote_spanned!(span=> #name.lend()),
                false => quote_spanned!(span=> &#name),
            };
            quote_spanned!(span=> #(#cfgs)* #krate::__private::borrows_nothing(#value);)
        });
        quote!(#copy #check)
    });
    receiver.into_iter().chain(arguments).collect()
}
