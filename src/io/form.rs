//! What a handle of bytes needs of its form: each call for both callers.

use std::io::{self, SeekFrom};
use std::task::{Context, Poll};

use crate::waits::edges::Line;

/// Keeps other crates from implementing the traits of forms, because their methods may change.
pub(crate) mod sealed {
    /// What all forms have.
    pub trait Sealed: Unpin {
        /// See [`Source::is_immediate`](crate::Source::is_immediate).
        fn is_immediate(&self) -> bool;

        /// See [`Source::is_sync_code`](crate::Source::is_sync_code).
        fn is_sync_code() -> bool;
    }
}

/// The form of a [`DualIo`](crate::DualIo) that reads.
///
/// [`Blocking<T>`](crate::io::Blocking) has it if `T` is a [`Read`](std::io::Read), and [`Async<T>`](crate::io::Async) if `T` is an
/// [`AsyncRead`](futures_io::AsyncRead). Use it as a bound, as in `DualIo<impl Readable>`.
pub trait Readable: sealed::Sealed {
    #[doc(hidden)]
    fn block_read(&mut self, to: &mut [u8], line: Line) -> io::Result<usize>;

    #[doc(hidden)]
    fn poll_read(&mut self, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Reads ahead, unless there are bytes. If there are none afterwards, this is the end.
    #[doc(hidden)]
    fn block_fill(&mut self, line: Line) -> io::Result<()>;

    /// See [`block_fill`](Readable::block_fill).
    #[doc(hidden)]
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Returns what was read ahead.
    #[doc(hidden)]
    fn ahead(&self) -> &[u8];

    #[doc(hidden)]
    fn consume(&mut self, bytes: usize);
}

/// The form of a [`DualIo`](crate::DualIo) that writes.
///
/// See [`Readable`]: it is the same for [`Write`](std::io::Write) and [`AsyncWrite`](futures_io::AsyncWrite).
pub trait Writable: sealed::Sealed {
    #[doc(hidden)]
    fn block_write(&mut self, bytes: &[u8], line: Line) -> io::Result<usize>;

    #[doc(hidden)]
    fn block_flush(&mut self, line: Line) -> io::Result<()>;

    #[doc(hidden)]
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    #[doc(hidden)]
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    #[doc(hidden)]
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// The form of a [`DualIo`](crate::DualIo) that seeks.
///
/// See [`Readable`]: it is the same for [`Seek`](std::io::Seek) and [`AsyncSeek`](futures_io::AsyncSeek).
pub trait Seekable: sealed::Sealed {
    #[doc(hidden)]
    fn block_seek(&mut self, to: SeekFrom, line: Line) -> io::Result<u64>;

    #[doc(hidden)]
    fn poll_seek(&mut self, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>>;

    /// Notes that reads and writes share one position.
    #[doc(hidden)]
    fn set_seekable(&mut self);
}

/// Returns where the inner position has to be set, which is ahead of the caller's.
pub(crate) fn behind(to: SeekFrom, ahead: i64) -> SeekFrom {
    match to {
        // What is too small for the type is before the start in any case: the inner one says so.
        SeekFrom::Current(by) => SeekFrom::Current(by.saturating_sub(ahead)),
        to => to,
    }
}
