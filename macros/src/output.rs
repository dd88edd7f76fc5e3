use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{ReturnType, Type};

use crate::expand::at;
use crate::options::Options;

/// What a function returns, as the user wrote it.
pub(crate) struct Output {
    /// The type, for the signature.
    pub(crate) ty: TokenStream,
    /// The type, for the body, where each `impl Trait` is a `_`.
    pub(crate) with_holes: TokenStream,
    /// Whether there is an `impl Trait` in it.
    pub(crate) opaque: bool,
    /// Whether it is `!`.
    pub(crate) never: bool,
    /// Where it is written, in the hygiene of the expansion.
    pub(crate) span: Span,
}

impl Output {
    /// Looks at the return type. `default` is where to point if there is none.
    pub(crate) fn new(output: &ReturnType, options: &Options, default: Span) -> Self {
        let ReturnType::Type(_, ty) = output else {
            let span = at(default);
            return Output {
                ty: quote_spanned!(span=> ()),
                with_holes: quote_spanned!(span=> ()),
                opaque: false,
                never: false,
                span,
            };
        };
        Output::of_type(ty, options)
    }

    /// Looks at the type that a function returns, or promises.
    pub(crate) fn of_type(ty: &Type, options: &Options) -> Self {
        let span = at(ty.span());
        if is_never(ty) {
            let krate = options.krate(span);
            let never = quote_spanned!(span=> #krate::__private::Never);
            return Output {
                ty: never.clone(),
                with_holes: never,
                opaque: false,
                never: true,
                span,
            };
        }
        let mut with_holes = ty.clone();
        let mut holes = Holes(false);
        holes.visit_type_mut(&mut with_holes);
        Output {
            ty: ty.to_token_stream(),
            with_holes: with_holes.to_token_stream(),
            opaque: holes.0,
            never: false,
            span,
        }
    }
}

/// Whether a type is `!`, as it is or from a macro of the user's.
fn is_never(ty: &Type) -> bool {
    match ty {
        Type::Never(_) => true,
        Type::Group(group) => is_never(&group.elem),
        _ => false,
    }
}

/// Puts a `_` in the place of each `impl Trait`, and notes that there was one.
struct Holes(bool);

impl VisitMut for Holes {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(opaque) = ty {
            let span = at(opaque.impl_token.span);
            *ty = syn::parse_quote_spanned!(span=> _);
            self.0 = true;
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}
