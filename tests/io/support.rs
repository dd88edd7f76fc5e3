//! What the tests of this folder share.

#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::future::Future;
use std::io::{self, Read, Seek, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::io::{AsyncRead, AsyncSeek, AsyncWrite};
use smartcall::Dual;
use smartcall::offload::{Job, Limited, Pool};

#[cfg(feature = "executor")]
use crate::common::one_thread;

/// Some bytes that differ from each other.
pub fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i % 251) as u8).collect()
}

/// Runs async code under each kind of caller.
pub fn await_everywhere<F: Future<Output = ()> + Send + 'static>(body: impl Fn() -> F) {
    pollster::block_on(body());
    Dual::future(body()).get();
    #[cfg(feature = "executor")]
    {
        let ex = one_thread();
        ex.block_on(body());
        ex.block_on(ex.spawn(body()));
    }
    #[cfg(feature = "tokio")]
    {
        let runtime = multi_thread();
        runtime.block_on(body());
        runtime
            .block_on(runtime.spawn(body()))
            .expect("it does not panic");
    }
}

#[cfg(feature = "tokio")]
pub fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("it starts")
}

/// A pool that counts its jobs.
#[derive(Default)]
pub struct CountingPool(AtomicUsize);

impl CountingPool {
    pub fn jobs(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Pool for CountingPool {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.0.fetch_add(1, Ordering::SeqCst);
        thread::spawn(|| job.run());
        Ok(())
    }
}

/// A list of threads, in the order of the calls that they made.
pub type Threads = Arc<Mutex<Vec<ThreadId>>>;

/// The threads, without repetition in a row.
pub fn of(threads: &Threads) -> Vec<ThreadId> {
    let mut threads = threads.lock().expect("no test panics with it").clone();
    threads.dedup();
    threads
}

/// A sync reader or writer that notes which threads call it.
pub struct Noting<T> {
    pub inner: T,
    pub threads: Threads,
}

impl<T> Noting<T> {
    pub fn new(inner: T) -> (Self, Threads) {
        let threads = Threads::default();
        let noting = Noting {
            inner,
            threads: Arc::clone(&threads),
        };
        (noting, threads)
    }

    fn note(&self) {
        let mut threads = self.threads.lock().expect("no test panics with it");
        threads.push(thread::current().id());
    }
}

impl<T: Read> Read for Noting<T> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.note();
        self.inner.read(to)
    }
}

impl<T: Write> Write for Noting<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.note();
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.note();
        self.inner.flush()
    }
}

/// A sync reader of what a test sends. It ends when the sender is dropped.
pub struct FromTest(pub Receiver<Vec<u8>>);

pub fn from_test() -> (Sender<Vec<u8>>, FromTest) {
    let (sender, receiver) = mpsc::channel();
    (sender, FromTest(receiver))
}

impl Read for FromTest {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.recv().unwrap_or_default();
        to[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// A sync reader, writer and seeker whose every call waits until the test has opened a gate: once for each, or for ever by dropping
/// the sender.
pub struct Gated<T> {
    pub inner: T,
    gate: Receiver<()>,
}

impl<T> Gated<T> {
    pub fn new(inner: T) -> (Sender<()>, Self) {
        let (opens, gate) = mpsc::channel();
        (opens, Gated { inner, gate })
    }

    fn open(&mut self) -> &mut T {
        let _ = self.gate.recv();
        &mut self.inner
    }
}

impl<T: Read> Read for Gated<T> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.open().read(to)
    }
}

impl<T: Write> Write for Gated<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open().flush()
    }
}

impl<T: Seek> Seek for Gated<T> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.open().seek(to)
    }
}

/// What a test shares with a writer.
#[derive(Clone, Default)]
pub struct Written(pub Arc<Mutex<Vec<u8>>>);

impl Written {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no test panics with it").clone()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no test panics with it")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An async reader, writer and seeker that is pending before each call. Another thread wakes it.
pub struct Pends<T> {
    pub inner: T,
    pending: bool,
}

impl<T: Unpin> Pends<T> {
    pub fn new(inner: T) -> Self {
        Pends {
            inner,
            pending: false,
        }
    }

    fn ready(&mut self, cx: &mut Context<'_>) -> Poll<Pin<&mut T>> {
        self.pending = !self.pending;
        if self.pending {
            let waker = cx.waker().clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_micros(100));
                waker.wake();
            });
            return Poll::Pending;
        }
        Poll::Ready(Pin::new(&mut self.inner))
    }
}

macro_rules! ready {
    ($this:ident, $cx:ident) => {
        std::task::ready!($this.ready($cx))
    };
}

impl<T: AsyncRead + Unpin> AsyncRead for Pends<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self, cx).poll_read(cx, to)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Pends<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self, cx).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self, cx).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self, cx).poll_close(cx)
    }
}

impl<T: AsyncSeek + Unpin> AsyncSeek for Pends<T> {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: io::SeekFrom,
    ) -> Poll<io::Result<u64>> {
        ready!(self, cx).poll_seek(cx, to)
    }
}

/// Polls a read once, with a waker that does nothing.
pub fn poll_read(io: &mut (impl AsyncRead + Unpin), to: &mut [u8]) -> Poll<io::Result<usize>> {
    Pin::new(io).poll_read(&mut Context::from_waker(Waker::noop()), to)
}

/// Polls a write once, with a waker that does nothing.
pub fn poll_write(io: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Poll<io::Result<usize>> {
    Pin::new(io).poll_write(&mut Context::from_waker(Waker::noop()), bytes)
}

/// Checks that a call has failed as a writer does that has no room.
#[track_caller]
pub fn assert_full<T>(result: io::Result<T>) {
    let error = result.map(|_| ()).expect_err("it has failed");
    assert_eq!(error.to_string(), "the disk is full");
}

/// A pool of one thread, which waits for the test. The job is given up if what comes second is dropped.
pub fn occupied() -> (Limited, impl Unpin, Sender<()>) {
    let pool = Limited::new(1.try_into().expect("it is not zero"));
    let (go_on, waits) = mpsc::channel::<()>();
    let mut occupies = Box::pin(Dual::blocking(move || waits.recv()).on(&pool));
    assert!(crate::common::poll(&mut occupies).is_pending());
    (pool, occupies, go_on)
}
