//! A function that returns a handle, made of one that returns a value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{FnArg, ReturnType, Safety, Signature, Type};

use crate::argument::Argument;
use crate::block::is_smart;
use crate::body::{Form, Parts};
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
    check_attributes(&mut function, errors);
    check_signature(&mut function.sig, errors);
    if returns_handle(&function.sig.output) {
        errors.at(
            &function.sig.output,
            "`#[smart]` can't be on a function that returns a `Dual` already: remove the attribute, \
             or return the value itself",
        );
        return quote!(#function);
    }
    let options = check_options(&function, options, place, errors);
    let form = form(&function, &options, errors);

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
fn form(function: &Function, options: &Options, errors: &mut Errors) -> Form {
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
    if function.body.is_some() && has_borrowed_argument(&function.sig, errors) {
        return Form::InPlace;
    }
    Form::Blocking
}

/// Notes each argument that can't go to the pool, and whether there is one.
fn has_borrowed_argument(sig: &Signature, errors: &mut Errors) -> bool {
    let mut borrowed = false;
    for input in &sig.inputs {
        let name = match input {
            FnArg::Receiver(receiver) if lifetimes::is_receiver_borrowed(receiver) => {
                "`self`".into()
            }
            FnArg::Typed(typed) if lifetimes::is_borrowed(&typed.ty) => {
                let pat = &typed.pat;
                format!("`{}`", quote!(#pat))
            }
            _ => continue,
        };
        borrowed = true;
        errors.at(
            input,
            format!(
                "`#[smart]` can't send the borrowed argument {name} to a thread pool: take it by \
                 value, or use `#[smart(in_place)]` if the code is short, or make the function an \
                 `async fn`"
            ),
        );
    }
    borrowed
}

/// Whether a function returns a handle, as far as can be seen: a user's type may be called
/// `Dual`, too, but has hardly these arguments.
fn returns_handle(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    let Type::Path(ty) = &**ty else {
        return false;
    };
    let Some(last) = ty.path.segments.last() else {
        return false;
    };
    let smartcall = ty
        .path
        .segments
        .first()
        .is_some_and(|first| first.ident == "smartcall");
    (smartcall || ty.path.segments.len() == 1)
        && (last.ident == "Dual" || last.ident == "DualOf")
        && !last.arguments.is_empty()
}

/// Takes out the attributes that don't go together with ours.
fn check_attributes(function: &mut Function, errors: &mut Errors) {
    function.attrs.retain(|attr| {
        if is_smart(attr) {
            errors.at(
                attr,
                "`#[smart]` is given twice: put the options into one of them, and remove the other",
            );
            return false;
        }
        if attr.path().is_ident("test") {
            errors.at(
                attr,
                "`#[smart]` can't be on a test: use `#[smartcall::test]` instead of both",
            );
            return false;
        }
        // The handle is `#[must_use]` itself, and says why.
        !matches!(&attr.meta, syn::Meta::Path(path) if path.is_ident("must_use"))
    });
}

/// Takes out of a signature what it can't keep.
fn check_signature(sig: &mut Signature, errors: &mut Errors) {
    if let Some(constness) = sig.constness.take() {
        errors.at(
            constness,
            "`#[smart]` can't make a `const fn`: remove `const`, since a handle is resolved at run time",
        );
    }
    if let Safety::Unsafe(unsafety) = std::mem::take(&mut sig.safety) {
        errors.at(
            unsafety,
            "`#[smart]` can't make an `unsafe fn`: remove `unsafe`, and call the unsafe code from a safe \
             function",
        );
    }
    if let Some(abi) = sig.abi.take() {
        errors.at(
            abi,
            "`#[smart]` can't make an `extern` function: remove `extern`, since a handle has no place \
             in another language",
        );
    }
    if let Some(variadic) = sig.variadic.take() {
        errors.at(
            variadic,
            "`#[smart]` can't take variadic arguments: take a slice or a `Vec` instead of `...`",
        );
    }
}

/// The options that go together, and with the function.
fn check_options(
    function: &Function,
    options: &Options,
    place: Place,
    errors: &mut Errors,
) -> Options {
    let mut options = options.clone();
    let asyncness = function.sig.asyncness;
    if let Some(skip) = options.skip.take() {
        if place == Place::Alone {
            errors.at_span(
                skip,
                "`skip` is for a function in a block that has `#[smart]`: remove the attribute from \
                 this one",
            );
        }
    }
    if place == Place::Block {
        // For the sync functions among the others.
        if asyncness.is_some() {
            options.in_place = None;
        }
        options.blocking = None;
    }
    if let Some((in_place, _)) = options.in_place.zip(asyncness) {
        errors.at_span(
            in_place,
            "`in_place` is for sync functions: remove it, since an `async fn` may borrow as it is",
        );
        options.in_place = None;
    }
    if let Some(path) = &options.blocking {
        if asyncness.is_none() {
            errors.at(
                path,
                "`blocking` names the sync twin of an async function: make this one an `async fn`, or \
                 remove the option",
            );
            options.blocking = None;
        } else if let Some(attr) = function.sig.inputs.iter().find_map(cfg) {
            errors.at(
                attr,
                "`blocking` can't be used with `cfg` on an argument: put the `cfg` on two versions of \
                 the function",
            );
            options.blocking = None;
        }
    }
    if let Some(local) = options.local {
        if options.boxed.is_none() {
            errors.at_span(
                local,
                "`local` is about the box: write `#[smart(boxed, local)]`",
            );
        }
    }
    if let (Some(send), Some(_)) = (options.send, options.boxed) {
        let message = match options.local {
            Some(_) => "`send` contradicts `local`: remove one of them",
            None => "`boxed` work is `Send` as it is: remove `send`",
        };
        errors.at_span(send, message);
        options.send = None;
    }
    options
}

/// The attribute that decides whether an argument is there at all.
fn cfg(input: &FnArg) -> Option<&syn::Attribute> {
    let FnArg::Typed(typed) = input else {
        return None;
    };
    typed.attrs.iter().find(|attr| attr.path().is_ident("cfg"))
}
