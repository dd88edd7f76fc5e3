//! Copying one handle into another.

use std::io::{self, BufWriter, Cursor, Read, Write};
use std::thread;

use smartcall::io::{Readable, Writable, copy};
use smartcall::{Dual, DualIo};

use super::support::*;
use crate::common::limit;

const COUNT: usize = 1_000_000;

/// All sides, for both callers. It flushes.
#[test]
fn copies_everywhere() {
    fn sync_side() -> (DualIo<impl Readable>, Written, DualIo<impl Writable>) {
        let written = Written::default();
        let to = DualIo::blocking(BufWriter::new(written.clone()));
        (DualIo::blocking(Cursor::new(bytes(COUNT))), written, to)
    }

    fn async_side() -> DualIo<impl Readable> {
        DualIo::asynchronous(Pends::new(futures::io::Cursor::new(bytes(COUNT))))
    }

    limit(|| {
        let (mut from, written, mut to) = sync_side();
        assert_eq!(
            copy(&mut from, &mut to).get().expect("it copies"),
            COUNT as u64
        );
        assert_eq!(
            copy(&mut async_side(), &mut to).get().expect("it copies"),
            COUNT as u64
        );
        assert!(written.bytes() == [bytes(COUNT), bytes(COUNT)].concat());
        await_everywhere(|| async {
            let (mut from, written, mut to) = sync_side();
            let copied = copy(&mut from, &mut to).await;
            assert_eq!(copied.expect("it copies"), COUNT as u64);
            let mut to_async = DualIo::asynchronous(Pends::new(Vec::new()));
            let copied = copy(&mut async_side(), &mut to_async).await;
            assert_eq!(copied.expect("it copies"), COUNT as u64);
            assert!(written.bytes() == bytes(COUNT));
            assert!(to_async.into_inner().inner == bytes(COUNT));
        });
    });
}

/// The end is found once: a terminal would ask for more.
#[test]
fn reads_once_at_the_end() {
    limit(|| {
        for is_sync in [true, false] {
            let (noting, threads) = Noting::new(Cursor::new(bytes(10)));
            let (mut from, mut to) = (DualIo::blocking(noting), DualIo::blocking(Vec::new()));
            let copy = copy(&mut from, &mut to);
            let copied = if is_sync {
                copy.get()
            } else {
                pollster::block_on(copy)
            };
            assert_eq!(copied.expect("it copies"), 10);
            assert_eq!(threads.lock().expect("it is").len(), 2);
        }
    });
}

/// Under `.get()` all of it is called on the caller's thread, also in a driven future.
#[test]
fn by_thread() {
    limit(|| {
        let here = thread::current().id();
        for is_driven in [true, false] {
            let (noting, threads) = Noting::new(Cursor::new(bytes(10)));
            let (mut from, mut to) = (DualIo::blocking(noting), DualIo::blocking(io::sink()));
            let copied = if is_driven {
                Dual::future(async { copy(&mut from, &mut to).await }).get()
            } else {
                copy(&mut from, &mut to).get()
            };
            assert_eq!(copied.expect("it copies"), 10);
            assert_eq!(of(&threads), [here]);
        }
    });
}

/// What a writer does not take stays in the reader's buffer.
#[test]
fn nothing_is_lost_if_it_fails() {
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = self.0.min(bytes.len());
            self.0 -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    limit(|| {
        let mut from = DualIo::blocking(Cursor::new(bytes(10)));
        let copied = copy(&mut from, &mut DualIo::blocking(Full(4))).get();
        assert_eq!(
            copied.expect_err("it is full").kind(),
            io::ErrorKind::WriteZero
        );
        let mut rest = Vec::new();
        Read::read_to_end(&mut from, &mut rest).expect("it reads");
        assert_eq!(rest, bytes(10)[4..]);
    });
}
