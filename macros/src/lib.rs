//! The attributes of smartcall.
//!
//! Their expansions name hidden items of smartcall, so use them from there, as `smartcall::smart` and
//! `smartcall::test`. The docs are there, too.

#![forbid(unsafe_code)]

mod argument;
mod attributes;
mod block;
mod body;
mod check;
mod errors;
mod expand;
#[cfg(test)]
mod expansions;
mod function;
mod future;
mod lifetimes;
mod options;
mod output;
mod owned;
mod place;
mod signature;
mod test;
mod this;

use proc_macro::TokenStream;

/// Re-exported, with its docs, as `smartcall::smart`.
#[proc_macro_attribute]
pub fn smart(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::smart(options.into(), item.into()).into()
}

/// Re-exported, with its docs, as `smartcall::test`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(options.into(), item.into()).into()
}
