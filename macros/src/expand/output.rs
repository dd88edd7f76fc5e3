use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{ReturnType, Type};

use crate::parse::options::Options;
use crate::span::mixed_site_at;

/// The type of the value that a handle resolves to, or of the items of a stream.
pub(crate) struct Output {
    /// The type, for the signature.
    pub(crate) ty: TokenStream,
    /// The type, for the body: each `impl Trait` is replaced by `_`.
    pub(crate) inferred_ty: TokenStream,
    /// Whether it contains an `impl Trait`.
    pub(crate) is_opaque: bool,
    /// Whether it is `!`.
    pub(crate) is_never: bool,
    /// Where the user wrote it, with the hygiene of this crate.
    pub(crate) span: Span,
}

impl Output {
    /// Reads the return type. `fallback` is the span for a function without one.
    pub(crate) fn from_return_type(output: &ReturnType, options: &Options, fallback: Span) -> Self {
        let ReturnType::Type(_, ty) = output else {
            let span = mixed_site_at(fallback);
            return Output {
                ty: quote_spanned!(span=> ()),
                inferred_ty: quote_spanned!(span=> ()),
                is_opaque: false,
                is_never: false,
                span,
            };
        };
        Output::from_type(ty, options)
    }

    /// Returns the output of a body that makes many items of a type.
    pub(crate) fn with_items(self, item: &Type, options: &Options) -> Self {
        let Output { ty, is_opaque, .. } = Output::from_type(item, options);
        Output {
            ty,
            is_opaque,
            ..self
        }
    }

    /// Reads the type of the value.
    pub(crate) fn from_type(ty: &Type, options: &Options) -> Self {
        let span = mixed_site_at(ty.span());
        if is_never(ty) {
            let krate = options.crate_path(span);
            let never = quote_spanned!(span=> #krate::__private::Never);
            return Output {
                ty: never.clone(),
                inferred_ty: never,
                is_opaque: false,
                is_never: true,
                span,
            };
        }
        let mut inferred_ty = ty.clone();
        let mut inference = InferImplTraits { found: false };
        inference.visit_type_mut(&mut inferred_ty);
        Output {
            ty: ty.to_token_stream(),
            inferred_ty: inferred_ty.to_token_stream(),
            is_opaque: inference.found,
            is_never: false,
            span,
        }
    }
}

/// Whether a type is `!`, even if a macro of the user wrote it.
fn is_never(ty: &Type) -> bool {
    match ty {
        Type::Never(_) => true,
        Type::Group(group) => is_never(&group.elem),
        _ => false,
    }
}

/// Replaces each `impl Trait` by `_`.
struct InferImplTraits {
    /// Whether there was an `impl Trait`.
    found: bool,
}

impl VisitMut for InferImplTraits {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(opaque) = ty {
            let span = mixed_site_at(opaque.impl_token.span);
            *ty = syn::parse_quote_spanned!(span=> _);
            self.found = true;
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}
