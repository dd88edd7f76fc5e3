//! Readers and writers that break their contract, fail or panic.

use std::io::{self, BufRead, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use smartcall::{Dual, DualIo};

use super::support::*;
use crate::common::{limit, panic_of};

/// A reader and writer whose second call says that it has done more than it was asked for.
#[derive(Default)]
struct Lies(usize);

impl Lies {
    fn count(&mut self, asked: usize) -> usize {
        self.0 += 1;
        if self.0 == 2 { asked + 1 } else { asked.min(3) }
    }
}

impl Read for Lies {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.count(to.len());
        to.fill(self.0 as u8);
        Ok(count)
    }
}

impl Write for Lies {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.count(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Lies {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        to: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Read::read(&mut *self, to))
    }
}

#[track_caller]
fn assert_lie<T>(result: io::Result<T>) {
    let error = result.map(|_| ()).expect_err("it is found");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let said = error.to_string();
    assert!(
        said.starts_with("the inner reader or writer returned a count of "),
        "{said}"
    );
}

/// A count that is too large is an error in words, and nothing is lost: later reads go on.
#[test]
fn count_too_large() {
    limit(|| {
        let mut to = [0; 10];
        let mut io = DualIo::blocking(Lies::default());
        pollster::block_on(async {
            assert_eq!(
                AsyncReadExt::read(&mut io, &mut to)
                    .await
                    .expect("it reads"),
                3
            );
            assert_lie(AsyncReadExt::read(&mut io, &mut to).await);
            assert_eq!(
                AsyncReadExt::read(&mut io, &mut to)
                    .await
                    .expect("it reads"),
                3
            );
            assert_eq!(to[..3], [3; 3]);
        });
        let mut io = DualIo::blocking(Lies::default());
        assert_eq!(Read::read(&mut io, &mut to).expect("it reads"), 3);
        assert_lie(Read::read(&mut io, &mut to));
        assert_eq!(Read::read(&mut io, &mut to).expect("it reads"), 3);
        let mut io = DualIo::blocking(Lies(1));
        assert_lie(BufRead::fill_buf(&mut io).map(<[u8]>::len));
        assert_eq!(BufRead::fill_buf(&mut io).expect("it reads"), [3; 3]);
        let mut io = DualIo::asynchronous(Lies(1));
        assert_lie(Read::read(&mut io, &mut to));
        let mut io = DualIo::asynchronous(Lies(1));
        assert_lie(BufRead::fill_buf(&mut io).map(<[u8]>::len));
        assert_eq!(BufRead::fill_buf(&mut io).expect("it reads"), [3; 3]);

        let mut io = DualIo::blocking(Lies(1));
        assert_lie(Write::write(&mut io, b"ab"));
        let mut io = DualIo::blocking(Lies(1));
        pollster::block_on(AsyncWriteExt::write_all(&mut io, b"ab")).expect("it is taken");
        assert_lie(pollster::block_on(AsyncWriteExt::flush(&mut io)));
        // Alone under a `.get()`.
        assert_lie(
            Dual::future(async {
                AsyncWriteExt::write(&mut DualIo::blocking(Lies(1)), b"ab").await
            })
            .get(),
        );
    });
}

/// A reader and writer that panics.
struct Panics;

impl Read for Panics {
    fn read(&mut self, _to: &mut [u8]) -> io::Result<usize> {
        panic!("the reader panics")
    }
}

impl Write for Panics {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        panic!("the writer panics")
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("the writer panics")
    }
}

#[track_caller]
fn assert_lost<T>(result: io::Result<T>) {
    let said = result.map(|_| ()).expect_err("it is lost").to_string();
    assert!(said.contains("is lost: it panicked"), "{said}");
}

/// A panic on the pool comes to the caller, once. Later calls of either caller return an error, and none hangs.
#[test]
fn panic_on_the_pool() {
    limit(|| {
        let mut to = [0; 4];
        let mut io = DualIo::blocking(Panics);
        let read = panic_of(|| pollster::block_on(AsyncReadExt::read(&mut io, &mut to)));
        assert_eq!(read, "the reader panics");
        assert_lost(pollster::block_on(AsyncReadExt::read(&mut io, &mut to)));
        assert_lost(Read::read(&mut io, &mut to));
        assert_lost(pollster::block_on(AsyncWriteExt::write(&mut io, b"a")));
        assert_lost(pollster::block_on(io.close()));
        assert!(io.get_ref().is_none());
        assert_lost(io.into_inner().get());

        // Of a write it comes with the next call, of a sync caller as well.
        let mut io = DualIo::blocking(Panics);
        pollster::block_on(AsyncWriteExt::write_all(&mut io, b"a")).expect("it is taken");
        assert_eq!(panic_of(|| Write::flush(&mut io)), "the writer panics");
        assert_lost(Write::flush(&mut io));

        // Alone under a `.get()`.
        let mut io = DualIo::blocking(Panics);
        let mut reads = async || AsyncReadExt::read(&mut io, &mut to).await;
        let read = panic_of(|| Dual::future(reads()).get());
        assert_eq!(read, "the reader panics");
        assert_lost(pollster::block_on(reads()));

        // A sync caller's own call panics through, as without a handle.
        let mut io = DualIo::blocking(Panics);
        assert_eq!(
            panic_of(|| Read::read(&mut io, &mut to)),
            "the reader panics"
        );
        assert!(io.get_ref().is_some());
    });
}

/// A reader that fails once, and was interrupted before.
#[test]
fn errors_of_reads() {
    struct Fails(usize);

    impl Read for Fails {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 | 2 => Err(io::ErrorKind::Interrupted.into()),
                3 => Err(io::Error::other("it fails")),
                _ => io::repeat(7).read(to),
            }
        }
    }

    limit(|| {
        let mut to = [0; 4];
        let mut io = DualIo::blocking(Fails(0));
        pollster::block_on(async {
            let error = AsyncReadExt::read(&mut io, &mut to)
                .await
                .expect_err("it fails");
            assert_eq!(error.to_string(), "it fails");
            assert_eq!(
                AsyncReadExt::read(&mut io, &mut to)
                    .await
                    .expect("it reads"),
                4
            );
        });
        // The error of a read that was given up is the next read's.
        let (opens, fails) = Gated::new(Fails(0));
        let mut io = DualIo::blocking(fails);
        assert!(poll_read(&mut io, &mut to).is_pending());
        drop(opens);
        let error = Read::read(&mut io, &mut to).expect_err("it has failed");
        assert_eq!(error.to_string(), "it fails");
        assert_eq!(Read::read(&mut io, &mut to).expect("it reads"), 4);
        // A sync caller is told of interruptions, as by the reader itself.
        let error = Read::read(&mut DualIo::blocking(Fails(0)), &mut to).expect_err("it is");
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
    });
}
