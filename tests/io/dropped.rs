//! What becomes of calls whose handle is dropped.

use std::io::{self, BufWriter, Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use smartcall::offload::is_cancelled;
use smartcall::{Dual, DualIo};

use super::support::*;
use crate::common::{limit, wait_until};

/// What was taken to be written is written though the handle is dropped, and so is what the writer buffers.
#[test]
fn taken_bytes_are_written() {
    limit(|| {
        for round in 0..50 {
            let written = Written::default();
            let mut io = DualIo::blocking(written.clone());
            assert!(poll_write(&mut io, &[round; 10]).is_ready());
            drop(io);
            wait_until(|| written.bytes() == [round; 10]);

            let written = Written::default();
            let mut io = DualIo::blocking(BufWriter::new(written.clone()));
            assert!(poll_write(&mut io, &[round; 10]).is_ready());
            drop(io);
            wait_until(|| written.bytes() == [round; 10]);
        }
    });
}

/// They are written even if the job is still queued when the handle is dropped.
#[test]
fn taken_bytes_are_written_from_the_queue() {
    limit(|| {
        let (pool, _occupies, go_on) = occupied();
        let written = Written::default();
        let io = written.clone();
        let write = async move {
            let mut io = DualIo::blocking(io);
            assert!(poll_write(&mut io, b"abc").is_ready());
        };
        pollster::block_on(Dual::future(write).on(&pool));
        assert_eq!(written.bytes(), b"");
        go_on.send(()).expect("it waits");
        wait_until(|| written.bytes() == b"abc");
    });
}

/// A flush that was begun goes on, from the queue as well.
#[test]
fn begun_flush_goes_on() {
    use futures::io::AsyncWriteExt;

    /// Writes when it is flushed, and not when it is dropped.
    struct Holds(Vec<u8>, Written);

    impl Write for Holds {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Write::write(&mut self.0, bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.1.write_all(&self.0)
        }
    }

    limit(|| {
        let (pool, _occupies, go_on) = occupied();
        let written = Written::default();
        let mut io = DualIo::blocking(Holds(Vec::new(), written.clone()));
        Write::write_all(&mut io, b"abc").expect("it is held");
        let begins = async {
            let mut flush = AsyncWriteExt::flush(&mut io);
            assert!(crate::common::poll(&mut flush).is_pending());
        };
        pollster::block_on(Dual::future(begins).on(&pool));
        drop(io);
        go_on.send(()).expect("it waits");
        wait_until(|| written.bytes() == b"abc");
    });
}

/// The read of a dropped handle is told, and does not hold up the drop. Its reader is dropped on the pool.
#[test]
fn read_is_told() {
    struct Reads {
        begins: mpsc::Sender<()>,
        ends: mpsc::Sender<thread::ThreadId>,
    }

    impl Read for Reads {
        fn read(&mut self, _to: &mut [u8]) -> io::Result<usize> {
            self.begins.send(()).expect("the test waits");
            while !is_cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
            Ok(0)
        }
    }

    impl Drop for Reads {
        fn drop(&mut self) {
            let _ = self.ends.send(thread::current().id());
        }
    }

    limit(|| {
        let (begins, begun) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        let mut io = DualIo::blocking(Reads { begins, ends });
        assert!(poll_read(&mut io, &mut [0]).is_pending());
        begun.recv().expect("it begins");
        drop(io);
        let thread = ended.recv().expect("it ends");
        assert_ne!(thread, thread::current().id());
    });
}

/// A reader is dropped where its handle is; a writer that an async caller has used, on the pool.
#[test]
fn where_it_is_dropped() {
    struct Ends(mpsc::Sender<thread::ThreadId>);

    impl Read for Ends {
        fn read(&mut self, _to: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }

    impl Write for Ends {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Drop for Ends {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    limit(|| {
        use futures::io::{AsyncReadExt, AsyncWriteExt};

        let here = thread::current().id();
        let (sender, ended) = mpsc::channel();
        let make = || DualIo::blocking(Ends(sender.clone()));
        let mut io = make();
        pollster::block_on(AsyncReadExt::read(&mut io, &mut [0])).expect("it reads");
        drop(io);
        assert_eq!(ended.recv(), Ok(here));
        let mut io = make();
        Write::write(&mut io, b"a").expect("it writes");
        drop(io);
        assert_eq!(ended.recv(), Ok(here));
        let mut io = make();
        pollster::block_on(async {
            AsyncWriteExt::write_all(&mut io, b"a")
                .await
                .expect("it writes");
            AsyncWriteExt::flush(&mut io).await.expect("it writes");
        });
        drop(io);
        // The destructor of an encoder writes its end, which no flush does.
        assert_ne!(ended.recv(), Ok(here));
        // Nobody takes it back from the pool, whether it has written by then or not.
        for wait in [0, 10] {
            let mut io = make();
            pollster::block_on(AsyncWriteExt::write_all(&mut io, b"a")).expect("it writes");
            thread::sleep(Duration::from_millis(wait));
            drop(io);
            assert_ne!(ended.recv(), Ok(here));
        }
        let mut io = make();
        pollster::block_on(async {
            AsyncWriteExt::write_all(&mut io, b"a")
                .await
                .expect("it writes");
            // It comes back.
            AsyncReadExt::read(&mut io, &mut [0])
                .await
                .expect("it reads");
        });
        assert!(io.get_ref().is_some());
        drop(io);
        assert_ne!(ended.recv(), Ok(here));
    });
}
