//! Copying one handle into another.

use std::future::poll_fn;
use std::io::{self, Write};
use std::panic::Location;

use crate::dual::handle::{Dual, DualOf};
use crate::io::form::{Readable, Writable};
use crate::io::handle::DualIo;
use crate::waits::edges::Line;
use crate::work::traits::Work;

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
#[track_caller]
pub fn copy<'a, R: Readable, W: Writable>(
    from: &'a mut DualIo<R>,
    to: &'a mut DualIo<W>,
) -> DualOf<impl Work<Output = io::Result<u64>> + use<'a, R, W>> {
    let line = Location::caller();
    Dual::pair(
        (from, to),
        move |(from, to)| copy_here(&mut from.form, to, line),
        |(from, to)| copy_async(&mut from.form, &mut to.form),
    )
}

fn copy_here<R: Readable, W: Writable>(
    from: &mut R,
    to: &mut DualIo<W>,
    line: Line,
) -> io::Result<u64> {
    let mut copied = 0;
    loop {
        match from.block_fill(line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            filled => filled?,
        }
        if from.ahead().is_empty() {
            to.flush()?;
            return Ok(copied);
        }
        let count = match to.form.block_write(from.ahead(), line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            written => taken(written?)?,
        };
        from.consume(count);
        copied += count as u64;
    }
}

async fn copy_async<R: Readable, W: Writable>(from: &mut R, to: &mut W) -> io::Result<u64> {
    let mut copied = 0;
    loop {
        poll_fn(|cx| from.poll_fill(cx)).await?;
        if from.ahead().is_empty() {
            poll_fn(|cx| to.poll_flush(cx)).await?;
            return Ok(copied);
        }
        // Shared, it would have to be `Sync` for the future to be `Send`.
        let (reader, writer) = (&mut *from, &mut *to);
        let written = poll_fn(move |cx| writer.poll_write(cx, reader.ahead())).await;
        let count = taken(written?)?;
        from.consume(count);
        copied += count as u64;
    }
}

/// Returns how many bytes a writer has taken, unless it takes none.
fn taken(count: usize) -> io::Result<usize> {
    if count == 0 {
        return Err(io::ErrorKind::WriteZero.into());
    }
    Ok(count)
}
