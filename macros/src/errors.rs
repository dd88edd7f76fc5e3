use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects errors, so that the compiler reports all of them at once.
#[derive(Default)]
pub(crate) struct Errors {
    /// The first error. Later ones are combined into it.
    combined: Option<syn::Error>,
}

impl Errors {
    /// Adds an error that points at some tokens.
    pub(crate) fn push_spanned(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error that points at a span.
    pub(crate) fn push_at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.combined {
            Some(combined) => combined.combine(error),
            None => self.combined = Some(error),
        }
    }

    /// Returns whether there is an error.
    pub(crate) fn has_any(&self) -> bool {
        self.combined.is_some()
    }

    /// Returns a `compile_error!` for each error.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.combined
            .map_or_else(TokenStream::new, |error| error.to_compile_error())
    }
}
