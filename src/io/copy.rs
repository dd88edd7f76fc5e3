//! Copying one handle into another.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::drive::driver::NothingWakes;
use crate::dual::handle::{Dual, DualOf};
use crate::io::form::{Readable, Writable};
use crate::io::handle::DualIo;
use crate::waits::edges::Line;
use crate::work::traits::{Work, blocks};

/// Copies all bytes of a reader into a writer, flushes the writer, and returns their number.
///
/// Sync readers and writers are called directly under `.get()`, without a copy through a third buffer. (`std::io::copy` also works, and so
/// does the `copy` of the `futures` crate. The latter reads once more after the end while the writer flushes, so that at a terminal the
/// end has to be typed twice.)
///
/// # Errors
///
/// Resolves to the first error of the reader or writer. What was read and not written then is in the [`buffer`](DualIo::buffer) of the
/// reader.
///
/// # Cancel safety
///
/// If it is dropped while it waits, nothing is lost: what was read and not written stays in the reader's buffer.
///
/// # Examples
///
/// ```
/// use smartcall::{DualIo, io};
///
/// let mut from = DualIo::blocking(&b"some bytes"[..]);
/// let mut to = DualIo::blocking(Vec::new());
/// assert_eq!(io::copy(&mut from, &mut to).get().unwrap(), 10);
/// # pollster::block_on(async {
/// assert_eq!(io::copy(&mut from, &mut to).await.unwrap(), 0);
/// # });
/// assert_eq!(to.get_ref().unwrap(), b"some bytes");
/// ```
pub fn copy<'a, R: Readable, W: Writable>(
    from: &'a mut DualIo<R>,
    to: &'a mut DualIo<W>,
) -> DualOf<impl Work<Output = io::Result<u64>> + use<'a, R, W>> {
    Dual::new(Copying {
        from: &mut from.form,
        to: &mut to.form,
        copied: 0,
        is_at_end: false,
    })
}

/// The work of a copy. It is no pair: where a poll is to run sync code, it calls what is sync, and nothing else, on its thread.
struct Copying<'a, R, W> {
    from: &'a mut R,
    to: &'a mut W,
    copied: u64,
    /// Whether the end was read, which is not read again.
    is_at_end: bool,
}

impl<R: Readable, W: Writable> Copying<'_, R, W> {
    /// Copies on. This is written once for both callers.
    fn run(&mut self, mut caller: impl Caller) -> Poll<io::Result<u64>> {
        while !self.is_at_end {
            match ready!(caller.fill(self.from)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                filled => filled?,
            }
            let bytes = self.from.ahead();
            if bytes.is_empty() {
                self.is_at_end = true;
                break;
            }
            let count = match ready!(caller.write(self.to, bytes)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                written => taken(written?)?,
            };
            self.from.consume(count);
            self.copied += count as u64;
        }
        ready!(caller.flush(self.to))?;
        Poll::Ready(Ok(self.copied))
    }
}

impl<R: Readable, W: Writable> Future for Copying<'_, R, W> {
    type Output = io::Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        self.get_mut().run(Polls(cx))
    }
}

impl<R: Readable, W: Writable> Work for Copying<'_, R, W> {
    blocks!();

    fn block_at(self: Pin<&mut Self>, line: Line) -> Result<io::Result<u64>, NothingWakes> {
        match self.get_mut().run(Blocks(line)) {
            Poll::Ready(copied) => Ok(copied),
            Poll::Pending => unreachable!("it blocks"),
        }
    }

    fn is_immediate(&self) -> bool {
        self.from.is_immediate() && self.to.is_immediate()
    }
}

/// How a caller calls a reader and a writer.
trait Caller {
    fn fill<R: Readable>(&mut self, from: &mut R) -> Poll<io::Result<()>>;

    fn write<W: Writable>(&mut self, to: &mut W, bytes: &[u8]) -> Poll<io::Result<usize>>;

    fn flush<W: Writable>(&mut self, to: &mut W) -> Poll<io::Result<()>>;
}

/// The caller that polls.
struct Polls<'a, 'b>(&'a mut Context<'b>);

impl Caller for Polls<'_, '_> {
    fn fill<R: Readable>(&mut self, from: &mut R) -> Poll<io::Result<()>> {
        from.poll_fill(self.0)
    }

    fn write<W: Writable>(&mut self, to: &mut W, bytes: &[u8]) -> Poll<io::Result<usize>> {
        to.poll_write(self.0, bytes)
    }

    fn flush<W: Writable>(&mut self, to: &mut W) -> Poll<io::Result<()>> {
        to.poll_flush(self.0)
    }
}

/// The caller that blocks, for a call at this line.
struct Blocks(Line);

impl Caller for Blocks {
    fn fill<R: Readable>(&mut self, from: &mut R) -> Poll<io::Result<()>> {
        Poll::Ready(from.block_fill(self.0))
    }

    fn write<W: Writable>(&mut self, to: &mut W, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(to.block_write(bytes, self.0))
    }

    fn flush<W: Writable>(&mut self, to: &mut W) -> Poll<io::Result<()>> {
        Poll::Ready(to.block_flush(self.0))
    }
}

/// Returns how many bytes a writer has taken, unless it takes none.
fn taken(count: usize) -> io::Result<usize> {
    if count == 0 {
        return Err(io::ErrorKind::WriteZero.into());
    }
    Ok(count)
}
