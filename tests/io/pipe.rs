//! Awaited writes while a job writes on a pool.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufWriter, Cursor};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use futures::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smartcall::io::Blocking;
use smartcall::offload::{Job, Limited, Pool, SingleThread};
use smartcall::{Dual, DualIo};

use super::support::*;
use crate::common::{assert_contains, limit, panic_of, wait_until};

const MIB: usize = 1 << 20;

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Polls a write once, with a waker.
fn poll_with(
    wakes: &Arc<Wakes>,
    io: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> Poll<io::Result<usize>> {
    let waker = Waker::from(Arc::clone(wakes));
    Pin::new(io).poll_write(&mut Context::from_waker(&waker), bytes)
}

/// Writes until nothing more is taken. Returns what was taken.
fn fill(wakes: &Arc<Wakes>, io: &mut (impl AsyncWrite + Unpin)) -> Vec<u8> {
    let mut taken = Vec::new();
    loop {
        let part: Vec<u8> = (0..100_000)
            .map(|i| ((taken.len() + i) % 241) as u8)
            .collect();
        match poll_with(wakes, io, &part) {
            Poll::Ready(count) => taken.extend(&part[..count.expect("it is taken")]),
            Poll::Pending => return taken,
        }
    }
}

#[track_caller]
fn assert_taken(poll: Poll<io::Result<usize>>, bytes: &[u8]) {
    match poll {
        Poll::Ready(count) => assert_eq!(count.expect("it is taken"), bytes.len()),
        Poll::Pending => panic!("it waits"),
    }
}

#[track_caller]
fn assert_takes(io: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    assert_taken(poll_write(io, bytes), bytes);
}

/// Resolves a poll on a pool.
fn on<R: Send>(pool: &Arc<impl Pool>, poll: impl FnOnce() -> R + Send) -> R {
    pollster::block_on(Dual::future(async { poll() }).on(pool))
}

/// While a job writes, further writes are taken at once. One job writes all of them, in order.
#[test]
fn taken_while_the_job_runs() {
    limit(|| {
        let pool = Arc::new(CountingPool::default());
        let (opens, writer) = Gated::new(Vec::new());
        let mut io = DualIo::blocking(writer);
        on(&pool, || {
            for n in 0..100 {
                assert_takes(&mut io, &[n]);
            }
        });
        assert!(io.get_ref().is_none());
        drop(opens);
        let writer = pollster::block_on(io.into_inner()).expect("it writes");
        assert!(writer.inner.iter().copied().eq(0..100));
        assert_eq!(pool.jobs(), 1);
    });
}

/// If the job is behind by a full buffer, a write waits, takes nothing, and is woken when the job takes the buffer.
#[test]
fn full_buffer_waits() {
    limit(|| {
        let wakes = Arc::new(Wakes::default());
        let (opens, writer) = Gated::new(Vec::new());
        let mut io = DualIo::blocking(writer);
        let mut all = b"first".to_vec();
        assert_takes(&mut io, &all);
        let taken = fill(&wakes, &mut io);
        assert_eq!(taken.len(), MIB);
        all.extend(taken);
        assert_eq!(wakes.count(), 0);
        opens.send(()).expect("it waits");
        wait_until(|| wakes.count() > 0);
        // The job waits with what it has taken: as much fits again.
        let taken = fill(&wakes, &mut io);
        assert_eq!(taken.len(), MIB);
        all.extend(taken);
        drop(opens);
        let writer = pollster::block_on(io.into_inner()).expect("it writes");
        assert!(writer.inner == all);
    });
}

/// A writer that takes a little of what it is given, and lets other threads run.
#[derive(Default)]
struct Little(Vec<u8>);

impl io::Write for Little {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(1 + self.0.len() % 30_000);
        self.0.extend_from_slice(&bytes[..count]);
        if count % 3 == 0 {
            thread::yield_now();
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes arrive in order, whatever the sizes of the writes and whoever awaits them.
#[test]
fn order_over_many_sizes() {
    limit(|| {
        await_everywhere(|| async {
            let all: Vec<u8> = (0..3_000_000_u32)
                .map(|i| (i.wrapping_mul(i) % 253) as u8)
                .collect();
            let mut io = DualIo::blocking(Little::default());
            let (mut rest, mut size) = (&all[..], 1);
            while !rest.is_empty() {
                size = size * 7919 % 200_003;
                let (part, after) =
                    rest.split_at(rest.len().min(1 + size % [9, 900, 200_000][size % 3]));
                io.write_all(part).await.expect("it writes");
                rest = after;
            }
            let writer = io.into_inner().await.expect("it writes");
            assert!(writer.0 == all);
        });
    });
}

/// A writer whose calls are answered by the test.
struct Answered {
    begins: Sender<Vec<u8>>,
    answers: Receiver<Option<io::Result<()>>>,
}

/// What the test has of it.
struct Answers {
    begun: Receiver<Vec<u8>>,
    answer: Sender<Option<io::Result<()>>>,
}

impl Answers {
    /// Waits for the next call, and returns its bytes.
    fn begun(&self) -> Vec<u8> {
        self.begun.recv().expect("it calls")
    }

    /// Ends the call. `None` makes it panic.
    fn answer(&self, answer: Option<io::Result<()>>) {
        self.answer.send(answer).expect("it waits");
    }

    fn fail(&self) {
        self.answer(Some(Err(io::Error::other("the disk is full"))));
    }
}

fn answered() -> (DualIo<Blocking<Answered>>, Answers) {
    let (begins, begun) = mpsc::channel();
    let (answer, answers) = mpsc::channel();
    (
        DualIo::blocking(Answered { begins, answers }),
        Answers { begun, answer },
    )
}

impl io::Write for Answered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.begins.send(bytes.to_vec());
        match self.answers.recv() {
            Ok(Some(result)) => result.map(|()| bytes.len()),
            Ok(None) => panic!("the writer panics"),
            Err(_) => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An error amid what was taken comes with the next call, once. What was taken behind it is lost, and later writes go on.
#[test]
fn error_in_the_middle() {
    limit(|| {
        for waits in [false, true] {
            let wakes = Arc::new(Wakes::default());
            let (mut io, answers) = answered();
            assert_takes(&mut io, b"ab");
            assert_eq!(answers.begun(), b"ab");
            assert_takes(&mut io, b"cd");
            answers.answer(Some(Ok(())));
            assert_eq!(answers.begun(), b"cd");
            assert_takes(&mut io, b"ef");
            if waits {
                fill(&wakes, &mut io);
                assert_eq!(wakes.count(), 0);
                answers.fail();
                // Nothing but the end of the job makes it ready.
                wait_until(|| wakes.count() > 0);
            } else {
                answers.fail();
            }
            // One more may be taken before the job has seen the error.
            let next = loop {
                match pollster::block_on(io.write(b"gh")) {
                    Ok(count) => assert_eq!(count, 2),
                    error => break error,
                }
            };
            assert_full(next);
            assert_takes(&mut io, b"ij");
            assert_eq!(answers.begun(), b"ij");
            answers.answer(Some(Ok(())));
            pollster::block_on(io.flush()).expect("it comes once");
            assert!(
                answers.begun.try_recv().is_err(),
                "what was lost is written"
            );
        }
    });
}

/// The error is not lost if no write follows, whatever the next call is.
#[test]
fn error_comes_with_any_call() {
    limit(|| {
        let failing = || {
            let (mut io, answers) = answered();
            assert_takes(&mut io, b"ab");
            assert_takes(&mut io, b"cd");
            answers.answer(Some(Ok(())));
            answers.fail();
            (io, answers)
        };
        let (mut io, _answers) = failing();
        assert_full(pollster::block_on(io.flush()));
        let (mut io, _answers) = failing();
        assert_full(pollster::block_on(io.close()));
        let (io, _answers) = failing();
        assert_full(pollster::block_on(io.into_inner()));
        let (mut io, _answers) = failing();
        assert_full(io::Write::flush(&mut io));
        let (mut io, _answers) = failing();
        assert_full(io::Write::write(&mut io, b"ef"));
    });
}

#[track_caller]
fn assert_lost(io: &mut (impl AsyncWrite + Unpin)) {
    let error = pollster::block_on(io.write(b"x")).expect_err("it is lost");
    assert_contains(
        &error.to_string(),
        "is lost: it panicked when it was called",
    );
}

/// A panic amid what was taken comes to the next call, once, and wakes a write that waits. Then the writer is lost.
#[test]
fn panic_in_the_middle() {
    limit(|| {
        for waits in [false, true] {
            let wakes = Arc::new(Wakes::default());
            let (mut io, answers) = answered();
            assert_takes(&mut io, b"ab");
            answers.begun();
            assert_takes(&mut io, b"cd");
            answers.answer(Some(Ok(())));
            answers.begun();
            if waits {
                fill(&wakes, &mut io);
                answers.answer(None);
                wait_until(|| wakes.count() > 0);
            } else {
                answers.answer(None);
            }
            // It is dropped while the panic unwinds: from now on nothing is taken.
            assert!(answers.begun.recv().is_err());
            let said = panic_of(|| pollster::block_on(io.write(b"ef")));
            assert_eq!(said, "the writer panics");
            assert_lost(&mut io);
            assert_lost(&mut io);
        }
    });
}

/// A waker that panics does not harm the job, and nothing is lost.
#[test]
fn waker_that_panics() {
    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("the waker panics");
        }
    }

    limit(|| {
        let (opens, writer) = Gated::new(Vec::new());
        let mut io = DualIo::blocking(writer);
        assert_takes(&mut io, b"a");
        fill(&Arc::default(), &mut io);
        let waker = Waker::from(Arc::new(Panics));
        let poll = Pin::new(&mut io).poll_write(&mut Context::from_waker(&waker), b"b");
        assert!(poll.is_pending());
        drop(opens);
        let writer = pollster::block_on(io.into_inner()).expect("it writes");
        assert_eq!(writer.inner.len(), 1 + MIB);
    });
}

/// What was taken while the job ran is written if the handle is dropped then.
#[test]
fn dropped_while_the_job_runs() {
    limit(|| {
        let written = Written::default();
        let (opens, writer) = Gated::new(written.clone());
        let wakes = Arc::new(Wakes::default());
        let mut io = DualIo::blocking(writer);
        assert_takes(&mut io, b"ab");
        let taken = fill(&wakes, &mut io);
        assert_eq!(taken.len(), MIB);
        drop(io);
        // Nobody waits any more.
        wait_until(|| Arc::strong_count(&wakes) <= 2);
        drop(opens);
        wait_until(|| written.bytes().len() == 2 + taken.len());
        assert!(written.bytes()[2..] == taken);
    });
}

/// What was taken while the job was queued is written if the handle is dropped then.
#[test]
fn dropped_while_the_job_is_queued() {
    limit(|| {
        let (pool, _occupies, go_on) = occupied();
        let written = Written::default();
        let writer = written.clone();
        let writes = async move {
            let mut io = DualIo::blocking(writer);
            for n in 0..100 {
                assert_takes(&mut io, &[n]);
            }
        };
        pollster::block_on(Dual::future(writes).on(&pool));
        assert_eq!(written.bytes(), b"");
        go_on.send(()).expect("it waits");
        wait_until(|| written.bytes().len() == 100);
        assert!(written.bytes().iter().copied().eq(0..100));
    });
}

/// A pool that gives jobs back.
struct Refuses;

impl Pool for Refuses {
    fn offload(&self, job: Job) -> Result<(), Job> {
        Err(job)
    }
}

/// A pool that keeps its jobs until the test drops them.
#[derive(Default)]
struct Keeps(Mutex<Vec<Job>>);

impl Pool for Keeps {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.0.lock().expect("it does not panic").push(job);
        Ok(())
    }
}

#[track_caller]
fn assert_refused(pool: &Arc<impl Pool>, io: &mut (impl AsyncWrite + Unpin + Send)) {
    let said = panic_of(|| on(pool, || poll_write(io, b"x")));
    assert_contains(&said, "the pool refused this job");
    assert_lost(io);
}

/// Nothing is taken for a job that its pool has refused. A write that waits is woken if the pool drops the job.
#[test]
fn pool_that_refuses() {
    limit(|| {
        let pool = Arc::new(Refuses);
        let mut io = DualIo::blocking(Vec::new());
        on(&pool, || assert_takes(&mut io, b"ab"));
        assert_refused(&pool, &mut io);

        for waits in [false, true] {
            let pool = Arc::new(Keeps::default());
            let wakes = Arc::new(Wakes::default());
            let mut io = DualIo::blocking(Vec::new());
            on(&pool, || {
                assert_takes(&mut io, b"ab");
                assert_takes(&mut io, b"cd");
                if waits {
                    fill(&wakes, &mut io);
                }
            });
            pool.0.lock().expect("it does not panic").clear();
            assert_eq!(wakes.count() > 0, waits);
            assert_refused(&pool, &mut io);
        }
    });
}

/// If the pool and the handle are dropped while the job is queued, what was taken is written.
#[test]
fn pool_that_is_dropped() {
    limit(|| {
        let pool = SingleThread::new(|| ());
        let (go_on, waits) = mpsc::channel::<()>();
        let occupies = pool.run(move |()| waits.recv());
        let mut occupies = Box::pin(occupies);
        assert!(crate::common::poll(&mut occupies).is_pending());
        let written = Written::default();
        let writer = written.clone();
        let writes = async move {
            let mut io = DualIo::blocking(writer);
            assert_takes(&mut io, b"ab");
            assert_takes(&mut io, b"cd");
        };
        pollster::block_on(Dual::future(writes).on(&pool));
        drop(pool);
        go_on.send(()).expect("it waits");
        wait_until(|| written.bytes() == b"abcd");
    });
}

/// A flush comes after all writes that were taken, and reaches through a writer that buffers.
#[test]
fn flush_after_many_writes() {
    limit(|| {
        await_everywhere(|| async {
            let written = Written::default();
            let mut io = DualIo::blocking(BufWriter::new(written.clone()));
            let mut count = 0;
            for _ in 0..20 {
                for _ in 0..500 {
                    io.write_all(&[7; 16]).await.expect("it writes");
                    count += 16;
                }
                io.flush().await.expect("it writes");
                assert_eq!(written.bytes().len(), count);
            }
            io.close().await.expect("it closes");
        });
    });
}

/// A flush that comes while a job writes is made by that job, also if it is given up. What is written after it is flushed by the next.
#[test]
fn flush_joins_the_job() {
    limit(|| {
        let pool = Arc::new(CountingPool::default());
        let written = Written::default();
        let (opens, writer) = Gated::new(BufWriter::new(written.clone()));
        let mut io = DualIo::blocking(writer);
        on(&pool, || {
            assert_takes(&mut io, b"ab");
            assert_takes(&mut io, b"cd");
            assert!(crate::common::poll(&mut io.flush()).is_pending());
            drop(opens);
        });
        wait_until(|| written.bytes() == b"abcd");
        let write = async { io.write_all(b"ef").await };
        pollster::block_on(Dual::future(write).on(&pool)).expect("it writes");
        assert_eq!(pool.jobs(), 2);
        pollster::block_on(io.flush()).expect("it writes");
        assert_eq!(written.bytes(), b"abcdef");
    });
}

/// A call that waits for the writer gets it once all is written that was taken before. Later writes don't keep it waiting.
#[test]
fn call_that_waits_is_not_overtaken() {
    limit(|| {
        let (opens, file) = Gated::new(Cursor::new(b"------xy".to_vec()));
        let mut io = DualIo::blocking(file);
        assert_takes(&mut io, b"ab");
        assert_takes(&mut io, b"cd");
        assert!(poll_read(&mut io, &mut [0; 8]).is_pending());
        assert!(poll_write(&mut io, b"ef").is_pending());
        drop(opens);
        let mut to = [0; 8];
        let count = pollster::block_on(io.read(&mut to)).expect("it reads");
        assert_eq!(to[..count], *b"--xy");
    });
}

/// A job does not go on for ever, however fast bytes come: other jobs of its pool have their turn.
#[test]
fn other_jobs_have_their_turn() {
    limit(|| {
        let pool = Limited::new(1.try_into().expect("it is not zero"));
        let (mut io, answers) = answered();
        let part = vec![7; MIB];
        let mut taken = 0;
        let writes = async {
            // There is always more than the job has taken.
            assert_takes(&mut io, &part);
            answers.begun();
            while taken < 16 && poll_write(&mut io, &part).is_ready() {
                taken += 1;
                answers.answer(Some(Ok(())));
                answers.begun();
            }
        };
        pollster::block_on(Dual::future(writes).on(&pool));
        assert!((8..16).contains(&taken), "{taken}");
        let other = Dual::blocking(|| 5).on(&pool);
        let mut other = Box::pin(other);
        assert!(crate::common::poll(&mut other).is_pending());
        drop(answers);
        assert_eq!(pollster::block_on(other), 5);
        pollster::block_on(io.flush()).expect("it writes");
    });
}

/// What is written in a handle that is bound to another pool than the job's is written by that pool.
#[test]
fn bound_to_another_pool() {
    limit(|| {
        let (opens, writer) = Gated::new(Vec::new());
        let (noting, threads) = Noting::new(writer);
        let mut io = DualIo::blocking(noting);
        assert_takes(&mut io, b"ab");
        let pool = SingleThread::new(|| ());
        let there = pool.run(|()| thread::current().id()).get();
        let write = async || {
            assert!(poll_write(&mut io, b"cd").is_pending());
            drop(opens);
            io.write_all(b"cd").await.expect("it writes");
            io.flush().await.expect("it writes");
        };
        pollster::block_on(Dual::future(write()).on(&pool));
        let threads = of(&threads);
        assert_eq!(threads.len(), 2);
        assert_eq!(threads[1], there);
    });
}

/// Many writes after a read ahead go where the caller has read to, once.
#[test]
fn one_position() {
    limit(|| {
        let name = format!("smartcall-pipe-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, b"one two three four").expect("it is written");
        let file = File::options().read(true).write(true).open(&path);
        let mut io = DualIo::blocking(file.expect("it is there"));
        pollster::block_on(async {
            io.read_exact(&mut [0; 4]).await.expect("it reads");
            for byte in b"TWO" {
                io.write_all(&[*byte]).await.expect("it writes");
            }
            let mut to = [0; 6];
            io.read_exact(&mut to).await.expect("it reads");
            assert_eq!(&to, b" three");
            for byte in b"-FOUR-" {
                io.write_all(&[*byte]).await.expect("it writes");
            }
            io.flush().await.expect("it writes");
            let all = fs::read(&path).expect("it is there");
            assert_eq!(all, b"one TWO three-FOUR-");
        });
        fs::remove_file(&path).expect("it is there");
    });
}

/// Where a write is alone under a `.get()`, it is written there and then, also after one that a pool has written.
#[test]
fn alone_after_a_job() {
    limit(|| {
        let (noting, threads) = Noting::new(Vec::new());
        let mut io = DualIo::blocking(noting);
        pollster::block_on(async {
            io.write_all(b"ab").await.expect("it writes");
            io.flush().await.expect("it writes");
        });
        let count = Cell::new(0);
        Dual::future(async {
            for _ in 0..10 {
                io.write_all(b"cd").await.expect("it writes");
                count.set(count.get() + 1);
                assert_eq!(
                    io.get_ref().expect("it is here").inner.len(),
                    2 + 2 * count.get()
                );
            }
        })
        .get();
        assert_eq!(of(&threads).last(), Some(&thread::current().id()));
    });
}
