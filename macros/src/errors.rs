use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// What is wrong, to be told all at once.
#[derive(Default)]
pub(crate) struct Errors {
    /// The first error, with the later ones combined into it.
    first: Option<syn::Error>,
}

impl Errors {
    /// Notes an error of some tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Notes an error of a place.
    pub(crate) fn at_span(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.first {
            Some(first) => first.combine(error),
            None => self.first = Some(error),
        }
    }

    /// The errors as items that make the compiler tell them.
    pub(crate) fn into_items(self) -> TokenStream {
        self.first
            .map_or_else(TokenStream::new, |error| error.to_compile_error())
    }
}
