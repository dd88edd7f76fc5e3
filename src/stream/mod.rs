//! Handles of many values: what makes the items of a [`DualStream`], and what takes them.
//!
//! You rarely name these types: the constructors of [`DualStream`] make them, and signatures use
//! `DualStreamOf<impl Source<Item = T>>`. They are public for structs that store a stream, and for sources of your own, with
//! [`Source`] and [`DualStream::new`].
//!
//! # What dropping does
//!
//! | | before the first item | while an item is made | between two items |
//! |---|---|---|---|
//! | [`Ready`] | the items are dropped | | the rest is dropped |
//! | [`Blocking`] | the iterator is dropped | the code on the pool is [told](crate::offload::is_cancelled), makes its item to the end, and drops the iterator there | an iterator that has run on a pool is dropped on a pool |
//! | [`Async`], [`Generate`] | the code never runs | the code is dropped where it waits | the same |
//! | [`Pair`] | both sides are dropped | the stream is dropped | both sides are dropped |
//! | [`Pages`], [`Flatten`], [`TryFlatten`] | nothing is fetched or opened | the handle that is waited for is dropped | the rest of the page, or the stream, is dropped |
//! | [`Produce`] | the code never runs | the code is told, and its next [`send`](Out::send), or the one that waits, returns [`Closed`] | the same |
//! | `Started`, by [`DualStream::start`] | | what makes the items is dropped at its next poll | the same |

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
pub(crate) mod slot;
pub(crate) mod source;
#[cfg(feature = "executor")]
pub(crate) mod start;
pub(crate) mod then;
#[cfg(feature = "tokio")]
mod tokio;
pub(crate) mod verdict;

pub use self::asynchronous::Async;
pub use self::blocking::Blocking;
pub use self::boxed::{Boxed, LocalBoxed};
pub use self::emit::{Emit, Emitted, Emitting, EmittingAll};
pub use self::flatten::{Flatten, TryFlatten};
pub use self::generate::{Ending, Generate};
pub use self::handle::{DualStream, DualStreamOf};
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
