//! Streams of what a handle reads: lines, or chunks of one size.

use std::io::{self, BufRead};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::Stream;

use crate::drive::driver::NothingWakes;
use crate::io::form::Readable;
use crate::io::handle::DualIo;
use crate::offload::select;
use crate::stream::handle::{DualStream, DualStreamOf};
use crate::stream::source::{Source, blocks_next};
use crate::waits::edges::Line;

impl<F: Readable> DualIo<F> {
    /// Makes a stream of the lines, without their ends.
    ///
    /// A line ends with `\n` or `\r\n`. The method hides `lines` of [`BufRead`] and of the traits of async code, and can be used like these:
    /// it is a [`Stream`], and sync code puts it into a `for`. (tokio's `Lines` is no stream. Write `AsyncBufReadExt::lines(io)` for it.)
    ///
    /// # Errors
    ///
    /// An error of the reader is the last item, and the line that it interrupts is lost. A line that is not UTF-8 is an item with an
    /// error of the kind [`InvalidData`](io::ErrorKind::InvalidData), and the next line follows.
    ///
    /// # Cancel safety
    ///
    /// No line is lost if the caller gives up waiting for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use smartcall::DualIo;
    ///
    /// # fn main() -> io::Result<()> {
    /// for line in DualIo::blocking(&b"one\ntwo"[..]).lines() {
    ///     assert_eq!(line?.len(), 3);
    /// }
    /// # pollster::block_on(async {
    /// let mut lines = DualIo::blocking(&b"one\ntwo"[..]).lines();
    /// while let Some(line) = lines.try_next().await? {
    ///     assert_eq!(line.len(), 3);
    /// }
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn lines(self) -> DualStreamOf<impl Source<Item = io::Result<String>> + use<F>> {
        DualStream::new(Pieces::new(self, Lines(Vec::new())))
    }

    /// Makes a stream of chunks of `n` bytes. The last one may have fewer.
    ///
    /// A chunk is handed over once it is full, or at the end. For what has come so far, whatever its size, use
    /// [`BufRead::fill_buf`] or its async siblings.
    ///
    /// # Errors
    ///
    /// An error of the reader is the last item, and the chunk that it interrupts is lost.
    ///
    /// # Panics
    ///
    /// Panics if `n` is 0.
    ///
    /// # Cancel safety
    ///
    /// No byte is lost if the caller gives up waiting for a chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualIo;
    ///
    /// let chunks = DualIo::blocking(&b"abcde"[..]).chunks(2);
    /// assert!(chunks.into_iter().map(Result::unwrap).eq([&b"ab"[..], b"cd", b"e"]));
    /// ```
    #[track_caller]
    pub fn chunks(
        self,
        n: usize,
    ) -> DualStreamOf<impl Source<Item = io::Result<Vec<u8>>> + use<F>> {
        assert!(
            n > 0,
            "a chunk can't have 0 bytes: there would be no end of them. Use 1 or more."
        );
        DualStream::new(Pieces::new(
            self,
            Chunks {
                n,
                chunk: Vec::new(),
            },
        ))
    }
}

/// Cuts bytes into pieces.
trait Cut: Unpin {
    type Piece;

    /// Takes bytes, up to the end of the piece. Returns how many, and the piece if they complete it.
    fn cut(&mut self, bytes: &[u8]) -> (usize, Option<io::Result<Self::Piece>>);

    /// Returns whether so many bytes complete the piece.
    fn is_enough(&self, bytes: &[u8]) -> bool;

    /// Returns what there is of a piece, at the end of all bytes.
    fn last(&mut self) -> Option<io::Result<Self::Piece>>;
}

/// Cuts lines. It holds the begin of one.
struct Lines(Vec<u8>);

impl Cut for Lines {
    type Piece = String;

    #[inline]
    fn cut(&mut self, bytes: &[u8]) -> (usize, Option<io::Result<String>>) {
        let mut rest = bytes;
        // A slice is read without an error. This search is faster than that of an iterator.
        let count = rest.skip_until(b'\n').unwrap_or(0);
        let line = &bytes[..count];
        if !line.ends_with(b"\n") {
            self.0.extend_from_slice(line);
            return (count, None);
        }
        if self.0.is_empty() {
            return (count, Some(text(line)));
        }
        self.0.extend_from_slice(line);
        (count, self.last())
    }

