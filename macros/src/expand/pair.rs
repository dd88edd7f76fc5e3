//! A handle with two native paths: the async body, and its sync version.
//!
//! Each path is a closure. Both get the same input, a tuple of `self` and the arguments.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Path, Receiver, ReceiverKind};

use crate::expand::argument::{self, Access, Argument};
use crate::expand::body::{FunctionParts, cloned_self_name, inner_block};
use crate::expand::rename_self::{rename_self, renamed_self};
use crate::span::mixed_site_at;

/// What the receiver adds to the two closures.
#[derive(Default)]
struct ReceiverParts {
    /// The `move` of both closures, if they capture the receiver.
    capture: TokenStream,
    /// The value in the input.
    input: TokenStream,
    /// The parameter of both closures.
    param: TokenStream,
    /// The argument in the call of the sync version.
    argument: TokenStream,
    /// The statement at the start of the body.
    binding: TokenStream,
    /// The body, which uses the name that the receiver has in it.
    body: TokenStream,
}

/// Returns the expression of the handle. `sync_version` is called with the arguments.
pub(crate) fn handle(function: &FunctionParts<'_>, sync_version: &Path) -> TokenStream {
    let ReceiverParts {
        capture,
        input,
        param,
        argument,
        binding,
        body,
    } = receiver_parts(function);
    let ty = &function.output.inferred_ty;
    let call = mixed_site_at(function.sig.ident.span());
    let krate = function.options.crate_path(call);
    let arguments = function.arguments;
    let names = arguments.iter().map(|argument| &argument.name);
    let names: Vec<&Ident> = names.collect();
    let params = arguments.iter().map(Argument::closure_param);
    let passed = arguments
        .iter()
        .map(|Argument { name, access, .. }| match access {
            Access::OwnedCopy => quote_spanned!(call=> #name.lend()),
            _ => quote!(#name),
        });
    let future = function.async_block(&argument::bindings(arguments, &binding), body);
    quote_spanned! {call=>
        #krate::Dual::pair(
            (#input #(#names,)*),
            #capture |(#param #(#names,)*)| -> #ty { #sync_version(#argument #(#passed),*) },
            #capture |(#param #(#params,)*)| #future,
        )
    }
}

fn receiver_parts(function: &FunctionParts<'_>) -> ReceiverParts {
    match function.receiver() {
        None => ReceiverParts {
            body: function.body_block(),
            ..ReceiverParts::default()
        },
        Some(receiver) if function.cloned_receiver().is_some() => {
            let name = cloned_self_name(receiver);
            ReceiverParts {
                input: quote!(#name,),
                param: quote!(#name,),
                argument: quote!(#name.lend(),),
                binding: function.self_binding(),
                body: function.body_block(),
                ..ReceiverParts::default()
            }
        }
        Some(receiver) if is_shared_reference(receiver) => captured_receiver(function, receiver),
        Some(receiver) => moved_receiver(function, receiver),
    }
}

/// Both closures capture a copy of `&self`.
fn captured_receiver(function: &FunctionParts<'_>, receiver: &Receiver) -> ReceiverParts {
    let token = receiver.self_token;
    ReceiverParts {
        capture: quote_spanned!(mixed_site_at(token.span)=> move),
        argument: quote!(#token,),
        binding: function.self_binding(),
        body: function.body_block(),
        ..ReceiverParts::default()
    }
}

/// `self` is a part of the input, and has another name in the body.
fn moved_receiver(function: &FunctionParts<'_>, receiver: &Receiver) -> ReceiverParts {
    let token = receiver.self_token;
    let param = Ident::new("__this", mixed_site_at(token.span));
    let name = renamed_self(token.span);
    let mutability = receiver.mutability;
    ReceiverParts {
        input: quote!(#token,),
        param: quote!(#param,),
        argument: quote!(#param,),
        binding: quote_spanned!(mixed_site_at(token.span)=> let #mutability #name = #param;),
        body: inner_block(function.body, rename_self(function.body.tokens.clone())),
        ..ReceiverParts::default()
    }
}

/// Whether a receiver is `&self`, which can be copied.
fn is_shared_reference(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        _ => false,
    }
}
