//! Handles of many values: what makes the items of a [`DualStream`](crate::DualStream), and what takes them.

// The docs have the methods in this order.
pub(crate) mod handle;
pub(crate) mod ready;

pub(crate) mod asynchronous;
pub(crate) mod blocking;
pub(crate) mod emit;
pub(crate) mod flatten;
pub(crate) mod generate;
pub(crate) mod pages;
pub(crate) mod pair;
pub(crate) mod produce;

pub(crate) mod take;

pub(crate) mod boxed;
pub(crate) mod caller;
pub(crate) mod choose;
pub(crate) mod collect;
pub(crate) mod fed;
pub(crate) mod queue;
pub(crate) mod scoped;
pub(crate) mod shape;
pub(crate) mod source;
#[cfg(feature = "executor")]
pub(crate) mod start;
pub(crate) mod then;
pub(crate) mod verdict;

pub use self::asynchronous::Async;
pub use self::blocking::Blocking;
pub use self::boxed::{Boxed, LocalBoxed};
pub use self::emit::{Emit, Emitted, Emitting, EmittingAll};
pub use self::flatten::{Flatten, TryFlatten};
pub use self::generate::{Ending, Generate};
pub use self::pages::Pages;
pub use self::pair::Pair;
pub use self::produce::{Closed, Out, Produce, Returned};
pub use self::ready::Ready;
pub use self::scoped::Scoped;
pub use self::source::Source;
#[cfg(feature = "executor")]
pub use self::start::Started;
pub use self::take::{IntoIter, Iter, Next, TryNext};
pub use self::then::Step;
pub use self::verdict::Verdict;
