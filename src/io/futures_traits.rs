//! The traits of async callers, as in the crate `futures-io`.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};

use crate::io::form::{Readable, Seekable, Writable};
use crate::io::handle::DualIo;

impl<F: Readable> AsyncRead for DualIo<F> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.form.poll_read(cx, to)
    }
}

impl<F: Readable> AsyncBufRead for DualIo<F> {
    #[inline]
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let form = &mut self.get_mut().form;
        ready!(form.poll_fill(cx))?;
        Poll::Ready(Ok(form.ahead()))
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
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.form.poll_close(cx)
    }
}

impl<F: Seekable> AsyncSeek for DualIo<F> {
    #[inline]
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.form.poll_seek(cx, to)
    }
}
