//! What the type of a handle captures: every lifetime of the function, unless the options say
//! otherwise.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{GenericParam, Signature, Type};

use crate::expand::lifetimes;
use crate::expand::tokens::any_token;
use crate::parse::context::{Container, Context, param_name};
use crate::parse::options::Options;
use crate::parse::precise_capture::PreciseCapture;

/// The generic parameters that the type of a handle captures.
pub(crate) struct HandleCaptures {
    /// The captured parameters.
    params: Vec<TokenStream>,
    /// Whether the type has the bound `'static`.
    is_static: bool,
    /// Whether the function has a lifetime that is not captured. Otherwise a `use<…>` would be
    /// redundant, and a lint would report it.
    omits_lifetimes: bool,
}

impl HandleCaptures {
    /// Returns the captures of a function with `owned` or `use<…>`.
    ///
    /// `None` means that the type captures everything, as the future of an `async fn` does.
    pub(crate) fn new(
        sig: &Signature,
        has_body: bool,
        options: &Options,
        context: &Context,
    ) -> Option<Self> {
        let list = options.precise_capture.as_ref();
        if options.owned.is_none() {
            return list.map(|list| HandleCaptures {
                params: list.params.clone(),
                is_static: false,
                omits_lifetimes: true,
            });
        }
        // A function without a body is in a trait.
        let in_trait = context.container.is_trait_or_trait_impl() || !has_body;
        // `use<…>` has to list all type parameters, and an `impl Trait` has no name.
        let has_unnamed = sig.inputs.iter().any(lifetimes::has_impl_trait);
        let function_params = sig
            .generics
            .params
            .iter()
            .filter(|param| !is_lifetime(param))
            .map(param_name);
        let params = match (list, &context.container) {
            (Some(list), _) => list.params.clone(),
            (None, Container::InherentImpl(names)) => {
                names.iter().cloned().chain(function_params).collect()
            }
            (None, _) => function_params.collect(),
        };
        Some(HandleCaptures {
            params,
            is_static: in_trait || (has_unnamed && list.is_none()),
            omits_lifetimes: lifetimes::has_lifetimes(sig),
        })
    }

    /// Returns the bounds for the `impl Work` in the return type.
    pub(crate) fn bounds(&self, options: &Options, span: Span) -> TokenStream {
        let mut bounds = TokenStream::new();
        if self.is_static {
            bounds.extend(quote_spanned!(span=> + 'static));
        }
        if let Some(PreciseCapture { tokens, .. }) = &options.precise_capture {
            bounds.extend(quote_spanned!(span=> + #tokens));
        } else if !self.is_static && self.omits_lifetimes {
            let params = &self.params;
            bounds.extend(quote_spanned!(span=> + use<#(#params),*>));
        }
        bounds
    }

    /// Whether a type contains a visible lifetime that is not captured.
    pub(crate) fn has_uncaptured_lifetime(&self, ty: &Type) -> bool {
        let params: Vec<String> = self.params.iter().map(ToString::to_string).collect();
        lifetimes::any_lifetime(ty, &|lifetime| !params.contains(&lifetime.to_string()))
    }

    /// Whether a type is a reference whose lifetime is not captured.
    pub(crate) fn is_uncaptured_reference(&self, ty: &Type) -> bool {
        let Type::Reference(reference) = ty else {
            return false;
        };
        match &reference.lifetime {
            None => true,
            Some(lifetime) => {
                lifetime.ident != "static" && {
                    let name = lifetime.to_token_stream().to_string();
                    self.params.iter().all(|param| param.to_string() != name)
                }
            }
        }
    }

    /// Whether a type mentions no generic parameter. Then it can only contain a lifetime that is
    /// hidden, as in `Words` for `Words<'_>`.
    pub(crate) fn mentions_no_param(&self, ty: &Type, sig: &Signature) -> bool {
        let function_params = sig.generics.params.iter().map(param_name);
        let params = self.params.iter().cloned().chain(function_params);
        let names: Vec<String> = params
            .map(|param| param.to_string().replace('\'', ""))
            .collect();
        !any_token(ty.to_token_stream(), &|token| match token {
            TokenTree::Ident(ident) => {
                let ident = ident.to_string();
                ident == "Self" || ident == "impl" || names.contains(&ident)
            }
            _ => false,
        })
    }
}

fn is_lifetime(param: &GenericParam) -> bool {
    matches!(param, GenericParam::Lifetime(_))
}
