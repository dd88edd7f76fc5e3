//! Generates code from what the user wrote.
//!
//! These files report the errors that are not about syntax: what a function cannot have with its
//! options.

mod argument;
mod body;
mod captures;
mod check;
mod clone_borrowed;
mod defer;
pub(crate) mod function;
mod handle;
pub(crate) mod impl_or_trait;
pub(crate) mod item;
mod lifetimes;
mod output;
mod owned;
mod pair;
mod rename_self;
mod return_type;
mod stream;
mod stream_form;
mod tokens;
mod track_caller;
pub(crate) mod twin;
mod twin_types;
