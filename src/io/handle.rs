//! The handle of bytes.

use std::fmt;

use crate::io::form::{Readable, Seekable};

/// A reader or writer for sync and async callers.
///
/// Sync callers use it by [`Read`](std::io::Read), [`BufRead`](std::io::BufRead), [`Write`](std::io::Write) and
/// [`Seek`](std::io::Seek), async callers by [`AsyncRead`](futures_io::AsyncRead), [`AsyncBufRead`](futures_io::AsyncBufRead),
/// [`AsyncWrite`](futures_io::AsyncWrite) and [`AsyncSeek`](futures_io::AsyncSeek), or by tokio's traits of these names with the feature
/// `tokio`. It has those that the inner reader or writer can serve. See [`io`](crate::io) for what runs where.
///
/// Dropping it drops the inner one. What was taken to be written is written before, on the pool. A read that runs on a pool is told by
/// [`is_cancelled`](crate::offload::is_cancelled).
///
/// # Cancel safety
///
/// A call that a caller gives up, by dropping the future of a read for example, loses nothing. What a pool has read by then is read by the
/// next caller, and an error is returned to it. A write that has returned `Pending` has taken no bytes.
///
/// # The parameter
///
/// `F` is the form: [`Blocking<T>`](crate::io::Blocking) or [`Async<T>`](crate::io::Async). A field of a struct can name it,
/// `DualIo<Blocking<File>>`. A function returns `DualIo<impl Readable>`.
///
/// # Examples
///
/// ```
/// use smartcall::DualIo;
///
/// let bytes = || DualIo::blocking(&b"some bytes"[..]);
///
/// fn sync_caller(mut io: impl std::io::Read) {
///     let mut text = String::new();
///     io.read_to_string(&mut text).unwrap();
///     assert_eq!(text, "some bytes");
/// }
/// sync_caller(bytes());
///
/// async fn async_caller(mut io: impl futures::io::AsyncRead + Unpin) {
///     use futures::io::AsyncReadExt;
///     let mut text = String::new();
///     io.read_to_string(&mut text).await.unwrap();
///     assert_eq!(text, "some bytes");
/// }
/// # pollster::block_on(
/// async_caller(bytes())
/// # );
/// ```
pub struct DualIo<F> {
    pub(crate) form: F,
    /// Where a seek by tokio's trait goes, until it is done.
    #[cfg(feature = "tokio")]
    pub(crate) seeking: Option<std::io::SeekFrom>,
}

impl<F> DualIo<F> {
    pub(crate) fn new(form: F) -> Self {
        DualIo {
            form,
            #[cfg(feature = "tokio")]
            seeking: None,
        }
    }
}

impl<F: Readable> DualIo<F> {
    /// Returns what was read ahead of the callers, as far as it is here: nothing while a pool reads.
    ///
    /// It is lost by `into_inner`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::BufRead;
    /// use smartcall::DualIo;
    ///
    /// let mut io = DualIo::blocking(&b"head\nbody"[..]);
    /// io.read_line(&mut String::new()).unwrap();
    /// assert_eq!(io.buffer(), b"body");
    /// ```
    pub fn buffer(&self) -> &[u8] {
        self.form.ahead()
    }
}

impl<F: Seekable> DualIo<F> {
    /// Notes that the inner reader and writer share one position, as those of a file do.
    ///
    /// Then a write after a read first moves the position back over what was read ahead. A [`File`](std::fs::File) in
    /// [`DualIo::blocking`] needs no note. If the inner seek fails because there is no position
    /// ([`NotSeekable`](std::io::ErrorKind::NotSeekable)), the write goes where it goes.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Cursor;
    /// use futures::io::{AsyncReadExt, AsyncWriteExt};
    /// use smartcall::DualIo;
    ///
    /// # pollster::block_on(async {
    /// let mut io = DualIo::blocking(Cursor::new(b"one two".to_vec())).seekable();
    /// io.read_exact(&mut [0; 3]).await.unwrap();
    /// io.write_all(b"-").await.unwrap();
    /// assert_eq!(io.into_inner().await.unwrap().into_inner(), b"one-two");
    /// # });
    /// ```
    pub fn seekable(mut self) -> Self {
        self.form.set_seekable();
        self
    }
}

impl<F> fmt::Debug for DualIo<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DualIo").finish_non_exhaustive()
    }
}
