//! What the user wrote, as data.
//!
//! These files report syntax errors, and options that conflict with each other. They do not generate
//! code. Only `Options` and `Context` can be converted back to tokens, for a later expansion.

pub(crate) mod attributes;
pub(crate) mod boxed_future;
pub(crate) mod context;
pub(crate) mod function;
pub(crate) mod impl_or_trait;
pub(crate) mod many_items;
pub(crate) mod option_list;
pub(crate) mod options;
pub(crate) mod precise_capture;
pub(crate) mod time_limit;
pub(crate) mod twin;
pub(crate) mod type_arguments;
