//! Reading, by each caller of each side.

use std::io::{self, BufRead, Cursor, Read};
use std::sync::Arc;
use std::thread;

use futures::io::{AsyncBufReadExt, AsyncReadExt};
use smartcall::io::Readable;
use smartcall::{Dual, DualIo, context};

use super::support::*;
use crate::common::{Helpful, limit, never};

const COUNT: usize = 300_000;

/// All bytes, in reads of one size by a sync caller.
fn sync_reads(mut io: DualIo<impl Readable>, size: usize) -> Vec<u8> {
    let (mut all, mut part) = (Vec::new(), vec![0; size]);
    loop {
        match Read::read(&mut io, &mut part).expect("it reads") {
            0 => return all,
            count => all.extend_from_slice(&part[..count]),
        }
    }
}

/// The same by an async caller.
async fn async_reads(mut io: DualIo<impl Readable>, size: usize) -> Vec<u8> {
    let (mut all, mut part) = (Vec::new(), vec![0; size]);
    loop {
        match AsyncReadExt::read(&mut io, &mut part)
            .await
            .expect("it reads")
        {
            0 => return all,
            count => all.extend_from_slice(&part[..count]),
        }
    }
}

/// The same bytes come from a sync and from an async side, for both callers, in small and large reads.
#[test]
fn same_bytes_everywhere() {
    limit(|| {
        let all = bytes(COUNT);
        let sync_side = || DualIo::blocking(Cursor::new(bytes(COUNT)));
        let async_side = || DualIo::asynchronous(futures::io::Cursor::new(bytes(COUNT)));
        let pends = || DualIo::asynchronous(Pends::new(futures::io::Cursor::new(bytes(COUNT))));
        for size in [1, 7, 8192, 100_000, 2 << 20] {
            assert_eq!(sync_reads(sync_side(), size), all);
            assert_eq!(sync_reads(async_side(), size), all);
        }
        assert_eq!(sync_reads(pends(), 8192), all);
        await_everywhere(move || {
            let all = bytes(COUNT);
            async move {
                for size in [1, 7, 8192, 100_000, 2 << 20] {
                    assert_eq!(async_reads(sync_side(), size).await, all);
                    assert_eq!(async_reads(async_side(), size).await, all);
                }
                assert_eq!(async_reads(pends(), 8192).await, all);
            }
        });
    });
}

/// Lines, by the buffer of the handle.
#[test]
fn buffered() {
    limit(|| {
        const TEXT: &[u8] = b"one\ntwo\nthree";
        let words = ["one", "two", "three"];
        let lines = |io: &mut dyn BufRead| BufRead::lines(io).collect::<io::Result<Vec<_>>>();
        let mut io = DualIo::blocking(TEXT);
        assert_eq!(lines(&mut io).expect("it reads"), words);
        let mut io = DualIo::asynchronous(Pends::new(TEXT));
        assert_eq!(lines(&mut io).expect("it reads"), words);
        await_everywhere(move || async move {
            let mut line = String::new();
            let mut io = DualIo::blocking(TEXT);
            while AsyncBufReadExt::read_line(&mut io, &mut line)
                .await
                .expect("it reads")
                > 0
            {}
            let mut io = DualIo::asynchronous(Pends::new(TEXT));
            while AsyncBufReadExt::read_line(&mut io, &mut line)
                .await
                .expect("it reads")
                > 0
            {}
            assert_eq!(line.as_bytes(), [TEXT, TEXT].concat());
        });
    });
}

/// A sync caller calls a sync reader on its own thread, an async one never does.
#[test]
fn sync_reader_by_thread() {
    limit(|| {
        let here = thread::current().id();
        let (noting, threads) = Noting::new(Cursor::new(bytes(10)));
        assert_eq!(sync_reads(DualIo::blocking(noting), 3), bytes(10));
        assert_eq!(of(&threads), [here]);

        let (noting, threads) = Noting::new(Cursor::new(bytes(10)));
        let all = pollster::block_on(async_reads(DualIo::blocking(noting), 3));
        assert_eq!(all, bytes(10));
        assert!(!of(&threads).contains(&here));
    });
}

/// Reads of one byte make one job of the pool for each buffer, and the buffer grows while reads fill it.
#[test]
fn one_job_a_buffer() {
    limit(|| {
        let pool = Arc::new(CountingPool::default());
        // 64 and 256 KiB, then a part of 1 MiB, then the end.
        let count = (64 + 256 + 1) << 10;
        let io = DualIo::blocking(Cursor::new(bytes(count)));
        let read = Dual::future(async move { async_reads(io, 1).await }).on(&pool);
        assert_eq!(pollster::block_on(read).len(), count);
        assert_eq!(pool.jobs(), 4);
    });
}

/// What one caller has left in the buffer is the next one's, and the callers may change at each call.
#[test]
fn callers_take_turns() {
    limit(|| {
        let mut io = DualIo::blocking(Cursor::new(bytes(COUNT)));
        let mut all = Vec::new();
        let mut part = [0; 1000];
        for i in 0.. {
            let count = match i % 3 {
                0 => pollster::block_on(AsyncReadExt::read(&mut io, &mut part)),
                1 => Read::read(&mut io, &mut part),
                _ => {
                    let mut to = &mut part[..];
                    let read = BufRead::fill_buf(&mut io).and_then(|from| to.write_some(from));
                    BufRead::consume(&mut io, *read.as_ref().expect("it reads"));
                    read
                }
            };
            match count.expect("it reads") {
                0 => break,
                count => all.extend_from_slice(&part[..count]),
            }
        }
        assert_eq!(all, bytes(COUNT));
    });
}

