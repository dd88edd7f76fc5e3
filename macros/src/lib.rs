//! The attribute macros of smartcall.
//!
//! Use them as `smartcall::smart` and `smartcall::test`, where they are documented. Their expansions
//! refer to hidden items of smartcall.

#![forbid(unsafe_code)]

mod errors;
mod expand;
#[cfg(test)]
mod expansions;
mod parse;
mod smart;
mod span;
mod test;

use proc_macro::TokenStream;

/// Re-exported and documented as `smartcall::smart`.
#[proc_macro_attribute]
pub fn smart(options: TokenStream, item: TokenStream) -> TokenStream {
    smart::expand(options.into(), item.into()).into()
}

/// Re-exported and documented as `smartcall::test`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(options.into(), item.into()).into()
}
