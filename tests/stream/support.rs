//! What the tests of this folder share.

#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::fmt::Debug;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, ThreadId};

use smartcall::offload::{Job, Pool};
use smartcall::{Dual, DualStream, Source};

use crate::common::wait_until;

/// Awaits all items, one by one.
pub async fn all<T, S: Source<Item = T>>(mut stream: DualStream<T, S>) -> Vec<T> {
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    items
}

/// Takes all items in a `for`.
#[track_caller]
pub fn all_in_for<T, S: Source<Item = T>>(stream: DualStream<T, S>) -> Vec<T> {
    let mut items = Vec::new();
    for item in stream {
        items.push(item);
    }
    items
}

/// Takes the items of a stream by each caller, and gives what they got: it is the same for all.
#[track_caller]
pub fn by_each<T, S>(make: impl Fn() -> DualStream<T, S>) -> Vec<T>
where
    T: PartialEq + Debug + Send + 'static,
    S: Source<Item = T> + Send + 'static,
{
    let got = all_in_for(make());
    assert_eq!(pollster::block_on(all(make())), got, "an unknown executor");
    // The rest is compiled once for all types of items.
    let texts: Vec<_> = got.iter().map(|item| format!("{item:?}")).collect();
    by_each_boxed(&|| make().map(|item| format!("{item:?}")).boxed(), &texts);
    got
}

#[track_caller]
fn by_each_boxed(make: &dyn Fn() -> DualStream<String>, got: &[String]) {
    assert_eq!(all_in_for(make()), got, "boxed");
    assert_eq!(make().collect::<Vec<_>>().get(), got, "collected");
    let collected: Vec<_> = pollster::block_on(futures::StreamExt::collect(make()));
    assert_eq!(collected, got, "by `StreamExt`");
    assert_eq!(Dual::future(all(make())).get(), got, "driven, alone");
    let joined = async { futures::join!(all(make()), all(make())) };
    let (one, two) = Dual::future(joined).get();
    assert_eq!(one, got, "driven, in a join");
    assert_eq!(two, got, "driven, in a join");
    let (mut stream, mut awaits) = (make(), false);
    let mut next = || {
        awaits = !awaits;
        match awaits {
            true => pollster::block_on(stream.next()),
            false => stream.next().get(),
        }
    };
    let mut items = Vec::new();
    while let Some(item) = next() {
        items.push(item);
    }
    assert_eq!(items, got, "alternating");
    #[cfg(feature = "executor")]
    {
        let ex = crate::common::one_thread();
        let task = ex.spawn(all(make()));
        assert_eq!(ex.block_on(task), got, "a task of an `Executor` awaits");
        let stream = make();
        let task = ex.spawn(async move { all_in_for(stream) });
        assert_eq!(ex.block_on(task), got, "a task of an `Executor` iterates");
        let local = smartcall::LocalExecutor::new();
        let task = local.spawn(all(make()));
        assert_eq!(local.block_on(task), got, "a task of a `LocalExecutor`");
    }
    let runtime = multi_thread(1);
    let task = runtime.spawn(all(make()));
    assert_eq!(runtime.block_on(task).expect("no panic"), got, "tokio");
    #[cfg(feature = "tokio")]
    {
        let stream = make();
        let task = runtime.spawn(async move { all_in_for(stream) });
        let items = runtime.block_on(task).expect("no panic");
        assert_eq!(items, got, "a task of tokio iterates");
    }
    let items = current_thread().block_on(all(make()));
    assert_eq!(items, got, "a current-thread runtime of tokio");
}

pub fn multi_thread(workers: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .expect("it starts")
}

pub fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("it starts")
}

/// Runs async code in each kind of executor, one after the other.
pub fn in_each_executor<F>(make: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    pollster::block_on(make());
    #[cfg(feature = "executor")]
    {
        let ex = crate::common::one_thread();
        ex.block_on(ex.spawn(make()));
        let local = smartcall::LocalExecutor::new();
        local.block_on(local.spawn(make()));
    }
    let runtime = multi_thread(1);
    runtime.block_on(runtime.spawn(make())).expect("no panic");
    current_thread().block_on(make());
}

/// The thread that this is called on.
pub fn id() -> ThreadId {
    thread::current().id()
}

/// A pool with a thread for each job. It counts its jobs.
#[derive(Default)]
pub struct Counting {
    jobs: AtomicUsize,
    running: Arc<AtomicUsize>,
}

impl Counting {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// How many jobs it was given.
    pub fn jobs(&self) -> usize {
        self.jobs.load(Ordering::SeqCst)
    }

    /// Waits until no job runs.
    pub fn wait_until_idle(&self) {
        wait_until(|| self.running.load(Ordering::SeqCst) == 0);
    }
}

impl Pool for Counting {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.jobs.fetch_add(1, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Arc::clone(&self.running);
        thread::spawn(move || {
            job.run();
            running.fetch_sub(1, Ordering::SeqCst);
        });
        Ok(())
    }
}

/// An iterator that counts upwards from 0 without an end. It counts what it has made, and tells where it is dropped.
pub struct Numbers {
    pub next: u32,
    made: Arc<AtomicUsize>,
    dropped: mpsc::Sender<ThreadId>,
}

/// What has become of `Numbers`.
pub struct Watch {
    made: Arc<AtomicUsize>,
    drops: mpsc::Receiver<ThreadId>,
}

pub fn numbers() -> (Numbers, Watch) {
    let (dropped, drops) = mpsc::channel();
    let made = Arc::new(AtomicUsize::new(0));
    let numbers = Numbers {
        next: 0,
        made: Arc::clone(&made),
        dropped,
    };
    (numbers, Watch { made, drops })
}

impl Iterator for Numbers {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let item = self.next;
        self.next += 1;
        self.made.fetch_add(1, Ordering::SeqCst);
        Some(item)
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        let _ = self.dropped.send(id());
    }
}

impl Watch {
    /// How many items were begun.
    pub fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    /// Whether there is still an iterator.
    pub fn is_alive(&self) -> bool {
        matches!(self.drops.try_recv(), Err(mpsc::TryRecvError::Empty))
    }

    /// Waits until the iterator was dropped, and says where. It is dropped once.
    #[track_caller]
    pub fn dropped_on(self) -> ThreadId {
        let thread = self.drops.recv().expect("it tells its drop");
        assert!(self.drops.recv().is_err(), "it is dropped once");
        thread
    }
}
