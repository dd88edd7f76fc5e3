//! The attribute `#[smart]`.

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::expand::{impl_or_trait, item, twin};
use crate::parse::context::Context;
use crate::parse::function::Function;
use crate::parse::impl_or_trait::ImplOrTrait;
use crate::parse::options::Options;

/// Expands `#[smart]`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &mut errors);
    item::expand_with(item, errors, |attrs, input, errors| {
        if Function::peek(input) {
            let function = Function::parse(attrs, input)?;
            let context = options.deferred.clone().unwrap_or_else(Context::standalone);
            return Ok(twin::expand(function, &options, &context, errors));
        }
        if ImplOrTrait::peek(input) {
            let block = ImplOrTrait::parse(attrs, input)?;
            return Ok(impl_or_trait::expand(block, &options, errors));
        }
        item::unsupported(
            "#[smart]",
            "a function, an `impl` block or a trait",
            &attrs,
            input,
            errors,
        )
    })
}
