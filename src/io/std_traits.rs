//! The traits of sync callers.

use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::panic::Location;

use crate::io::form::{Readable, Seekable, Writable};
use crate::io::handle::DualIo;

impl<F: Readable> Read for DualIo<F> {
    #[inline]
    #[track_caller]
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.form.block_read(to, Location::caller())
    }
}

impl<F: Readable> BufRead for DualIo<F> {
    #[inline]
    #[track_caller]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.form.block_fill(Location::caller())?;
        Ok(self.form.ahead())
    }

    #[inline]
    fn consume(&mut self, bytes: usize) {
        self.form.consume(bytes);
    }
}

impl<F: Writable> Write for DualIo<F> {
    #[inline]
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.form.block_write(bytes, Location::caller())
    }

    #[inline]
    #[track_caller]
    fn flush(&mut self) -> io::Result<()> {
        self.form.block_flush(Location::caller())
    }
}

impl<F: Seekable> Seek for DualIo<F> {
    #[inline]
    #[track_caller]
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.form.block_seek(to, Location::caller())
    }
}
