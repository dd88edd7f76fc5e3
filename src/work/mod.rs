//! The work that a handle resolves: futures that can also be resolved by blocking.
//!
//! You rarely name these types: the constructors of [`Dual`] make them, and signatures use
//! `DualOf<impl Work<Output = T>>`. They are public for structs that store a handle, and for forms of your own, with
//! [`Work`] and [`Dual::new`].
//!
//! # What dropping does
//!
//! | | before it has begun | while it waits or runs | after that |
//! |---|---|---|---|
//! | [`Async`] | the body never runs | the body is dropped where it waits, and what it waits for in turn | the value was returned |
//! | [`Blocking`] | the code never runs, even if it is queued on the pool, and what it captured is dropped | the code runs to its end, a `.get()` in it too, and can check [`is_cancelled`](crate::offload::is_cancelled); its value is dropped | a value that was not taken is dropped |
//! | [`InPlace`], [`Borrowing`] | the code never runs | it can't be dropped: it runs to its end in one poll | |
//! | [`Pair`] | neither path runs | the async path is dropped like an `Async` | |
//! | [`Ready`] | the value is dropped | | |
//! | [`map`](crate::Dual::map), [`then`](crate::Dual::then) and their variants | no step runs | the current step is dropped, and the next step never begins | |
//! | [`join`](crate::join), [`try_join`](crate::try_join), [`race`](crate::race) | nothing runs | all parts that are not done are dropped | |
//! | [`Scoped`], by [`Dual::on`] and `Dual::in_runtime` | like the work in it | | |
//! | [`Scoped`], by [`interrupt_on_drop`](crate::offload::interrupt_on_drop) | like the work in it | like the work in it; a `.get()` in the blocking code in it unwinds | like the work in it |
//! | [`Scoped`], by [`join_on_drop`](crate::offload::join_on_drop) | like the work in it | like the work in it; then the dropping thread waits until the blocking code in it has ended | like the work in it |
//! | [`Timeout`] | nothing runs | the work is dropped, as when the time has elapsed | |
//! | `Started`, by [`Dual::start`] | | an async body is dropped at its next poll; sync code is dropped like a `Blocking` | a value that was not taken is dropped |
//! | [`Boxed`], [`LocalBoxed`] | like the work in them | | |
//!
//! [`Dual::on`]: crate::Dual::on
//! [`Dual::start`]: crate::Dual::start
//! [`Dual`]: crate::Dual
//! [`Dual::new`]: crate::Dual::new

pub(crate) mod blocking;
pub(crate) mod boxed;
pub(crate) mod future;
pub(crate) mod pair;
pub(crate) mod ready;
pub(crate) mod scoped;
pub(crate) mod staying;
#[cfg(feature = "tokio")]
pub(crate) mod tokio;
pub(crate) mod traits;

pub use self::blocking::Blocking;
pub use self::boxed::{Boxed, LocalBoxed};
pub use self::future::Async;
pub use self::pair::Pair;
pub use self::ready::Ready;
pub use self::scoped::{Bind, OnPool, Scope, Scoped};
pub use self::staying::{Borrowing, InPlace};
pub use self::traits::Work;
pub use crate::combine::join::{Join, Race, TryJoin};
pub use crate::dual::interrupt_on_drop::InterruptOnDrop;
pub use crate::dual::join_on_drop::JoinOnDrop;
#[cfg(feature = "executor")]
pub use crate::dual::start::Started;
pub use crate::dual::time::{Sleep, Timeout};
pub use crate::offload::code::Code;
