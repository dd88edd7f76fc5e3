//! Writing, by each caller of each side.

use std::io::{self, BufWriter, Write};
use std::iter;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

use futures::io::AsyncWriteExt;
use smartcall::io::Writable;
use smartcall::{Dual, DualIo};

use super::support::*;
use crate::common::limit;

const COUNT: usize = 3_000_000;

fn sync_writes(io: &mut DualIo<impl Writable>, size: usize) {
    for part in bytes(COUNT).chunks(size) {
        Write::write_all(io, part).expect("it writes");
    }
    Write::flush(io).expect("it writes");
}

async fn async_writes(io: &mut DualIo<impl Writable>, size: usize) {
    for part in bytes(COUNT).chunks(size) {
        AsyncWriteExt::write_all(io, part).await.expect("it writes");
    }
    AsyncWriteExt::flush(io).await.expect("it writes");
}

/// The same bytes arrive, whoever writes to whichever side.
#[test]
fn same_bytes_everywhere() {
    limit(|| {
        for size in [40_000, 2_000_000] {
            let written = Written::default();
            sync_writes(&mut DualIo::blocking(written.clone()), size);
            assert!(written.bytes() == bytes(COUNT));
            let mut io = DualIo::asynchronous(Pends::new(Vec::new()));
            sync_writes(&mut io, size);
            assert!(io.into_inner().inner == bytes(COUNT));
        }
        await_everywhere(|| async {
            for size in [40_000, 2_000_000] {
                let mut io = DualIo::blocking(Vec::new());
                async_writes(&mut io, size).await;
                assert!(io.into_inner().await.expect("it is here") == bytes(COUNT));
                let mut io = DualIo::asynchronous(Pends::new(Vec::new()));
                async_writes(&mut io, size).await;
                assert!(io.into_inner().inner == bytes(COUNT));
            }
        });
    });
}

/// A writer that fails from a certain call on.
struct Fails {
    calls: usize,
    good: usize,
}

impl Fails {
    fn after(good: usize) -> DualIo<smartcall::io::Blocking<Fails>> {
        DualIo::blocking(Fails { calls: 0, good })
    }
}

