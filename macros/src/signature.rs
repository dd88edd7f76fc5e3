//! A function that returns a handle, made of one that returns a value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{FnArg, ReturnType};

use crate::argument::Argument;
use crate::body::{Form, Parts};
use crate::check;
use crate::errors::Errors;
use crate::expand::at;
use crate::function::Function;
use crate::lifetimes;
use crate::options::Options;
use crate::output::Output;

/// Whose options they are.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// The function's own.
    Alone,
    /// The block's, for all of its functions.
    Block,
}

/// Expands a function.
///
/// Whatever is wrong, it returns a function that can be called as the user means it, so that the
/// callers are not told of errors that aren't theirs.
pub(crate) fn expand(
    mut function: Function,
    options: &Options,
    place: Place,
    errors: &mut Errors,
) -> TokenStream {
    check::attributes(&mut function, errors);
    check::signature(&mut function.sig, errors);
    if !check::output(&function.sig, place, errors) {
        return quote!(#function);
    }
    let options = check::options(&function, options, place, errors);
    let form = form(&function, &options, place, errors);

    let Function {
        attrs,
        vis,
        defaultness,
        mut sig,
        body,
        semicolon,
    } = function;
    let output = Output::new(&sig.output, &options, sig.ident.span());
    sig.asyncness = None;
    let lifetime = options.boxed.and_then(|_| lifetimes::of_box(&mut sig));
    sig.output = return_type(&sig.output, &output, lifetime.as_ref(), &options);

    let Some(body) = body else {
        return quote!(#(#attrs)* #vis #defaultness #sig #semicolon);
    };
    let arguments = Argument::take_all(&mut sig);
    let parts = Parts {
        options: &options,
        sig: &sig,
        arguments: &arguments,
        output: &output,
        body: &body,
    };
    let mut handle = parts.handle(&form);
    if let (Form::Pair(_), Some(FnArg::Receiver(receiver))) = (&form, sig.inputs.first_mut()) {
        // It is the renamed one that is `mut`.
        receiver.mutability = None;
    }
    let span = at(sig.ident.span());
    let krate = options.krate(span);
    if options.local.is_some() {
        handle = quote_spanned!(span=> #krate::Dual::boxed_local(#handle));
    } else if options.boxed.is_some() {
        handle = quote_spanned!(span=> #krate::Dual::boxed(#handle));
    }
    let block = quote_spanned!(at(body.brace.span.join())=> { #handle });
    quote!(#(#attrs)* #vis #defaultness #sig #block)
}

/// The type of the handle.
fn return_type(
    written: &ReturnType,
    output: &Output,
    lifetime: Option<&syn::Lifetime>,
    options: &Options,
) -> ReturnType {
    let Output { ty, span, .. } = output;
    let krate = options.krate(*span);
    let handle: TokenStream = if options.boxed.is_none() {
        let send = options
            .send
            .map(|send| quote_spanned!(at(send)=> + ::core::marker::Send));
        quote_spanned!(*span=> #krate::DualOf<impl #krate::Work<Output = #ty> #send>)
    } else {
        let form = match options.local {
            Some(_) => quote_spanned!(*span=> LocalBoxed),
            None => quote_spanned!(*span=> Boxed),
        };
        let lifetime = match lifetime {
            Some(lifetime) => quote!(#lifetime),
            None => quote_spanned!(*span=> 'static),
        };
        if output.opaque {
            // Two `impl Trait`s would be two types.
            quote_spanned!(*span=> #krate::DualOf<#krate::work::#form<#lifetime, #ty>>)
        } else if options.local.is_none() && lifetime.to_string() == "'static" {
            quote_spanned!(*span=> #krate::Dual<#ty>)
        } else {
            quote_spanned!(*span=> #krate::Dual<#ty, #krate::work::#form<#lifetime, #ty>>)
        }
    };
    let arrow = match written {
        ReturnType::Type(arrow, _) => quote!(#arrow),
        ReturnType::Default => quote_spanned!(*span=> ->),
    };
    syn::parse_quote!(#arrow #handle)
}

/// How the body is to be run.
fn form(function: &Function, options: &Options, place: Place, errors: &mut Errors) -> Form {
    if function.sig.asyncness.is_some() {
        return match &options.blocking {
            Some(path) => Form::Pair(path.clone()),
            None => Form::Async,
        };
    }
    if options.in_place.is_some() {
        return Form::InPlace;
    }
    // A mere declaration says nothing of how the body is run.
    if function.body.is_some() && !check::arguments(&function.sig, place, errors) {
        return Form::InPlace;
    }
    Form::Blocking
}
