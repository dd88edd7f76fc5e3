//! Async code over sync readers and writers, driven by a `.get()`: here if it is alone.

use std::io::Cursor;
use std::sync::Arc;
use std::thread;

use futures::io::{AsyncReadExt, AsyncWriteExt};
use smartcall::{Dual, DualIo};

use super::support::*;
use crate::common::limit;

/// Reads, writes, flushes, seeks and closes that a driven future alone waits for run on the caller's thread.
#[test]
fn alone_here() {
    limit(|| {
        let here = thread::current().id();
        let (noting, readers) = Noting::new(Cursor::new(bytes(100)));
        let (copies, writers) = Noting::new(Written::default());
        let written = copies.inner.clone();
        let copy = Dual::future(async move {
            let mut from = DualIo::blocking(noting);
            let mut to = DualIo::blocking(copies);
            let mut part = [0; 30];
            loop {
                let read = AsyncReadExt::read(&mut from, &mut part).await;
                let count = read.expect("it reads");
                if count == 0 {
                    break;
                }
                let write = AsyncWriteExt::write_all(&mut to, &part[..count]).await;
                write.expect("it writes");
            }
            AsyncWriteExt::flush(&mut to).await.expect("it writes");
            AsyncWriteExt::close(&mut to).await.expect("it closes");
        });
        copy.get();
        assert_eq!(of(&readers), [here]);
        assert_eq!(of(&writers), [here]);
        assert_eq!(written.bytes(), bytes(100));
    });
}

/// Two that are driven at once go to the pool.
#[test]
fn not_alone_on_the_pool() {
    limit(|| {
        let here = thread::current().id();
        let (one, ones) = Noting::new(Cursor::new(bytes(100)));
        let (other, others) = Noting::new(Written::default());
        let (mut one, mut other) = (DualIo::blocking(one), DualIo::blocking(other));
        let both = async {
            let read = AsyncReadExt::read(&mut one, &mut [0; 4]).await;
            assert_eq!(read.expect("it reads"), 4);
        };
        let write = async {
            AsyncWriteExt::write_all(&mut other, b"abc")
                .await
                .expect("it writes");
            AsyncWriteExt::flush(&mut other).await.expect("it writes");
        };
        Dual::future(async { futures::join!(both, write) }).get();
        // What comes after the first calls may be alone.
        assert_ne!(of(&ones)[0], here);
        assert_ne!(of(&others)[0], here);
    });
}

/// A handle that has asked one driver, and is polled elsewhere next, is not confused.
#[test]
fn asked_and_left() {
    limit(|| {
        for round in 0..3 {
            let mut io = DualIo::blocking(Vec::new());
            let mut rest = DualIo::blocking(Cursor::new(bytes(10)));
            Dual::future(async {
                // Both have asked, and are left.
                assert!(poll_here(AsyncWriteExt::write_all(&mut io, b"lost")).await);
                assert!(poll_here(AsyncReadExt::read(&mut rest, &mut [0; 4])).await);
            })
            .get();
            let mut all = Vec::new();
            let go_on = async {
                AsyncWriteExt::write_all(&mut io, b"abc")
                    .await
                    .expect("it writes");
                AsyncReadExt::read_to_end(&mut rest, &mut all)
                    .await
                    .expect("it reads");
            };
            match round {
                0 => pollster::block_on(go_on),
                1 => Dual::future(go_on).get(),
                _ => thread::scope(|scope| {
                    let _ = scope.spawn(|| pollster::block_on(go_on)).join();
                }),
            }
            assert_eq!(io.into_inner().get().expect("it is here"), b"abc");
            assert_eq!(all, bytes(10));
        }
    });
}

/// Polls a future once under the waker of its driver, drops it, and returns whether it was pending.
async fn poll_here(future: impl Future) -> bool {
    let mut future = Box::pin(future);
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

/// The pool of a handle that is resolved around it applies, for sync waits as well.
#[test]
fn on_a_pool() {
    limit(|| {
        let pool = Arc::new(CountingPool::default());
        let dual = || {
            Dual::future(async {
                let mut io = DualIo::blocking(Vec::new());
                AsyncWriteExt::write_all(&mut io, b"abc")
                    .await
                    .expect("it writes");
                AsyncWriteExt::flush(&mut io).await.expect("it writes");
                io.into_inner().await.expect("it is here")
            })
            .on(&pool)
        };
        assert_eq!(dual().get(), b"abc");
        // The job that writes flushes as well, or another one does if the flush comes too late.
        let jobs = pool.jobs();
        assert!((1..=2).contains(&jobs), "{jobs}");
        assert_eq!(pollster::block_on(dual()), b"abc");
        let jobs = pool.jobs() - jobs;
        assert!((1..=2).contains(&jobs), "{jobs}");
    });
}
