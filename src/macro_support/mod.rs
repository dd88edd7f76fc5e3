//! Items that the expansions of the attributes name. They are not part of the public interface, and may change in any
//! version.

#[path = "callers.rs"]
pub mod caller;
mod checks;
mod in_runtime;
pub mod limit;

pub use self::checks::{
    Argument, Items, Kept, Lent, LentSelf, Never, Output, Returns, borrows_nothing,
    comes_from_the_pool, goes_to_the_pool, iterates_on_the_pool, keep, keep_self, never,
    tries_to_iterate_on_the_pool,
};

pub use self::in_runtime::{in_runtime, runtime};
pub use crate::{__caller as foreign, __caller as sync};

#[cfg(feature = "executor")]
pub use crate::__caller as shim;
#[cfg(not(feature = "executor"))]
pub use crate::__no_caller as shim;
#[cfg(feature = "tokio")]
pub use crate::{__caller as current_thread, __caller as tokio};
#[cfg(not(feature = "tokio"))]
pub use crate::{__no_caller as current_thread, __no_caller as tokio};
