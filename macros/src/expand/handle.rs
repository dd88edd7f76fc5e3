//! The expression that creates the handle.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::argument::{Access, Argument};
use crate::expand::body::{BodyKind, FunctionParts, cloned_self_name};
use crate::expand::{pair, stream};
use crate::span::mixed_site_at;

/// Returns the expression.
pub(crate) fn expression(function: &FunctionParts<'_>, kind: &BodyKind) -> TokenStream {
    let call = mixed_site_at(function.sig.ident.span());
    let krate = function.options.crate_path(call);
    let handle = match function.stream {
        None => of_value(function, kind),
        Some(form) => match &form.emit {
            Some(emit) => stream::generate(function, form, emit),
            None => stream::open(function, form, kind, of_value(function, kind)),
        },
    };
    let dual = match function.stream {
        None => Ident::new("Dual", call),
        Some(_) => Ident::new("DualStream", call),
    };
    let handle = match &function.options.in_runtime {
        None => handle,
        // Before the body takes the arguments.
        Some(runtime) => {
            let arguments = function.arguments.iter().map(Argument::lend);
            quote_spanned! {call=>
                {
                    let __in_runtime = {
                        #(#arguments)*
                        #krate::__private::runtime(&(#runtime))
                    };
                    #krate::__private::in_runtime(#handle, __in_runtime)
                }
            }
        }
    };
    if function.options.local.is_some() {
        quote_spanned!(call=> #krate::#dual::boxed_local(#handle))
    } else if function.options.boxed.is_some() {
        quote_spanned!(call=> #krate::#dual::boxed(#handle))
    } else {
        handle
    }
}

/// Returns a handle of the value of the body.
fn of_value(function: &FunctionParts<'_>, kind: &BodyKind) -> TokenStream {
    let call = mixed_site_at(function.sig.ident.span());
    let krate = function.options.crate_path(call);
    match kind {
        BodyKind::Async => {
            let future = function.async_block(&function.bindings(), function.body_block());
            quote_spanned!(call=> #krate::Dual::future(#future))
        }
        BodyKind::BoxedFuture(future) => {
            // A closure, since the body may contain a `return`.
            let (ty, body) = (&future.ty, &function.body.tokens);
            let braces = function.body.brace.span.join();
            let closure = quote_spanned!(mixed_site_at(braces)=> move || -> #ty { #body });
            quote_spanned!(call=> #krate::Dual::future((#closure)()))
        }
        BodyKind::Pair(sync_version) => pair::handle(function, sync_version),
        BodyKind::Blocking => blocking(function),
        BodyKind::InPlace => {
            let closure = function.closure();
            quote_spanned!(call=> #krate::Dual::in_place(#closure))
        }
    }
}

/// Returns a handle to code that may run on a pool.
fn blocking(function: &FunctionParts<'_>) -> TokenStream {
    let (checks, closure) = (send_checks(function), function.closure());
    // Everything has the span of the output, so that the compiler reports an error about it once.
    let span = function.output.span;
    let krate = function.options.crate_path(span);
    let check = Ident::new(stream::output_check(function.stream), span);
    let closure = quote_spanned!(span=> #krate::__private::#check(#closure));
    quote_spanned!(span=> { #checks #krate::Dual::blocking(#closure) })
}

/// Returns checks that everything that the closure captures can be sent to a pool. Errors then point
/// at the argument.
fn send_checks(function: &FunctionParts<'_>) -> TokenStream {
    let check = |value: TokenStream, span: Span| {
        let krate = function.options.crate_path(span);
        quote_spanned!(span=> #krate::__private::goes_to_the_pool(#value);)
    };
    let receiver = function.receiver().map(|receiver| {
        let token = receiver.self_token;
        let span = mixed_site_at(token.span);
        let value = match function.cloned_receiver() {
            Some(receiver) => {
                let name = cloned_self_name(receiver);
                quote!(#name.owned())
            }
            None => quote_spanned!(span=> &#token),
        };
        check(value, span)
    });
    let arguments = function.arguments.iter().map(|argument| {
        let Argument {
            name, ty, access, ..
        } = argument;
        let cfgs = argument.cfgs();
        let span = mixed_site_at(ty.span());
        let value = match access {
            Access::OwnedCopy => quote!(#name.owned()),
            _ => quote_spanned!(span=> &#name),
        };
        let check = check(value, span);
        quote!(#(#cfgs)* #check)
    });
    receiver.into_iter().chain(arguments).collect()
}
