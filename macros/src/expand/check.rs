//! Checks of a function: what `#[smart]` does not support on it.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, FnArg, ReturnType, Safety, Signature, Type, TypeParamBound};

use crate::errors::Errors;
use crate::expand::{lifetimes, owned};
use crate::parse::attributes::{cfg_of_argument, is_rstest, is_smart, is_test};
use crate::parse::context::OptionSource;
use crate::parse::function::Function;
use crate::parse::options::Options;

/// Checks that no argument is borrowed, so that all can be sent to a thread pool. Reports each one
/// that is.
pub(crate) fn arguments_are_owned(sig: &Signature, options: &Options, errors: &mut Errors) -> bool {
    let mut is_valid = true;
    let function = &sig.ident;
    let is_borrowed = |input: &&FnArg| match input {
        FnArg::Receiver(receiver) => lifetimes::is_receiver_borrowed(receiver),
        FnArg::Typed(typed) => lifetimes::is_borrowed(&typed.ty),
    };
    let can_copy = sig.inputs.iter().filter(is_borrowed).all(owned::can_copy);
    let alternatives = match (options.stream, can_copy) {
        (None, _) => {
            let owned = match can_copy {
                true => "`#[smart(owned)]` to send a copy, ",
                false => "",
            };
            format!(
                "use {owned}`#[smart(in_place)]` if `{function}` returns quickly, or make it an `async fn` that \
                 copies what it needs and awaits `Dual::blocking(move || ..)`"
            )
        }
        (Some(_), can_copy) => {
            let owned = match can_copy {
                true => "use `#[smart(stream, owned)]` to send a copy, or ",
                false => "",
            };
            format!(
                "{owned}make it an `async fn` with a last argument `mut out: Emit<..>` that copies what it needs and \
                 awaits each item of `DualStream::blocking(..)`"
            )
        }
    };
    for input in &sig.inputs {
        let message = match input {
            FnArg::Receiver(receiver) if lifetimes::is_receiver_borrowed(receiver) => {
                format!(
                    "`#[smart]` can't send the borrowed `self` to a thread pool: {alternatives}"
                )
            }
            FnArg::Typed(typed) if lifetimes::is_borrowed(&typed.ty) => {
                let pat = &typed.pat;
                let by_value = match &*typed.ty {
                    Type::Reference(_) => "take it by value",
                    _ => "take an owned type",
                };
                format!(
                    "`#[smart]` can't send the borrowed argument `{}` to a thread pool: {by_value}, or {alternatives}",
                    quote!(#pat),
                )
            }
            _ => continue,
        };
        is_valid = false;
        errors.push_spanned(input, message);
    }
    is_valid
}

/// Checks that the output is not a handle or a future already, and reports it if it is.
pub(crate) fn output(
    sig: &Signature,
    options: &Options,
    option_source: OptionSource,
    errors: &mut Errors,
) -> bool {
    let ReturnType::Type(_, ty) = &sig.output else {
        return true;
    };
    let [dual, dual_of] = match options.stream {
        None => ["Dual", "DualOf"],
        Some(_) => ["DualStream", "DualStreamOf"],
    };
    if is_handle(ty, &[dual, dual_of]) {
        let remove = match option_source {
            OptionSource::Function => "remove the attribute",
            OptionSource::Container => "put `#[smart(skip)]` on the function",
        };
        let message = match options.stream {
            None => format!(
                "`#[smart]` can't be used on a function that already returns a `Dual`: {remove}, or return \
                 the value itself"
            ),
            Some(_) => format!(
                "`#[smart(stream)]` can't be used on a function that already returns a `DualStream`: {remove}, or \
                 return an iterator, or hand out the items by an `Emit`"
            ),
        };
        errors.push_spanned(ty, message);
        return false;
    }
    if sig.asyncness.is_none() && is_future(ty) {
        errors.push_spanned(
            ty,
            "`#[smart]` can't be used on a function that returns a future: make it an `async fn` that \
             returns the value itself, or remove the attribute",
        );
        return false;
    }
    true
}

/// Whether a type looks like a handle. A user may have another type called `Dual`, so the path and
/// the presence of arguments count as well.
fn is_handle(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(ty) = ty else {
        return false;
    };
    let segments = &ty.path.segments;
    let is_ours = segments.len() == 1
        || segments
            .first()
            .is_some_and(|first| first.ident == "smartcall");
    segments.last().is_some_and(|last| {
        is_ours && names.iter().any(|name| last.ident == name) && !last.arguments.is_empty()
    })
}

/// Removes and reports the options that do not work on a function that returns a boxed future.
pub(crate) fn boxed_future_options(options: &mut Options, errors: &mut Errors) {
    let use_list = options.precise_capture.take().map(|capture| capture.span);
    let given = [
        ("owned", options.owned.take()),
        ("in_place", options.in_place.take()),
        ("use<..>", use_list),
    ];
    for (name, span) in given {
        if let Some(span) = span {
            errors.push_at(
                span,
                format!(
                    "`{name}` can't be used on a function that returns a boxed future, even if another attribute \
                     made it return one: remove `{name}`, or remove that attribute (for recursion, \
                     `#[smart(boxed)]` is enough)"
                ),
            );
        }
    }
}

/// Whether a type is an `impl Future<…>`.
fn is_future(ty: &Type) -> bool {
    let Type::ImplTrait(ty) = ty else {
        return false;
    };
    ty.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Future" && !last.arguments.is_empty()),
        _ => false,
    })
}

