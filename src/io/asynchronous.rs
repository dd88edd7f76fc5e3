//! An async reader or writer.

use std::fmt;
use std::io::{self, SeekFrom};
use std::marker::PhantomData;
use std::task::{Context, Poll, ready};

use crate::io::buffer::{Buffer, FIRST, checked};
use crate::io::form::{Readable, Seekable, Writable, behind, sealed};
use crate::io::handle::DualIo;
use crate::io::kind::{Futures, PollRead, PollSeek, PollWrite};
use crate::io::wait;
use crate::waits::edges::Line;

/// The form of an async reader or writer: polled by async callers, driven by sync ones.
///
/// Made by [`DualIo::asynchronous`] and, with the feature `tokio`, by `DualIo::tokio`. `K` names the crate whose traits it has.
pub struct Async<T, K = Futures> {
    io: T,
    ahead: Buffer,
    /// How to move the position, if reads and writes share one.
    seek: Option<PollSeekFn<T>>,
    /// A seek that is pending.
    begun: Option<SeekFrom>,
    kind: PhantomData<fn() -> K>,
}

type PollSeekFn<T> =
    fn(&mut T, &mut Context<'_>, SeekFrom, &mut Option<SeekFrom>) -> Poll<io::Result<u64>>;

impl<T, K> Async<T, K> {
    pub(crate) fn new(io: T) -> Self {
        Async {
            io,
            ahead: Buffer::new(),
            seek: None,
            begun: None,
            kind: PhantomData,
        }
    }

    /// Moves the position back over what was read ahead, if reads and writes share it.
    #[inline]
    fn poll_rewind(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(seek) = self.seek.filter(|_| !self.ahead.is_empty()) else {
            return Poll::Ready(Ok(()));
        };
        let back = SeekFrom::Current(-self.ahead.ahead());
        match ready!(seek(&mut self.io, cx, back, &mut self.begun)) {
            Ok(_) => self.ahead.clear(),
            Err(error) if error.kind() == io::ErrorKind::NotSeekable => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> DualIo<Async<T>> {
    /// Creates a handle of an async reader or writer, by the traits of [`futures_io`].
    ///
    /// Async callers poll it. For sync callers it is driven. One that is not `Unpin` is put into a box: `Box::pin(io)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use smartcall::DualIo;
    ///
    /// let mut io = DualIo::asynchronous(&b"some bytes"[..]);
    /// let mut text = String::new();
    /// io.read_to_string(&mut text).unwrap();
    /// assert_eq!(text, "some bytes");
    /// ```
    pub fn asynchronous(io: T) -> Self {
        DualIo::new(Async::new(io))
    }
}

impl<T, K> DualIo<Async<T, K>> {
    /// Returns a reference to the inner reader or writer.
    pub fn get_ref(&self) -> &T {
        &self.form.io
    }

    /// Returns a mutable reference to the inner reader or writer.
    ///
    /// What was read ahead is still read first.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.form.io
    }

    /// Returns the inner reader or writer.
    ///
    /// What was read ahead, [`buffer`](DualIo::buffer), is lost.
    pub fn into_inner(self) -> T {
        self.form.io
    }
}

/// Nothing in it is pinned in place.
impl<T: Unpin, K> sealed::Sealed for Async<T, K> {
    fn is_immediate(&self) -> bool {
        false
    }

    fn is_sync_code() -> bool {
        false
    }
}

impl<T: Unpin, K: PollRead<T>> Readable for Async<T, K> {
    #[inline]
    fn block_read(&mut self, to: &mut [u8], line: Line) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            return wait::permitted_at_once(|| Ok(self.ahead.copy_to(to)));
        }
        wait::driven(line, |cx| self.poll_read(cx, to))
    }

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Ok(self.ahead.copy_to(to)));
        }
        let count = ready!(K::poll_read(&mut self.io, cx, to))?;
        Poll::Ready(checked(count, to.len()))
    }

    #[inline]
    fn block_fill(&mut self, line: Line) -> io::Result<()> {
        if !self.ahead.is_empty() {
            return wait::permitted_at_once(|| Ok(()));
        }
        wait::driven(line, |cx| self.poll_fill(cx))
    }

    #[inline]
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let room = self.ahead.room(FIRST);
        let count = ready!(K::poll_read(&mut self.io, cx, room))?;
        Poll::Ready(self.ahead.fill(count, FIRST))
    }

    #[inline]
    fn ahead(&self) -> &[u8] {
        self.ahead.bytes()
    }

    #[inline]
    fn consume(&mut self, bytes: usize) {
        self.ahead.consume(bytes);
    }
}

impl<T: Unpin, K: PollWrite<T>> Writable for Async<T, K> {
    #[inline]
    fn block_write(&mut self, bytes: &[u8], line: Line) -> io::Result<usize> {
        wait::driven(line, |cx| self.poll_write(cx, bytes))
    }

    #[inline]
    fn block_flush(&mut self, line: Line) -> io::Result<()> {
        wait::driven(line, |cx| self.poll_flush(cx))
    }

    #[inline]
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_rewind(cx))?;
        let count = ready!(K::poll_write(&mut self.io, cx, bytes))?;
        Poll::Ready(checked(count, bytes.len()))
    }

    #[inline]
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        K::poll_flush(&mut self.io, cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        K::poll_close(&mut self.io, cx)
    }
}

impl<T: Unpin, K: PollSeek<T>> Seekable for Async<T, K> {
    fn block_seek(&mut self, to: SeekFrom, line: Line) -> io::Result<u64> {
        wait::driven(line, |cx| self.poll_seek(cx, to))
    }

    fn poll_seek(&mut self, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>> {
        let to = behind(to, self.ahead.ahead());
        let at = ready!(K::poll_seek(&mut self.io, cx, to, &mut self.begun))?;
        self.ahead.clear();
        Poll::Ready(Ok(at))
    }

    fn set_seekable(&mut self) {
        self.seek = Some(K::poll_seek);
    }
}

impl<T, K> fmt::Debug for Async<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Async").finish_non_exhaustive()
    }
}
