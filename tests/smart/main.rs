//! The attributes `#[smart]` and `#[smartcall::test]`. `../edition_2021/` runs most of these files once more.

#![cfg(feature = "macros")]

#[path = "../common/mod.rs"]
mod common;

mod boxed;
mod forms;
mod functions;
mod hygiene;
#[cfg(feature = "tokio")]
mod in_runtime;
mod lints;
mod methods;
mod owned;
mod pair;
mod streams;
mod test_attr;
mod traits;
mod twin;
#[cfg(feature = "executor")]
mod usages;
