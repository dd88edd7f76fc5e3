//! Expansion of one function: it returns a handle instead of a value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::FnArg;

use crate::errors::Errors;
use crate::expand::argument::{AccessRules, Argument};
use crate::expand::body::{BodyKind, FunctionParts};
use crate::expand::captures::HandleCaptures;
use crate::expand::defer::{defer, must_defer};
use crate::expand::output::Output;
use crate::expand::stream_form::StreamForm;
use crate::expand::track_caller::track_caller;
use crate::expand::{check, clone_borrowed, handle, lifetimes, owned, return_type};
use crate::parse::boxed_future::BoxedFuture;
use crate::parse::context::{Container, Context};
use crate::parse::function::Function;
use crate::parse::options::Options;
use crate::span::mixed_site_at;

/// Expands a function.
///
/// Even after an error it returns a function with the signature that the user meant, so that the
/// compiler does not report further errors at the calls.
pub(crate) fn expand(
    mut function: Function,
    options: &Options,
    context: &Context,
    errors: &mut Errors,
) -> TokenStream {
    check::attributes(&mut function, errors);
    if options.deferred.is_none() && must_defer(&function) {
        return defer(function, options, context);
    }
    check::signature(&mut function.sig, errors);
    if !check::output(&function.sig, options, context.option_source, errors) {
        return quote!(#function);
    }
    let mut options = check::options(&function, options, context.option_source, errors);
    let stream = match options.stream {
        None => None,
        Some(_) => match StreamForm::take(&mut function.sig, context.option_source, errors) {
            None => return quote!(#function),
            form => form,
        },
    };
    let future = BoxedFuture::from_signature(&function.sig);
    if future.is_some() {
        check::boxed_future_options(&mut options, errors);
    }
    let captures = captures(&function, &mut options, context, errors);
    let kind = body_kind(&function, future, &options, errors);

    let track_caller = track_caller(&function);
    let Function {
        attrs,
        vis,
        defaultness,
        mut sig,
        body,
        semicolon,
    } = function;
    let output = match &kind {
        BodyKind::BoxedFuture(future) => Output::from_type(&future.output, &options),
        _ => Output::from_return_type(&sig.output, &options, sig.ident.span()),
    };
    let output = match &stream {
        None => output,
        Some(stream) => output.with_items(&stream.item, &options),
    };
    sig.asyncness = None;
    let lifetime = match &kind {
        BodyKind::BoxedFuture(future) => future.lifetime.clone(),
        _ if options.boxed.is_some() && options.owned.is_none() => {
            lifetimes::boxed_lifetime(&mut sig, &output.ty)
        }
        _ => None,
    };
    let bounds = captures
        .as_ref()
        .map(|captures| captures.bounds(&options, output.span));
    sig.output = match &kind {
        BodyKind::BoxedFuture(future) if options.boxed.is_none() => {
            return_type::of_boxed_future(&sig.output, &output, &future.ty, &options)
        }
        _ => return_type::of_handle(&sig.output, &output, lifetime.as_ref(), bounds, &options),
    };

    let Some(body) = body else {
        return quote!(#(#attrs)* #track_caller #vis #defaultness #sig #semicolon);
    };
    if options.owned.is_some() && matches!(context.container, Container::Trait) {
        owned::bound_self(&mut sig);
    }
    let arguments = match &kind {
        // The closure that returns the future captures the arguments as they are.
        BodyKind::BoxedFuture(..) => Vec::new(),
        _ => Argument::replace_patterns(
            &mut sig,
            &AccessRules {
                body: &body.tokens,
                in_closure: matches!(kind, BodyKind::Pair(_)),
                is_copied: &|ty| {
                    let captures = captures.as_ref().filter(|_| options.owned.is_some());
                    captures.is_some_and(|captures| captures.is_uncaptured_reference(ty))
                },
            },
        ),
    };
    let parts = FunctionParts {
        options: &options,
        sig: &sig,
        arguments: &arguments,
        output: &output,
        stream: stream.as_ref(),
        captures: captures.as_ref(),
        body: &body,
    };
    let copies = clone_borrowed::statements(&parts, &kind);
    let handle = handle::expression(&parts, &kind);
    if let (BodyKind::Pair(_), Some(FnArg::Receiver(receiver))) = (&kind, sig.inputs.first_mut()) {
        // The variable in the body is `mut` instead.
        receiver.mutability = None;
    }
    let block = quote_spanned!(mixed_site_at(body.brace.span.join())=> { #copies #handle });
    quote!(#(#attrs)* #track_caller #vis #defaultness #sig #block)
}

/// Returns what the type of the handle captures, if the options restrict it.
///
/// If `owned` is not possible, this reports it, and continues without `owned`.
fn captures(
    function: &Function,
    options: &mut Options,
    context: &Context,
    errors: &mut Errors,
) -> Option<HandleCaptures> {
    let has_body = function.body.is_some();
    let captures = HandleCaptures::new(&function.sig, has_body, options, context)?;
    if options.owned.is_some()
        && !owned::check(&function.sig, &captures, context.option_source, errors)
    {
        // Code that runs in place may borrow, so there are no further errors about sync code.
        options.in_place = options.owned.take();
        return HandleCaptures::new(&function.sig, has_body, options, context);
    }
    Some(captures)
}

/// Returns how the body is run.
fn body_kind(
    function: &Function,
    future: Option<BoxedFuture>,
    options: &Options,
    errors: &mut Errors,
) -> BodyKind {
    if function.sig.asyncness.is_some() {
        return match &options.blocking {
            Some(sync_version) => BodyKind::Pair(sync_version.clone()),
            None => BodyKind::Async,
        };
    }
    if let Some(future) = future {
        return BodyKind::BoxedFuture(Box::new(future));
    }
    if options.in_place.is_some() {
        return BodyKind::InPlace;
    }
    // A declaration without a body does not determine how the body is run.
    let may_borrow = options.owned.is_some() || function.body.is_none();
    if !may_borrow && !check::arguments_are_owned(&function.sig, options, errors) {
        return BodyKind::InPlace;
    }
    BodyKind::Blocking
}
