//! The type that a twin holds, in the signatures of its functions.
//!
//! In the functions of the twin `Self` is the twin. So an argument of that type is taken out of it, and a value is put in.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, PathArguments, Signature, Type, TypePath};

/// Names the type of a block as `Self`, where a signature names it otherwise.
pub(crate) fn name_as_self(sig: &mut Signature, self_ty: &Type) {
    /// Replaces one type.
    struct Rename(String);

    impl VisitMut for Rename {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if ty.to_token_stream().to_string() == self.0 {
                *ty = syn::parse_quote!(Self);
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }

    Rename(self_ty.to_token_stream().to_string()).visit_signature_mut(sig);
}

/// Returns an argument as the function behind the twin takes it, or `None` if that can't be expressed.
pub(crate) fn taken_out(argument: &TokenStream, ty: &Type) -> Option<TokenStream> {
    match ty {
        ty if !mentions_self(ty) => Some(quote!(#argument)),
        ty if is_self(ty) => Some(quote!(#argument.0)),
        Type::Reference(reference) if is_self(&reference.elem) => {
            let mutability = reference.mutability;
            Some(quote!(&#mutability #argument.0))
        }
        _ => None,
    }
}

/// Returns a value as the twin returns it, or `None` if that can't be expressed.
pub(crate) fn put_in(value: TokenStream, ty: &Type) -> Option<TokenStream> {
    match ty {
        ty if !mentions_self(ty) => Some(value),
        ty if is_self(ty) => Some(quote!(Self(#value))),
        ty if is_result_or_option_of_self(ty) => Some(quote!(#value.map(Self))),
        _ => None,
    }
}

fn is_self(ty: &Type) -> bool {
    matches!(ty, Type::Path(TypePath { qself: None, path, .. }) if path.is_ident("Self"))
}

/// Whether a type is a `Result` or an `Option`, by any path, of `Self`, and mentions it nowhere else.
fn is_result_or_option_of_self(ty: &Type) -> bool {
    let Type::Path(TypePath {
        qself: None, path, ..
    }) = ty
    else {
        return false;
    };
    let Some(last) = path.segments.last() else {
        return false;
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return false;
    };
    let mut arguments = arguments.args.iter();
    (last.ident == "Result" || last.ident == "Option")
        && matches!(arguments.next(), Some(GenericArgument::Type(ty)) if is_self(ty))
        && !arguments
            .any(|argument| matches!(argument, GenericArgument::Type(ty) if mentions_self(ty)))
}

/// Whether a type contains `Self`. A constant of it, as in `[u8; Self::N]`, is not meant.
pub(crate) fn mentions_self(ty: &Type) -> bool {
    /// Whether there was a `Self`.
    struct Find(bool);

    impl VisitMut for Find {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            self.0 |= is_self(ty);
            visit_mut::visit_type_mut(self, ty);
        }
    }

    let mut find = Find(false);
    find.visit_type_mut(&mut ty.clone());
    find.0
}
