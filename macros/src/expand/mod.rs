//! The code that is generated from what the user wrote.

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
mod tokens;
mod track_caller;
