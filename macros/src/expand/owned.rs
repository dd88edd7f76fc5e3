//! The option `owned`: a handle that borrows nothing.
//!
//! The function makes an owned copy of each borrowed argument when it is called, and the body gets
//! references to the copies. The type of the handle captures no lifetime of the function, which
//! `use<…>` or `'static` says in the return type.

use quote::{ToTokens, quote, quote_spanned};
use syn::{FnArg, Receiver, ReceiverKind, ReturnType, Signature, Type, parse_quote};

use crate::errors::Errors;
use crate::expand::captures::HandleCaptures;
use crate::expand::lifetimes;
use crate::parse::context::OptionSource;
use crate::span::mixed_site_at;

/// Checks that `owned` is possible. Reports each argument of which no owned copy can be made, and
/// an output that borrows.
pub(crate) fn check(
    sig: &Signature,
    captures: &HandleCaptures,
    option_source: OptionSource,
    errors: &mut Errors,
) -> bool {
    let mut is_valid = true;
    let mut reject = |tokens: &dyn ToTokens, message: String| {
        errors.push_spanned(tokens.to_token_stream(), message);
        is_valid = false;
    };
    let without_owned = match option_source {
        OptionSource::Function => "remove `owned`",
        OptionSource::Container => "put `#[smart]` without `owned` on the function",
    };
    for input in &sig.inputs {
        let (name, ty) = match input {
            FnArg::Receiver(receiver) => ("self".to_owned(), receiver_type(receiver)),
            FnArg::Typed(typed) => {
                let pat = &typed.pat;
                (quote!(#pat).to_string(), (*typed.ty).clone())
            }
        };
        match &ty {
            Type::Reference(reference) if reference.mutability.is_some() => reject(
                input,
                format!(
                    "`owned` can't be used with `&mut`: the body would change a copy of `{name}` that the \
                     caller never sees; take it by value and return it, or {without_owned}"
                ),
            ),
            Type::Reference(reference) if captures.is_uncaptured_reference(&ty) => {
                if matches!(&*reference.elem, Type::TraitObject(_)) {
                    reject(
                        input,
                        format!(
                            "`owned` can't make an owned copy of `{name}`, since a `dyn` type can't be \
                             cloned: take an `Arc<dyn ..>`, or {without_owned}"
                        ),
                    );
                } else if captures.has_uncaptured_lifetime(&reference.elem) {
                    reject(input, nested_borrow(&name, without_owned));
                }
            }
            ty if captures.has_uncaptured_lifetime(ty) => {
                reject(input, nested_borrow(&name, without_owned))
            }
            _ => {}
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        if captures.has_uncaptured_lifetime(ty) {
            reject(
                ty,
                format!(
                    "`owned` can't return a value that borrows from an argument, since the handle may outlive the \
                     argument: return an owned value, or {without_owned}"
                ),
            );
        }
    }
    is_valid
}

/// Bounds `Self` in a trait's default method, so that the handle can hold an owned copy of `self`.
pub(crate) fn bound_self(sig: &mut Signature) {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
        return;
    };
    let span = mixed_site_at(receiver.self_token.span);
    let clone = matches!(receiver.kind, ReceiverKind::Reference(..))
        .then(|| quote_spanned!(span=> ::core::clone::Clone +));
    let predicates = &mut sig.generics.make_where_clause().predicates;
    predicates.push(parse_quote!(Self: #clone 'static));
}

/// The error message for an argument whose type contains a borrow.
fn nested_borrow(name: &str, without_owned: &str) -> String {
    format!(
        "`owned` can't make an owned copy of `{name}`, since its type contains a borrow: take an owned \
         type, such as a `String` or a `Vec<String>`, or {without_owned}"
    )
}

/// Whether `owned` can make an owned copy of an argument.
pub(crate) fn can_copy(input: &FnArg) -> bool {
    let ty = match input {
        FnArg::Receiver(receiver) => receiver_type(receiver),
        FnArg::Typed(typed) => (*typed.ty).clone(),
    };
    match ty {
        Type::Reference(reference) => {
            reference.mutability.is_none()
                && !matches!(*reference.elem, Type::TraitObject(_))
                && !lifetimes::is_borrowed(&reference.elem)
        }
        _ => false,
    }
}

/// Whether `owned` clones `self`: it does for a shared reference.
pub(crate) fn is_self_cloned(receiver: &Receiver) -> bool {
    match receiver_type(receiver) {
        Type::Reference(reference) => reference.mutability.is_none(),
        _ => false,
    }
}

/// Returns the type of `self`.
fn receiver_type(receiver: &Receiver) -> Type {
    match &receiver.kind {
        ReceiverKind::Reference(and, lifetime, mutability) => {
            parse_quote!(#and #lifetime #mutability Self)
        }
        ReceiverKind::Typed(_, ty) => (**ty).clone(),
        _ => parse_quote!(Self),
    }
}
