//! Bytes that were read ahead.

use std::io;

/// How many bytes are read ahead on the caller's thread, and on a pool at first.
pub(crate) const FIRST: usize = 64 << 10;

/// How many bytes are read ahead on a pool, or taken to be written, at most.
pub(crate) const MOST: usize = 1 << 20;

/// Bytes that were read ahead of the caller.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// What was read and not taken is between these two.
    start: usize,
    end: usize,
    /// How many bytes the next read on a pool asks for at least.
    next: usize,
}

impl Buffer {
    pub(crate) const fn new() -> Self {
        Buffer {
            bytes: Vec::new(),
            start: 0,
            end: 0,
            next: FIRST,
        }
    }

    /// Returns the bytes that were not taken.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Takes so many bytes, or all if there are fewer.
    #[inline]
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start = self.end.min(self.start.saturating_add(bytes));
    }

    /// Copies what fits, and takes it.
    #[inline]
    pub(crate) fn copy_to(&mut self, to: &mut [u8]) -> usize {
        let bytes = self.bytes();
        let count = bytes.len().min(to.len());
        to[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        count
    }

    /// Drops all bytes.
    pub(crate) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    /// Returns by how much the inner position is ahead of the caller's.
    pub(crate) fn ahead(&self) -> i64 {
        // It is at most `MOST`.
        i64::try_from(self.bytes().len()).unwrap_or(i64::MAX)
    }

    /// Returns how many bytes a read on a pool asks for, for a caller that wants so many. Fewer changes of threads are worth a large
    /// buffer.
    pub(crate) fn size_on_pool(&self, wanted: usize) -> usize {
        wanted.clamp(self.next, MOST)
    }

    /// Lets the next read on a pool ask for more than this one.
    pub(crate) fn grow(&mut self, size: usize) {
        self.next = MOST.min(size * 4);
    }

    /// Returns where a read puts its bytes. All bytes were taken.
    pub(crate) fn room(&mut self, size: usize) -> &mut [u8] {
        self.clear();
        if self.bytes.len() < size {
            self.bytes = vec![0; size];
        }
        &mut self.bytes[..size]
    }

    /// Notes how many bytes a read has put into its room.
    pub(crate) fn fill(&mut self, count: usize, room: usize) -> io::Result<()> {
        self.end = checked(count, room)?;
        Ok(())
    }
}

/// Returns how much an inner call has done, unless that is more than it was asked for.
#[inline]
pub(crate) fn checked(count: usize, asked: usize) -> io::Result<usize> {
    if count > asked {
        return Err(too_many(count, asked));
    }
    Ok(count)
}

#[cold]
fn too_many(count: usize, asked: usize) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!(
            "the inner reader or writer returned a count of {count} bytes, but was asked for {asked} at most: its `read` or \
             `write` is wrong"
        ),
    )
}
