//! Readers and writers for sync and async callers.
//!
//! A [`DualIo`] holds one reader or writer, which was written for one side. It has the traits of both: `std::io::Read` and its
//! siblings, and those of [`futures_io`]. With the feature `tokio` it has those of tokio as well. A library that returns a
//! `DualIo` needs no second version for the other half of its callers.
//!
//! | made by | inner traits | its type |
//! |---|---|---|
//! | [`DualIo::blocking`] | [`Read`], [`Write`], [`Seek`] | `DualIo<Blocking<T>>` |
//! | [`DualIo::asynchronous`] | [`AsyncRead`], [`AsyncWrite`], [`AsyncSeek`] | `DualIo<Async<T>>` |
//! | `DualIo::tokio`, by the feature `tokio` | tokio's | `DualIo<Async<T, Tokio>>` |
//!
//! The handle can read, write or seek if the inner one can. Each that reads has a buffer, and so [`BufRead`] and
//! [`AsyncBufRead`]. A function that takes any of them takes `DualIo<impl Readable + Writable>`.
//!
//! # What runs where
//!
//! | | inner is sync | inner is async |
//! |---|---|---|
//! | a sync caller | calls it on this thread. The executor of a task is told | drives it on this thread, if a [`get`](crate::Dual::get) may wait there. Otherwise the call fails |
//! | an async caller | sends it to a [pool](crate::offload), as blocking code. Under a `.get()` that waits for nothing else, it is called on that thread | polls it |
//!
//! A sync caller of an async reader is refused where `.get()` panics: in a task whose executor can't go on without the thread. Then
//! the call returns an error of the kind [`Deadlock`](std::io::ErrorKind::Deadlock), and nothing has happened. So a `BufWriter` can
//! be dropped there. Whether a call is refused does not depend on what is buffered. The same holds for a sync caller of a sync reader
//! while the reader is on a pool for an async caller that has given up.
//!
//! Callers can change between any two calls. What one has left in the buffer is read by the next one.
//!
//! # Reading
//!
//! On a pool, sync code reads into a buffer of the handle: 64 KiB, then 256 KiB and 1 MiB while reads fill it, or as much as the
//! caller asks for. So reading single bytes costs one change of threads for each buffer. Async readers, and sync readers for sync
//! callers, read into the caller's own memory, except by `BufRead` and `AsyncBufRead`, which read 64 KiB ahead.
//!
//! # Writing
//!
//! On a pool, sync code writes a copy. So `poll_write` is ready at once, and the next call after an error returns it. To learn of it,
//! and to reach what the inner writer buffers, flush. While the pool writes, up to 1 MiB of further bytes is taken at once, and the same
//! job writes them. A write waits only if that is full. If a write fails, what was taken after it is lost, as with any writer that
//! buffers. What was taken is written even if the handle is dropped. At the end of the process it may be lost, unless it was flushed.
//! `close` (tokio's `shutdown`) flushes and then drops a sync writer, on the pool; it closes an async one.
//!
//! # One position
//!
//! A file has one position for reads and writes, and a read ahead moves it further than the caller has read. Seeking accounts for
//! that. For a write after a read, the handle first moves the position back, if it knows that there is one. It knows a
//! [`File`](std::fs::File). For other readers and writers call [`seekable`](DualIo::seekable). If you don't, a write after a read
//! goes where the inner position is, as is right for a socket.
//!
//! # Traits of the same names
//!
//! [`Read`] and [`AsyncReadExt`](https://docs.rs/futures/latest/futures/io/trait.AsyncReadExt.html) have methods of the same name.
//! A module usually imports one of them. Where both are imported, name the trait:
//!
//! ```
//! use std::io::Read;
//! use futures::io::AsyncReadExt;
//! use smartcall::DualIo;
//!
//! let mut io = DualIo::blocking(&b"one two"[..]);
//! let mut word = [0; 4];
//! # pollster::block_on(async {
//! AsyncReadExt::read_exact(&mut io, &mut word).await.unwrap();
//! assert_eq!(&word, b"one ");
//! # });
//! let mut rest = String::new();
//! Read::read_to_string(&mut io, &mut rest).unwrap();
//! assert_eq!(rest, "two");
//! ```
//!
//! [`AsyncBufRead`]: futures_io::AsyncBufRead
//! [`AsyncRead`]: futures_io::AsyncRead
//! [`AsyncSeek`]: futures_io::AsyncSeek
//! [`AsyncWrite`]: futures_io::AsyncWrite
//! [`BufRead`]: std::io::BufRead
//! [`Read`]: std::io::Read
//! [`Seek`]: std::io::Seek
//! [`Write`]: std::io::Write

pub(crate) mod asynchronous;
pub(crate) mod blocking;
pub(crate) mod buffer;
pub(crate) mod copy;
pub(crate) mod form;
mod futures_traits;
pub(crate) mod handle;
pub(crate) mod inner;
pub(crate) mod kind;
mod pieces;
pub(crate) mod pipe;
pub(crate) mod scoped;
mod std_traits;
#[cfg(feature = "tokio")]
pub(crate) mod tokio;
pub(crate) mod wait;

pub use self::asynchronous::Async;
pub use self::blocking::Blocking;
pub use self::copy::copy;
pub use self::form::{Readable, Seekable, Writable};
pub use self::handle::DualIo;
pub use self::kind::Futures;
pub use self::scoped::Scoped;
#[cfg(feature = "tokio")]
pub use self::tokio::Tokio;
