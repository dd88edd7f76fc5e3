//! A function that returns a handle, made of one that returns a value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{FnArg, ReturnType};

use crate::argument::{Argument, Taking};
use crate::attributes;
use crate::body::{Form, Parts};
use crate::check;
use crate::errors::Errors;
use crate::expand::at;
use crate::function::Function;
use crate::future::BoxedFuture;
use crate::lifetimes;
use crate::options::Options;
use crate::output::Output;
use crate::owned::Held;
use crate::place::{Place, Within};

/// Expands a function.
///
/// Whatever is wrong, it returns a function that can be called as the user means it, so that the
/// callers are not told of errors that aren't theirs.
pub(crate) fn expand(
    mut function: Function,
    options: &Options,
    place: &Place,
    errors: &mut Errors,
) -> TokenStream {
    check::attributes(&mut function, errors);
    if options.last.is_none() && attributes::has_others(&function) {
        return attributes::hand_on(function, options, place);
    }
    check::signature(&mut function.sig, errors);
    if !check::output(&function.sig, place.options, errors) {
        return quote!(#function);
    }
    let mut options = check::options(&function, options, place.options, errors);
    let future = BoxedFuture::of(&function.sig);
    if future.is_some() {
        check::boxed_future(&mut options, errors);
    }
    let held = held(&function, &mut options, place, errors);
    let form = form(&function, future, &options, errors);

    let track_caller = attributes::track_caller(&function);
    let Function {
        attrs,
        vis,
        defaultness,
        mut sig,
        body,
        semicolon,
    } = function;
    let output = match &form {
        Form::Future(future) => Output::of_type(&future.output, &options),
        _ => Output::new(&sig.output, &options, sig.ident.span()),
    };
    sig.asyncness = None;
    let lifetime = match &form {
        Form::Future(future) => future.lifetime.clone(),
        _ if options.boxed.is_some() && options.owned.is_none() => lifetimes::of_box(&mut sig),
        _ => None,
    };
    let bounds = held.as_ref().map(|held| held.bounds(&options, output.span));
    sig.output = match &form {
        Form::Future(future) if options.boxed.is_none() => {
            let krate = options.krate(output.span);
            let ty = &future.ty;
            named_type(
                &sig.output,
                quote_spanned!(output.span=> #krate::DualOf<#krate::work::Async<#ty>>),
            )
        }
        _ => return_type(&sig.output, &output, lifetime.as_ref(), bounds, &options),
    };

    let Some(body) = body else {
        return quote!(#(#attrs)* #track_caller #vis #defaultness #sig #semicolon);
    };
    if options.owned.is_some() && matches!(place.within, Within::Trait) {
        Held::bound_self(&mut sig);
    }
    let arguments = match &form {
        // They are the closure's that makes the future.
        Form::Future(..) => Vec::new(),
        _ => Argument::take_all(
            &mut sig,
            &Taking {
                body: &body.tokens,
                by_closure: matches!(form, Form::Pair(_)),
                is_lent: &|ty| {
                    let held = held.as_ref().filter(|_| options.owned.is_some());
                    held.is_some_and(|held| held.is_lent(ty))
                },
            },
        ),
    };
    let parts = Parts {
        options: &options,
        sig: &sig,
        arguments: &arguments,
        output: &output,
        held: held.as_ref(),
        body: &body,
    };
    let keeps = parts.keeps(&form);
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
    let block = quote_spanned!(at(body.brace.span.join())=> { #keeps #handle });
    quote!(#(#attrs)* #track_caller #vis #defaultness #sig #block)
}

/// What the handle holds, if the options say something of it. If it can't be owned, it is not.
fn held(
    function: &Function,
    options: &mut Options,
    place: &Place,
    errors: &mut Errors,
) -> Option<Held> {
    let has_body = function.body.is_some();
    let held = Held::new(&function.sig, has_body, options, place)?;
    if options.owned.is_some() && !held.check(&function.sig, place, errors) {
        // Sync code is one that may borrow, then.
        options.in_place = options.owned.take();
        return Held::new(&function.sig, has_body, options, place);
    }
    Some(held)
}

/// The type of the handle.
fn return_type(
    written: &ReturnType,
    output: &Output,
    lifetime: Option<&syn::Lifetime>,
    bounds: Option<TokenStream>,
    options: &Options,
) -> ReturnType {
    let Output { ty, span, .. } = output;
    let krate = options.krate(*span);
    let handle: TokenStream = if options.boxed.is_none() {
        let send = options
            .send
            .map(|send| quote_spanned!(at(send)=> + ::core::marker::Send));
        quote_spanned!(*span=> #krate::DualOf<impl #krate::Work<Output = #ty> #send #bounds>)
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
    named_type(written, handle)
}

/// Another type in the place of the one that is written.
fn named_type(written: &ReturnType, handle: TokenStream) -> ReturnType {
    match written {
        ReturnType::Type(arrow, _) => syn::parse_quote!(#arrow #handle),
        ReturnType::Default => syn::parse_quote!(-> #handle),
    }
}

/// How the body is to be run.
fn form(
    function: &Function,
    future: Option<BoxedFuture>,
    options: &Options,
    errors: &mut Errors,
) -> Form {
    if function.sig.asyncness.is_some() {
        return match &options.blocking {
            Some(path) => Form::Pair(path.clone()),
            None => Form::Async,
        };
    }
    if let Some(future) = future {
        return Form::Future(Box::new(future));
    }
    if options.in_place.is_some() {
        return Form::InPlace;
    }
    // A mere declaration says nothing of how the body is run.
    let is_owned = options.owned.is_some() || function.body.is_none();
    if !is_owned && !check::arguments(&function.sig, errors) {
        return Form::InPlace;
    }
    Form::Blocking
}
