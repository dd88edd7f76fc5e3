//! tokio's traits: on each handle, and of what is in one.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;

use crate::io::asynchronous::Async;
use crate::io::form::{Readable, Seekable, Writable};
use crate::io::handle::DualIo;
use crate::io::kind::{PollRead, PollSeek, PollWrite};
use crate::io::scoped::Scoped;
use crate::work::scoped::Bind;
use crate::work::tokio::InRuntime;

/// The traits of tokio.
#[derive(Debug)]
pub struct Tokio(());

impl<T> DualIo<Async<T, Tokio>> {
    /// Creates a handle of an async reader or writer, by the traits of tokio.
    ///
    /// Async callers poll it. For sync callers it is driven. One that is not `Unpin` is put into a box: `Box::pin(io)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use smartcall::DualIo;
    ///
    /// // From tokio, for a sync caller.
    /// let mut io = DualIo::tokio(tokio::io::repeat(7));
    /// let mut bytes = [0; 2];
    /// io.read_exact(&mut bytes).unwrap();
    /// assert_eq!(bytes, [7, 7]);
    /// ```
    pub fn tokio(io: T) -> Self {
        DualIo::new(Async::new(io))
    }
}

impl<F> DualIo<F> {
    /// Binds the reader or writer to a runtime of tokio, for sync and for async callers.
    ///
    /// See [`Dual::in_runtime`](crate::Dual::in_runtime).
    ///
    /// # Panics
    ///
    /// Panics if it is the runtime that a `.get()` enters by itself, and this process is a fork of that in which it runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use smartcall::DualIo;
    /// use tokio::runtime::Runtime;
    ///
    /// let runtime = Runtime::new().unwrap();
    /// let mut io = DualIo::tokio(&b"some bytes"[..]).in_runtime(runtime.handle());
    /// let mut text = String::new();
    /// io.read_to_string(&mut text).unwrap();
    /// assert_eq!(text, "some bytes");
    /// ```
    #[track_caller]
    pub fn in_runtime(self, runtime: &Handle) -> DualIo<Scoped<F, InRuntime>> {
        self.bind(InRuntime::new(runtime.clone()))
    }
}

impl<T: AsyncRead + Unpin> PollRead<T> for Tokio {
    #[inline]
    fn poll_read(io: &mut T, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut to = ReadBuf::new(to);
        ready!(Pin::new(io).poll_read(cx, &mut to))?;
        Poll::Ready(Ok(to.filled().len()))
    }
}

impl<T: AsyncWrite + Unpin> PollWrite<T> for Tokio {
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
        Pin::new(io).poll_shutdown(cx)
    }
}

impl<T: AsyncSeek + Unpin> PollSeek<T> for Tokio {
    fn poll_seek(
        io: &mut T,
        cx: &mut Context<'_>,
        to: SeekFrom,
        begun: &mut Option<SeekFrom>,
    ) -> Poll<io::Result<u64>> {
        let mut io = Pin::new(io);
        if *begun != Some(to) {
            // Another operation may be under way. Its error is not this one's.
            let _ = ready!(io.as_mut().poll_complete(cx));
            io.as_mut().start_seek(to)?;
            *begun = Some(to);
        }
        let at = ready!(io.poll_complete(cx));
        *begun = None;
        Poll::Ready(at)
    }
}

impl<F: Readable> AsyncRead for DualIo<F> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = ready!(self.form.poll_read(cx, to.initialize_unfilled()))?;
        to.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<F: Readable> AsyncBufRead for DualIo<F> {
    #[inline]
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        futures_io::AsyncBufRead::poll_fill_buf(self, cx)
    }

    #[inline]
    fn consume(mut self: Pin<&mut Self>, bytes: usize) {
        self.form.consume(bytes);
    }
}

impl<F: Writable> AsyncWrite for DualIo<F> {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.form.poll_write(cx, bytes)
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.form.poll_flush(cx)
    }

    #[inline]
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.form.poll_close(cx)
    }
}

impl<F: Seekable> AsyncSeek for DualIo<F> {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        self.seeking = Some(to);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        // tokio's callers ask first whether a seek is under way, and look at no position then.
        let Some(to) = self.seeking else {
            return Poll::Ready(Ok(0));
        };
        let at = ready!(self.form.poll_seek(cx, to));
        self.seeking = None;
        Poll::Ready(at)
    }
}
