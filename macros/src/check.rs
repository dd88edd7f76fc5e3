//! What a function can't have, together with `#[smart]`.

use quote::quote;
use syn::{FnArg, ReturnType, Safety, Signature, Type, TypeParamBound};

use crate::attributes::is_test;
use crate::block::is_smart;
use crate::errors::Errors;
use crate::function::Function;
use crate::lifetimes;
use crate::options::Options;
use crate::owned;
use crate::place::Whose;

/// Whether all arguments can go to the pool. It names each that can't.
pub(crate) fn arguments(sig: &Signature, errors: &mut Errors) -> bool {
    let mut fine = true;
    let function = &sig.ident;
    let borrowed = |input: &&FnArg| match input {
        FnArg::Receiver(receiver) => lifetimes::is_receiver_borrowed(receiver),
        FnArg::Typed(typed) => lifetimes::is_borrowed(&typed.ty),
    };
    let copy = match sig.inputs.iter().filter(borrowed).all(owned::can_keep) {
        true => "`#[smart(owned)]` to send a copy, ",
        false => "",
    };
    let stay = format!(
        "use {copy}`#[smart(in_place)]` if `{function}` returns quickly, or make it an `async fn` that \
         awaits a `Dual::blocking(move || ..)` of what it copies"
    );
    for input in &sig.inputs {
        let message = match input {
            FnArg::Receiver(receiver) if lifetimes::is_receiver_borrowed(receiver) => {
                format!("`#[smart]` can't send the borrowed `self` to a thread pool: {stay}")
            }
            FnArg::Typed(typed) if lifetimes::is_borrowed(&typed.ty) => {
                let pat = &typed.pat;
                let own = match &*typed.ty {
                    Type::Reference(_) => "take it by value",
                    _ => "take a type that owns what it holds",
                };
                format!(
                    "`#[smart]` can't send the borrowed argument `{}` to a thread pool: {own}, or {stay}",
                    quote!(#pat),
                )
            }
            _ => continue,
        };
        fine = false;
        errors.at(input, message);
    }
    fine
}

/// Whether the output is one to make a handle of. It says why not.
pub(crate) fn output(sig: &Signature, whose: Whose, errors: &mut Errors) -> bool {
    let ReturnType::Type(_, ty) = &sig.output else {
        return true;
    };
    if is_handle(ty) {
        let remove = match whose {
            Whose::Function => "remove the attribute",
            Whose::Block => "put `#[smart(skip)]` on it",
        };
        errors.at(
            ty,
            format!(
                "`#[smart]` can't be on a function that returns a `Dual` already: {remove}, or return \
                 the value itself"
            ),
        );
        return false;
    }
    if sig.asyncness.is_none() && is_future(ty) {
        errors.at(
            ty,
            "`#[smart]` can't be on a function that returns a future: make it an `async fn`, which \
             returns the value itself, or remove the attribute",
        );
        return false;
    }
    true
}

/// Whether a type is a handle, as far as can be seen: a user's type may be called `Dual`, too, but
/// has hardly these arguments.
fn is_handle(ty: &Type) -> bool {
    let Type::Path(ty) = ty else {
        return false;
    };
    let segments = &ty.path.segments;
    let is_ours = segments.len() == 1
        || segments
            .first()
            .is_some_and(|first| first.ident == "smartcall");
    segments.last().is_some_and(|last| {
        is_ours && (last.ident == "Dual" || last.ident == "DualOf") && !last.arguments.is_empty()
    })
}

/// Takes out the options that need the `async fn` that a boxed future was made of.
pub(crate) fn boxed_future(options: &mut Options, errors: &mut Errors) {
    let captures = options.captures.take().map(|captures| captures.span);
    let given = [
        ("owned", options.owned.take()),
        ("in_place", options.in_place.take()),
        ("use<..>", captures),
    ];
    for (name, span) in given {
        if let Some(span) = span {
            errors.at_span(
                span,
                format!(
                    "`{name}` can't be on a function that returns a boxed future, or that another attribute has \
                     made to return one: remove `{name}`, or that attribute (for a recursion, \
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

/// Takes out the attributes that don't go together with ours.
pub(crate) fn attributes(function: &mut Function, errors: &mut Errors) {
    function.attrs.retain(|attr| {
        if is_smart(attr) {
            errors.at(
                attr,
                "`#[smart]` is given twice: put the options into one of them, and remove the other",
            );
            return false;
        }
        if is_test(attr) {
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
pub(crate) fn signature(sig: &mut Signature, errors: &mut Errors) {
    if let Some(constness) = sig.constness.take() {
        errors.at(
            constness,
            "`#[smart]` can't be on a `const fn`: remove `const`, since a handle is resolved at run time",
        );
    }
    if let Safety::Unsafe(unsafety) = std::mem::take(&mut sig.safety) {
        errors.at(
            unsafety,
            "`#[smart]` can't be on an `unsafe fn`: remove `unsafe`, and use an `unsafe` block inside",
        );
    }
    if let Some(abi) = sig.abi.take() {
        errors.at(
            abi,
            "`#[smart]` can't be on an `extern` function: remove `extern`, or remove the attribute",
        );
    }
    if let Some(variadic) = sig.variadic.take() {
        errors.at(
            variadic,
            "`#[smart]` can't be on a variadic function: take a slice or a `Vec` instead of `...`, or \
             remove the attribute",
        );
    }
}

/// The options that go with the function.
pub(crate) fn options(
    function: &Function,
    options: &Options,
    whose: Whose,
    errors: &mut Errors,
) -> Options {
    let mut options = options.clone();
    let asyncness = function.sig.asyncness;
    if let Some(skip) = options.skip.take() {
        if whose == Whose::Function {
            errors.at_span(
                skip,
                "`skip` is for a function in a block that has `#[smart]`: remove the attribute from \
                 this one",
            );
        }
    }
    if whose == Whose::Block {
        // It is said of the block that they can't be on it.
        options.in_place = None;
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
                format!(
                    "`blocking` is for an `async fn`: write `async fn {}`, or remove `blocking`",
                    function.sig.ident,
                ),
            );
            options.blocking = None;
        } else if let Some(attr) = function.sig.inputs.iter().find_map(cfg) {
            errors.at(
                attr,
                "`blocking` can't be used with `cfg` on an argument: write two functions, one \
                 with the `cfg` and one without",
            );
            options.blocking = None;
        }
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