/// Removes attributes that conflict with `#[smart]`, and reports them. A plain `#[must_use]` is
/// removed without an error.
pub(crate) fn attributes(function: &mut Function, errors: &mut Errors) {
    function.attrs.retain(|attr| {
        if is_smart(attr) {
            errors.push_spanned(
                attr,
                "`#[smart]` is given twice: move the options into one of them, and remove the other",
            );
            return false;
        }
        if is_test(attr) || is_rstest(attr) {
            errors.push_spanned(
                attr,
                "`#[smart]` can't be used on a test: replace both attributes with `#[smartcall::test]`",
            );
            return false;
        }
        // The handle is `#[must_use]` itself, with a message.
        !matches!(&attr.meta, syn::Meta::Path(path) if path.is_ident("must_use"))
    });
}

/// Removes and reports the parts of a signature that `#[smart]` does not support.
pub(crate) fn signature(sig: &mut Signature, errors: &mut Errors) {
    if let Some(constness) = sig.constness.take() {
        errors.push_spanned(
            constness,
            "`#[smart]` can't be used on a `const fn`: remove `const`, since a handle is resolved at run time",
        );
    }
    if let Safety::Unsafe(unsafety) = std::mem::take(&mut sig.safety) {
        errors.push_spanned(
            unsafety,
            "`#[smart]` can't be used on an `unsafe fn`: remove `unsafe`, and use an `unsafe` block inside",
        );
    }
    if let Some(abi) = sig.abi.take() {
        errors.push_spanned(
            abi,
            "`#[smart]` can't be used on an `extern` function: remove `extern`, or remove the attribute",
        );
    }
    if let Some(variadic) = sig.variadic.take() {
        errors.push_spanned(
            variadic,
            "`#[smart]` can't be used on a variadic function: take a slice or a `Vec` instead of `...`, or \
             remove the attribute",
        );
    }
}

/// Returns the options that apply to a function, and reports the others.
pub(crate) fn options(
    function: &Function,
    options: &Options,
    option_source: OptionSource,
    errors: &mut Errors,
) -> Options {
    let mut options = options.clone();
    let asyncness = function.sig.asyncness;
    if let Some(skip) = options.skip.take() {
        if option_source == OptionSource::Function {
            errors.push_at(
                skip,
                "`skip` is for a function in an `impl` block or a trait that has `#[smart]`: remove this \
                 attribute",
            );
        }
    }
    if option_source == OptionSource::Container {
        // They were already reported on the `impl` block or trait.
        options.in_place = None;
        options.blocking = None;
        options.ahead = None;
    }
    if let Some(ahead) = &options.ahead {
        let message = if asyncness.is_some() {
            "`ahead` is for a sync function that returns an iterator, since async code makes each item when it \
             is asked for: remove it, and have items made ahead by `.start(..)` on the stream"
        } else {
            "`ahead` is for a function with a body: write it on the implementations"
        };
        if asyncness.is_some() || function.body.is_none() {
            errors.push_spanned(ahead, message);
            options.ahead = None;
        }
    }
    if let Some(runtime) = &options.in_runtime {
        let needs_self = lacks_self(runtime, &function.sig);
        let message = if function.body.is_none() {
            "`in_runtime` is for a function with a body: write it on the implementations"
        } else {
            RUNTIME_LACKS_SELF
        };
        // That of a trait is for its functions with a body.
        let is_declared = function.body.is_none() && option_source == OptionSource::Function;
        if is_declared || (needs_self && function.body.is_some()) {
            errors.push_spanned(&function.sig.ident, message);
            options.in_runtime = None;
        }
    }
    if let Some((in_place, _)) = options.in_place.zip(asyncness) {
        errors.push_at(
            in_place,
            "`in_place` is for sync functions: remove it, since an `async fn` may borrow its arguments anyway",
        );
        options.in_place = None;
    }
    if let Some(path) = &options.blocking {
        if asyncness.is_none() {
            errors.push_spanned(
                path,
                format!(
                    "`blocking` is for an `async fn`: write `async fn {}`, or remove `blocking`",
                    function.sig.ident,
                ),
            );
            options.blocking = None;
        } else if let Some(attr) = function.sig.inputs.iter().find_map(cfg_of_argument) {
            errors.push_spanned(
                attr,
                "`blocking` can't be used with `cfg` on an argument: write two versions of the \
                 function, and put the `cfg` on those",
            );
            options.blocking = None;
        }
    }
    options
}

/// The message for an `in_runtime` that [lacks `self`](lacks_self).
pub(crate) const RUNTIME_LACKS_SELF: &str = "this `in_runtime` uses `self`, and the function takes none: give the function a \
     `#[smart(in_runtime = ..)]` of its own";

/// Whether an `in_runtime` uses `self` where a function takes none.
pub(crate) fn lacks_self(runtime: &Expr, sig: &Signature) -> bool {
    uses_self(runtime.to_token_stream()) && sig.receiver().is_none()
}

/// Returns whether an expression uses `self`.
fn uses_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "self",
        TokenTree::Group(group) => uses_self(group.stream()),
        _ => false,
    })
}