trait WriteSome {
    fn write_some(&mut self, from: &[u8]) -> io::Result<usize>;
}

impl WriteSome for &mut [u8] {
    fn write_some(&mut self, from: &[u8]) -> io::Result<usize> {
        io::Write::write(self, from)
    }
}

/// A read that an async caller has given up is the next caller's. A sync caller waits for it.
#[test]
fn given_up_read_is_not_lost() {
    limit(|| {
        for next_is_sync in [true, false] {
            let (send, reader) = from_test();
            let mut io = DualIo::blocking(reader);
            let mut to = [0; 4];
            assert!(poll_read(&mut io, &mut to).is_pending());
            assert!(io.get_ref().is_none() && io.buffer().is_empty());
            let sends = thread::spawn(move || {
                send.send(b"abc".to_vec()).expect("it is read");
                send.send(b"de".to_vec()).expect("it is read");
            });
            let mut all = Vec::new();
            if next_is_sync {
                Read::read_to_end(&mut io, &mut all).expect("it reads");
            } else {
                pollster::block_on(AsyncReadExt::read_to_end(&mut io, &mut all)).expect("it reads");
            }
            assert_eq!(all, b"abcde");
            sends.join().expect("it sends");
        }
    });
}

/// The end is looked for again by each read: a reader may go on after it.
#[test]
fn end_is_not_kept() {
    limit(|| {
        let (send, reader) = from_test();
        let mut io = DualIo::blocking(reader);
        let mut read = move || pollster::block_on(async_read(&mut io));
        send.send(Vec::new()).expect("it is read");
        assert_eq!(read(), b"");
        send.send(vec![1]).expect("it is read");
        assert_eq!(read(), [1]);
        drop(send);
        assert_eq!(read(), b"");
    });
}

async fn async_read(io: &mut DualIo<impl Readable>) -> Vec<u8> {
    let mut to = [0; 100];
    let count = AsyncReadExt::read(io, &mut to).await.expect("it reads");
    to[..count].to_vec()
}

/// A read with no room is ready at once, and calls nothing.
#[test]
fn no_room() {
    let (_send, reader) = from_test();
    let mut io = DualIo::blocking(reader);
    assert!(matches!(
        poll_read(&mut io, &mut []),
        std::task::Poll::Ready(Ok(0))
    ));
    assert!(io.get_ref().is_some());
}

/// Other tasks go on while a pool reads.
#[test]
#[cfg(feature = "executor")]
fn other_tasks_go_on() {
    limit(|| {
        let ex = crate::common::one_thread();
        let (send, reader) = from_test();
        let mut io = DualIo::blocking(reader);
        let reads = ex.spawn(async move { async_read(&mut io).await });
        let sends = ex.spawn(async move { send.send(vec![5]).expect("it is read") });
        ex.block_on(async {
            sends.await;
            assert_eq!(reads.await, [5]);
        });
    });
}

/// A task of an executor with one thread may call a sync reader whose bytes come from another task: the executor is told.
#[test]
#[cfg(feature = "executor")]
fn executor_is_told_of_direct_calls() {
    limit(|| {
        let ex = crate::common::one_thread();
        let (send, reader) = from_test();
        let mut io = DualIo::blocking(reader);
        let (begun, begins) = std::sync::mpsc::channel();
        let reads = ex.spawn(async move {
            begun.send(()).expect("the test waits");
            let mut to = [0; 4];
            let count = Read::read(&mut io, &mut to).expect("it reads");
            to[..count].to_vec()
        });
        begins.recv().expect("it begins");
        let sends = ex.spawn(async move { send.send(vec![5]).expect("it is read") });
        ex.block_on(async {
            sends.await;
            assert_eq!(reads.await, [5]);
        });
    });
}

/// A host is told of each direct call that reaches the reader, and of no other.
#[test]
fn host_is_told_of_direct_calls() {
    let host = Helpful::new();
    let mut io = DualIo::blocking(Cursor::new(bytes(10)));
    context::with_host(&host, || {
        Read::read_exact(&mut io, &mut [0; 4]).expect("it reads");
        assert_eq!(host.calls().1, [thread::current().id()]);
        assert_eq!(BufRead::fill_buf(&mut io).expect("it reads").len(), 6);
        assert_eq!(host.calls().1.len(), 2);
        Read::read_exact(&mut io, &mut [0; 4]).expect("it reads");
        assert_eq!(host.calls().1.len(), 2);
    });
}

/// Two handles overlap in a `join!`, also under `.get()`; and a timeout fires.
#[test]
fn reads_overlap() {
    limit(|| {
        let (send_a, a) = from_test();
        let (send_b, b) = from_test();
        let (mut a, mut b) = (DualIo::blocking(a), DualIo::blocking(b));
        // Each read needs the other one to have begun, as a call of it is what sends.
        let both = async move {
            let one = async {
                let got = async_read(&mut a).await;
                send_b.send(vec![2]).expect("it is read");
                got
            };
            let other = async {
                send_a.send(vec![1]).expect("it is read");
                async_read(&mut b).await
            };
            futures::join!(one, other)
        };
        assert_eq!(Dual::future(both).get(), (vec![1], vec![2]));

        let (_send, reader) = from_test();
        let mut io = DualIo::blocking(reader);
        let mut read = Box::pin(async_read(&mut io));
        let wait = std::time::Duration::from_millis(5);
        assert!(
            Dual::future(futures::future::select(&mut read, Box::pin(never())))
                .get_timeout(wait)
                .is_err()
        );
    });
}
