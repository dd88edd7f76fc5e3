//! One implementation, called from sync code with `.get()` or from async code with `.await`.

mod call;
pub mod context;
mod drive;
mod dual;
mod error;
#[cfg(feature = "executor")]
mod executor;
pub mod kind;
#[cfg(feature = "executor")]
mod local;
pub mod offload;
mod signal;
mod sync;
#[cfg(feature = "executor")]
mod task;
pub mod work;

pub use call::{NoArguments, SmartCall, SmartFn, asynchronous, blocking, dual, in_place};
pub use dual::{Dual, DualOf, Resolving};
pub use error::InsideExecutor;
#[cfg(feature = "executor")]
pub use executor::{Builder, Executor};
#[cfg(feature = "executor")]
pub use local::LocalExecutor;
#[cfg(feature = "executor")]
pub use task::Task;
pub use work::Work;