impl Write for Fails {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls == self.good + 1 {
            return Err(io::Error::other("the disk is full"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write(&[]).map(|_| ())
    }
}

/// The error of a write that a pool makes comes with the next call, once, whatever that is. A write may be taken before it happens.
#[test]
fn error_comes_with_the_next_call() {
    limit(|| {
        let written = || {
            let mut io = Fails::after(0);
            assert!(matches!(poll_write(&mut io, b"ab"), Poll::Ready(Ok(2))));
            io
        };
        let mut io = written();
        let write = || pollster::block_on(AsyncWriteExt::write(&mut io, b"c"));
        assert_full(
            iter::repeat_with(write)
                .find(Result::is_err)
                .expect("it has failed"),
        );
        pollster::block_on(AsyncWriteExt::write(&mut io, b"d")).expect("it comes once");
        pollster::block_on(AsyncWriteExt::flush(&mut io)).expect("it comes once");

        let mut io = written();
        assert_full(pollster::block_on(AsyncWriteExt::flush(&mut io)));
        let mut io = written();
        assert_full(pollster::block_on(AsyncWriteExt::close(&mut io)));
        pollster::block_on(AsyncWriteExt::close(&mut io)).expect("it comes once");
        let mut io = written();
        assert_full(Write::write(&mut io, b"c"));
        let mut io = written();
        assert_full(Write::flush(&mut io));
        Write::flush(&mut io).expect("it comes once");
        assert_full(written().into_inner().get());
        // Where it is alone, the call itself returns it.
        assert_full(
            Dual::future(async { AsyncWriteExt::write_all(&mut Fails::after(0), b"ab").await })
                .get(),
        );
    });
}

/// A flush that fails is tried again by the next one.
#[test]
fn failed_flush_is_repeated() {
    limit(|| {
        let mut io = Fails::after(1);
        pollster::block_on(async {
            AsyncWriteExt::write_all(&mut io, b"ab")
                .await
                .expect("it is taken");
            assert_full(AsyncWriteExt::flush(&mut io).await);
            AsyncWriteExt::flush(&mut io).await.expect("it goes on");
        });
        let io = io.get_ref().expect("it is here");
        assert_eq!(io.calls, 3);
    });
}

/// A flush reaches through a writer that buffers, for both callers and on both sides.
#[test]
fn flush_reaches_through() {
    limit(|| {
        let written = Written::default();
        let mut io = DualIo::blocking(BufWriter::new(written.clone()));
        pollster::block_on(async {
            AsyncWriteExt::write_all(&mut io, b"ab")
                .await
                .expect("it writes");
            AsyncWriteExt::flush(&mut io).await.expect("it writes");
            assert_eq!(written.bytes(), b"ab");
            AsyncWriteExt::write_all(&mut io, b"c")
                .await
                .expect("it writes");
            AsyncWriteExt::flush(&mut io).await.expect("it writes");
            assert_eq!(written.bytes(), b"abc");
        });
        // Nothing was written since: no thread changes.
        let here = io.get_ref().is_some();
        let mut flush = AsyncWriteExt::flush(&mut io);
        assert!(here && crate::common::poll(&mut flush).is_ready());

        Write::write_all(&mut io, b"d").expect("it writes");
        pollster::block_on(AsyncWriteExt::flush(&mut io)).expect("it writes");
        assert_eq!(written.bytes(), b"abcd");
        // By way of the reference as well.
        io.get_mut()
            .expect("it is here")
            .write_all(b"e")
            .expect("it writes");
        pollster::block_on(AsyncWriteExt::flush(&mut io)).expect("it writes");
        assert_eq!(written.bytes(), b"abcde");
        Write::write_all(&mut io, b"f").expect("it writes");
        Write::flush(&mut io).expect("it writes");
        assert_eq!(written.bytes(), b"abcdef");

        let mut io = DualIo::asynchronous(futures::io::BufWriter::new(Vec::new()));
        Write::write_all(&mut io, b"ab").expect("it writes");
        assert_eq!(io.get_ref().get_ref(), b"");
        Write::flush(&mut io).expect("it writes");
        assert_eq!(io.get_ref().get_ref(), b"ab");
    });
}

/// What a writer has buffered before it was put into a handle is flushed, too.
#[test]
fn flush_of_what_was_there() {
    limit(|| {
        let written = Written::default();
        let mut writer = BufWriter::new(written.clone());
        writer.write_all(b"ab").expect("it writes");
        let mut io = DualIo::blocking(writer);
        pollster::block_on(AsyncWriteExt::flush(&mut io)).expect("it writes");
        assert_eq!(written.bytes(), b"ab");
    });
}

/// Closing writes and flushes all, and drops the writer, off this thread. Later calls fail.
#[test]
fn close_flushes_and_drops() {
    limit(|| {
        struct OnDrop(Option<BufWriter<Written>>, mpsc::Sender<thread::ThreadId>);

        impl Write for OnDrop {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.as_mut().expect("it is open").write(bytes)
            }

            fn flush(&mut self) -> io::Result<()> {
                self.0.as_mut().expect("it is open").flush()
            }
        }

        impl Drop for OnDrop {
            fn drop(&mut self) {
                let unflushed = self.0.take().expect("once").buffer().len();
                assert_eq!(unflushed, 0);
                self.1.send(thread::current().id()).expect("the test waits");
            }
        }

        let written = Written::default();
        let (sender, dropped) = mpsc::channel();
        let mut io = DualIo::blocking(OnDrop(Some(BufWriter::new(written.clone())), sender));
        pollster::block_on(async {
            AsyncWriteExt::write_all(&mut io, b"ab")
                .await
                .expect("it writes");
            io.close().await.expect("it closes");
            assert_eq!(written.bytes(), b"ab");
            assert_ne!(dropped.try_recv(), Ok(thread::current().id()));
            io.close().await.expect("it is closed");
            let error = AsyncWriteExt::write_all(&mut io, b"c")
                .await
                .expect_err("it is closed");
            assert_eq!(error.kind(), io::ErrorKind::NotConnected);
            assert_eq!(error.to_string(), "this `DualIo` was closed");
        });
        assert!(io.get_ref().is_none());
        let error = Write::write(&mut io, b"c").expect_err("it is closed");
        assert_eq!(error.kind(), io::ErrorKind::NotConnected);
        assert!(io.into_inner().get().is_err());
    });
}

/// A write that is pending may come back with other bytes: only those of the poll that was ready are written.
#[test]
fn pending_write_takes_nothing() {
    limit(|| {
        let mut io = DualIo::blocking(Vec::new());
        assert!(poll_write(&mut io, b"a").is_ready());
        while poll_write(&mut io, b"x").is_pending() {
            thread::yield_now();
            if let Poll::Ready(count) = poll_write(&mut io, b"yz") {
                assert_eq!(count.expect("it writes"), 2);
                assert_eq!(io.into_inner().get().expect("it is here"), b"ayz");
                return;
            }
        }
        assert_eq!(io.into_inner().get().expect("it is here"), b"ax");
    });
}

/// A writer that takes little at a time is called until all is written; one that takes nothing is an error.
#[test]
fn short_writes() {
    limit(|| {
        struct Takes(Vec<u8>, usize);

        impl Write for Takes {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let count = self.1.min(bytes.len());
                self.0.extend_from_slice(&bytes[..count]);
                Ok(count)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let mut io = DualIo::blocking(Takes(Vec::new(), 3));
        pollster::block_on(AsyncWriteExt::write_all(&mut io, b"abcdefgh")).expect("it writes");
        assert_eq!(io.into_inner().get().expect("it is here").0, b"abcdefgh");
        let mut io = DualIo::blocking(Takes(Vec::new(), 0));
        pollster::block_on(AsyncWriteExt::write_all(&mut io, b"a")).expect("it is taken");
        let error = pollster::block_on(AsyncWriteExt::flush(&mut io)).expect_err("it takes none");
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    });
}
