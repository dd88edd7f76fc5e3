//! Whose traits an async reader or writer has.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

/// The traits of [`futures_io`].
#[derive(Debug)]
pub struct Futures(());

/// Reads by the traits of a kind.
///
/// You rarely need to care about this trait. It exists for the bounds of [`Async`](crate::io::Async).
pub trait PollRead<T> {
    #[doc(hidden)]
    fn poll_read(io: &mut T, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// Writes by the traits of a kind. See [`PollRead`].
pub trait PollWrite<T> {
    #[doc(hidden)]
    fn poll_write(io: &mut T, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    #[doc(hidden)]
    fn poll_flush(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    #[doc(hidden)]
    fn poll_close(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Seeks by the traits of a kind. See [`PollRead`].
pub trait PollSeek<T> {
    /// `begun` is the caller's to keep: the seek that is pending.
    #[doc(hidden)]
    fn poll_seek(
        io: &mut T,
        cx: &mut Context<'_>,
        to: SeekFrom,
        begun: &mut Option<SeekFrom>,
    ) -> Poll<io::Result<u64>>;
}

impl<T: AsyncRead + Unpin> PollRead<T> for Futures {
    #[inline]
    fn poll_read(io: &mut T, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(io).poll_read(cx, to)
    }
}

impl<T: AsyncWrite + Unpin> PollWrite<T> for Futures {
    #[inline]
    fn poll_write(io: &mut T, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(io).poll_write(cx, bytes)
    }

    #[inline]
    fn poll_flush(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(io).poll_flush(cx)
    }

    #[inline]
    fn poll_close(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(io).poll_close(cx)
    }
}

impl<T: AsyncSeek + Unpin> PollSeek<T> for Futures {
    #[inline]
    fn poll_seek(
        io: &mut T,
        cx: &mut Context<'_>,
        to: SeekFrom,
        _begun: &mut Option<SeekFrom>,
    ) -> Poll<io::Result<u64>> {
        Pin::new(io).poll_seek(cx, to)
    }
}
