//! The attributes of smartcall.
//!
//! Use them as `smartcall::smart` and `smartcall::test`; the docs are there.

#![forbid(unsafe_code)]

mod argument;
mod block;
mod body;
mod errors;
mod expand;
#[cfg(test)]
mod expansions;
mod function;
mod lifetimes;
mod options;
mod output;
mod signature;
mod test;
mod this;

use proc_macro::TokenStream;

/// See `smartcall::smart`.
#[proc_macro_attribute]
pub fn smart(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::smart(options.into(), item.into()).into()
}

/// See `smartcall::test`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(options.into(), item.into()).into()
}
