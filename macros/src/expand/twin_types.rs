//! Types that have twins, in the signatures of a twin's functions.
//!
//! There they stand for their twins. So an argument is turned into the type itself, and a value into its twin, by the
//! conversions that each twin has.

use std::cell::Cell;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Path, PathArguments, Signature, Type, TypePath};

use crate::errors::Errors;
use crate::parse::twin::TypeWithTwin;
use crate::span::mixed_site_at;

/// The types that have twins.
pub(crate) struct TwinTypes {
    /// The type of the block, whose twin is `Self`. A function outside of a twin's block has none.
    own: Option<Type>,
    /// The others, and whether a signature has named them.
    others: Vec<(TypeWithTwin, Cell<bool>)>,
}

impl TwinTypes {
    pub(crate) fn new(own: Option<Type>, others: &[TypeWithTwin]) -> Self {
        let others = others.iter();
        TwinTypes {
            own,
            others: others
                .map(|other| (other.clone(), Cell::new(false)))
                .collect(),
        }
    }

    /// Replaces the types in a signature by their twins.
    pub(crate) fn replace(&self, sig: &mut Signature) {
        struct Replace<'a>(&'a TwinTypes);

        impl VisitMut for Replace<'_> {
            fn visit_type_mut(&mut self, ty: &mut Type) {
                match self.0.twin_of(ty) {
                    Some(twin) => *ty = twin,
                    None => visit_mut::visit_type_mut(self, ty),
                }
            }
        }

        Replace(self).visit_signature_mut(sig);
    }

    /// Returns an argument as the function behind the twin takes it, or `None` if that can't be expressed.
    pub(crate) fn take_out(&self, argument: &TokenStream, ty: &Type) -> Option<TokenStream> {
        let span = mixed_site_at(ty.span());
        match ty {
            ty if !self.are_in(ty) => Some(quote!(#argument)),
            ty if self.is_one(ty) => {
                Some(quote_spanned!(span=> ::core::convert::Into::into(#argument)))
            }
            Type::Reference(reference) if self.is_one(&reference.elem) => {
                Some(match reference.mutability {
                    Some(_) => quote_spanned!(span=> ::core::convert::AsMut::as_mut(#argument)),
                    None => quote_spanned!(span=> ::core::convert::AsRef::as_ref(#argument)),
                })
            }
            _ => None,
        }
    }

    /// Returns a value as the twin returns it, or `None` if that can't be expressed.
    pub(crate) fn put_in(&self, value: TokenStream, ty: &Type) -> Option<TokenStream> {
        let span = mixed_site_at(ty.span());
        match ty {
            ty if !self.are_in(ty) => Some(value),
            ty if self.is_one(ty) => {
                Some(quote_spanned!(span=> ::core::convert::Into::into(#value)))
            }
            ty if self.is_result_or_option(ty) => {
                Some(quote_spanned!(span=> #value.map(::core::convert::Into::into)))
            }
            _ => None,
        }
    }

    /// Whether a type contains one of these. A constant of it, as in `[u8; Self::N]`, is not meant.
    pub(crate) fn are_in(&self, ty: &Type) -> bool {
        struct Find<'a>(&'a TwinTypes, bool);

        impl VisitMut for Find<'_> {
            fn visit_type_mut(&mut self, ty: &mut Type) {
                self.1 |= self.0.is_one(ty);
                visit_mut::visit_type_mut(self, ty);
            }
        }

        let mut find = Find(self, false);
        find.visit_type_mut(&mut ty.clone());
        find.1
    }

    /// Reports the types that no signature names.
    pub(crate) fn report_unused(&self, errors: &mut Errors) {
        if errors.has_any() {
            return;
        }
        for (other, _) in self.others.iter().filter(|(_, is_used)| !is_used.get()) {
            errors.push_spanned(
                &other.ty,
                "no signature here names this type: write it as in the signature, without its type arguments, or remove it",
            );
        }
    }

    fn is_one(&self, ty: &Type) -> bool {
        self.twin_of(ty).is_some()
    }

    /// Returns the twin of a type that has one.
    fn twin_of(&self, ty: &Type) -> Option<Type> {
        let Type::Path(TypePath {
            qself: None, path, ..
        }) = ty
        else {
            return None;
        };
        let is_own = |own: &Type| path.is_ident("Self") || same_tokens(own, ty);
        if self.own.as_ref().is_some_and(is_own) {
            return Some(syn::parse_quote_spanned!(ty.span()=> Self));
        }
        let (bare, arguments) = split(path)?;
        let mut others = self.others.iter();
        let (other, is_used) = others.find(|(other, _)| same_tokens(&other.ty, &bare))?;
        is_used.set(true);
        let mut twin = other.twin.clone();
        twin.segments.last_mut()?.arguments = arguments;
        Some(syn::parse_quote!(#twin))
    }

    /// Whether a type is a `Result` or an `Option`, by any path, of one of these, and mentions them nowhere else.
    fn is_result_or_option(&self, ty: &Type) -> bool {
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
            && matches!(arguments.next(), Some(GenericArgument::Type(ty)) if self.is_one(ty))
            && !arguments
                .any(|argument| matches!(argument, GenericArgument::Type(ty) if self.are_in(ty)))
    }
}

/// Returns a path without the arguments of its last segment, and these.
fn split(path: &Path) -> Option<(Path, PathArguments)> {
    let mut bare = path.clone();
    let last = bare.segments.last_mut()?;
    let arguments = std::mem::replace(&mut last.arguments, PathArguments::None);
    Some((bare, arguments))
}

fn same_tokens(one: &impl ToTokens, other: &impl ToTokens) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}
