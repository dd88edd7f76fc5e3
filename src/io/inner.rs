//! What goes to a pool and comes back: a sync reader or writer with its buffers, and what is done there.

use std::any::{Any, TypeId};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::io::buffer::{Buffer, MOST, checked};
use crate::io::form::behind;
use crate::io::pipe::Outlet;
use crate::offload::code::Code;

/// After so many bytes a job that writes takes no more of them: other jobs of its pool have their turn.
const TURN: usize = 8 * MOST;

/// A sync reader or writer, and its buffers. It is boxed, so that a pointer goes to the pool.
pub(crate) struct Inner<T> {
    /// Where more bytes come from while it writes on a pool, once it has. It is dropped first: a destructor may take long.
    pub(crate) outlet: Option<Outlet>,
    pub(crate) io: T,
    pub(crate) ahead: Buffer,
    /// How many bytes the caller wants that waits for a read.
    pub(crate) wanted: usize,
    /// What is to be written.
    pub(crate) taken: Vec<u8>,
    /// Where a seek goes.
    pub(crate) to: SeekFrom,
    /// How to move the position before a write, if reads share it.
    pub(crate) seek: Option<SeekFn<T>>,
}

pub(crate) type SeekFn<T> = fn(&mut T, SeekFrom) -> io::Result<u64>;

impl<T> Inner<T> {
    pub(crate) fn new(io: T) -> Self {
        Inner {
            outlet: None,
            io,
            ahead: Buffer::new(),
            wanted: 0,
            taken: Vec::new(),
            to: SeekFrom::Current(0),
            seek: None,
        }
    }

    /// Moves the position back over what was read ahead, if reads and writes share it.
    fn rewind(&mut self) -> io::Result<()> {
        let Some(seek) = self.seek.filter(|_| !self.ahead.is_empty()) else {
            return Ok(());
        };
        match seek(&mut self.io, SeekFrom::Current(-self.ahead.ahead())) {
            Ok(_) => self.ahead.clear(),
            // A pipe that was opened as a file.
            Err(error) if error.kind() == io::ErrorKind::NotSeekable => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Returns how to move the position of what is known to have one for reads and writes: a file.
pub(crate) fn known_seek<T: 'static>() -> Option<SeekFn<T>> {
    (TypeId::of::<T>() == TypeId::of::<File>()).then_some(seek_file)
}

fn seek_file<T: 'static>(io: &mut T, to: SeekFrom) -> io::Result<u64> {
    match (io as &mut dyn Any).downcast_mut::<File>() {
        Some(file) => file.seek(to),
        None => Err(io::ErrorKind::NotSeekable.into()),
    }
}

impl<T: Read> Inner<T> {
    /// Reads so many bytes ahead, or fewer. All that was read before was taken.
    pub(crate) fn fill(&mut self, size: usize) -> io::Result<()> {
        let room = self.ahead.room(size);
        let count = uninterrupted(|| self.io.read(room))?;
        self.ahead.fill(count, size)
    }
}

impl<T: Write> Inner<T> {
    /// Writes some bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rewind()?;
        checked(self.io.write(bytes)?, bytes.len())
    }

    /// Writes what was taken, and what is taken while it writes.
    fn write_on_pool(&mut self) -> io::Result<()> {
        self.rewind()?;
        let mut turn = TURN;
        loop {
            self.write_taken()?;
            turn = turn.saturating_sub(self.taken.len());
            let outlet = self.outlet.as_ref();
            if !outlet.is_some_and(|outlet| outlet.take(&mut self.taken, turn == 0)) {
                return Ok(());
            }
        }
    }

    /// Writes what was taken.
    fn write_taken(&mut self) -> io::Result<()> {
        let mut bytes = &self.taken[..];
        while !bytes.is_empty() {
            let count = uninterrupted(|| self.io.write(bytes))?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[checked(count, bytes.len())?..];
        }
        Ok(())
    }
}

impl<T: Seek> Inner<T> {
    pub(crate) fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.io.seek(behind(to, self.ahead.ahead()))?;
        self.ahead.clear();
        Ok(at)
    }
}

/// Calls again what was interrupted by a signal. An async caller does not expect that.
pub(crate) fn uninterrupted<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// What is to be done with it, as code for a pool.
pub(crate) struct Call<T> {
    pub(crate) inner: Box<Inner<T>>,
    pub(crate) operation: Operation<T>,
}

/// What is done with it.
pub(crate) type Operation<T> = fn(Box<Inner<T>>) -> Returned<T>;

/// What comes back: it, unless it was closed, and how the call went.
pub(crate) type Returned<T> = (Option<Box<Inner<T>>>, Outcome);

/// How a call went.
pub(crate) enum Outcome {
    Read(io::Result<()>),
    Wrote(io::Result<()>),
    Flushed(io::Result<()>),
    Sought(SeekFrom, io::Result<u64>),
    Closed,
}

impl<T> Code for Call<T> {
    type Output = Returned<T>;

    fn run(self) -> Returned<T> {
        (self.operation)(self.inner)
    }
}

/// Reads ahead.
pub(crate) fn read<T: Read>(mut inner: Box<Inner<T>>) -> Returned<T> {
    let size = inner.ahead.size_on_pool(inner.wanted);
    let read = inner.fill(size);
    if inner.ahead.bytes().len() == size {
        inner.ahead.grow(size);
    }
    (Some(inner), Outcome::Read(read))
}

/// Writes what was taken, and what is taken while it writes. Flushes, if it is asked to.
pub(crate) fn write<T: Write>(mut inner: Box<Inner<T>>) -> Returned<T> {
    let wrote = inner.write_on_pool();
    match (&wrote, &inner.outlet) {
        (Ok(()), Some(outlet)) if outlet.flushes() => return flush(inner),
        (Err(_), Some(outlet)) => outlet.close(),
        _ => {}
    }
    (Some(inner), Outcome::Wrote(wrote))
}

/// Flushes.
pub(crate) fn flush<T: Write>(mut inner: Box<Inner<T>>) -> Returned<T> {
    let flushed = uninterrupted(|| inner.io.flush());
    (Some(inner), Outcome::Flushed(flushed))
}

/// Seeks.
pub(crate) fn seek<T: Seek>(mut inner: Box<Inner<T>>) -> Returned<T> {
    let to = inner.to;
    let sought = inner.seek(to);
    (Some(inner), Outcome::Sought(to, sought))
}

/// Drops the reader or writer.
pub(crate) fn close<T>(inner: Box<Inner<T>>) -> Returned<T> {
    drop(inner);
    (None, Outcome::Closed)
}