    fn is_enough(&self, bytes: &[u8]) -> bool {
        bytes.contains(&b'\n')
    }

    fn last(&mut self) -> Option<io::Result<String>> {
        let line = mem::take(&mut self.0);
        (!line.is_empty()).then(|| text(&line))
    }
}

/// Returns a line's text, without its end.
#[inline]
fn text(line: &[u8]) -> io::Result<String> {
    let line = match line {
        [line @ .., b'\r', b'\n'] | [line @ .., b'\n'] => line,
        last => last,
    };
    // The copy has the room that it needs. Its bytes are aligned, so that they are checked word by word.
    String::from_utf8(line.to_vec()).map_err(|_| not_utf8())
}

#[cold]
fn not_utf8() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a line is not valid UTF-8")
}

/// Cuts chunks of `n` bytes. It holds the begin of one.
struct Chunks {
    n: usize,
    chunk: Vec<u8>,
}

impl Chunks {
    /// Returns how many bytes are missing.
    fn rest(&self) -> usize {
        self.n - self.chunk.len()
    }
}

impl Cut for Chunks {
    type Piece = Vec<u8>;

    fn cut(&mut self, bytes: &[u8]) -> (usize, Option<io::Result<Vec<u8>>>) {
        let count = bytes.len().min(self.rest());
        self.chunk.extend_from_slice(&bytes[..count]);
        let is_complete = self.rest() == 0;
        (count, is_complete.then(|| Ok(mem::take(&mut self.chunk))))
    }

    fn is_enough(&self, bytes: &[u8]) -> bool {
        bytes.len() >= self.rest()
    }

    fn last(&mut self) -> Option<io::Result<Vec<u8>>> {
        let chunk = mem::take(&mut self.chunk);
        (!chunk.is_empty()).then_some(Ok(chunk))
    }
}

/// The source of pieces.
struct Pieces<F, C> {
    /// `None` after the end, or after an error.
    io: Option<DualIo<F>>,
    cut: C,
}

impl<F: Readable, C: Cut> Pieces<F, C> {
    fn new(io: DualIo<F>, cut: C) -> Self {
        Pieces { io: Some(io), cut }
    }

    /// Takes the next piece. This is written once for both callers: they differ in how they fill the buffer.
    #[inline]
    fn poll(
        &mut self,
        mut fill: impl FnMut(&mut F) -> Poll<io::Result<()>>,
    ) -> Poll<Option<io::Result<C::Piece>>> {
        loop {
            let Some(io) = &mut self.io else {
                return Poll::Ready(None);
            };
            match ready!(fill(&mut io.form)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.io = None;
                    return Poll::Ready(Some(Err(error)));
                }
                Ok(()) => {}
            }
            let bytes = io.form.ahead();
            if bytes.is_empty() {
                self.io = None;
                return Poll::Ready(self.cut.last());
            }
            let (count, piece) = self.cut.cut(bytes);
            io.form.consume(count);
            if piece.is_some() {
                return Poll::Ready(piece);
            }
        }
    }
}

impl<F: Readable, C: Cut> Stream for Pieces<F, C> {
    type Item = io::Result<C::Piece>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<C::Piece>>> {
        self.get_mut().poll(|form| form.poll_fill(cx))
    }
}

impl<F: Readable, C: Cut> Source for Pieces<F, C> {
    blocks_next!();

    fn block_next_at(&mut self, line: Line) -> Result<Option<io::Result<C::Piece>>, NothingWakes> {
        match self.poll(|form| Poll::Ready(form.block_fill(line))) {
            Poll::Ready(item) => Ok(item),
            Poll::Pending => unreachable!("it blocks"),
        }
    }

    fn is_immediate(&self) -> bool {
        match &self.io {
            Some(io) => io.form.is_immediate(),
            None => F::is_sync_code() && select::takes_code(),
        }
    }

    fn is_sync_code() -> bool {
        F::is_sync_code()
    }

    fn is_ready(&self) -> bool {
        let Some(io) = &self.io else {
            return true;
        };
        self.cut.is_enough(io.form.ahead())
    }
}
