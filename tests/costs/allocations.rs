//! What is allocated, counted exactly.
//!
//! The counter counts for the whole process, so each test runs as a child.

use std::cell::RefCell;
use std::future::{self, Future};
use std::hint::black_box;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use futures::io::AsyncWrite;
use futures::{Stream, stream};
use futures_lite::future::yield_now;
use smartcall::context::{self, Host};
use smartcall::io::Blocking;
use smartcall::offload::{Job, Pool};
use smartcall::{Dual, DualIo, DualOf, DualStream, Emit, SmartCall, Source, Work};
use stats_alloc::Region;

use crate::ALLOCATOR;
use crate::common::in_child;

/// How often a call is made for one count, so that what grows now and then shows as well.
const CALLS: usize = 100;

/// Counts the allocations of so many calls, each of which gives a five.
///
/// The test runner's main thread may allocate meanwhile, so the least of a few counts is taken.
async fn allocations(call: impl AsyncFn() -> u32) -> usize {
    least_of(10, CALLS, call).await
}

/// Counts the allocations of some calls, in so many rounds, and returns the least.
async fn least_of(rounds: usize, calls: usize, call: impl AsyncFn() -> u32) -> usize {
    let mut least = usize::MAX;
    // The first round warms up.
    for round in 0..rounds {
        let region = Region::new(ALLOCATOR);
        for _ in 0..calls {
            assert_eq!(black_box(call().await), 5);
        }
        let change = region.change();
        if round > 0 {
            least = least.min(change.allocations + change.reallocations);
        }
    }
    least
}

#[track_caller]
fn assert_allocations(each: usize, call: impl AsyncFn() -> u32) {
    assert_eq!(pollster::block_on(allocations(call)), each * CALLS);
}

fn five() -> u32 {
    black_box(5)
}

async fn five_async() -> u32 {
    black_box(5)
}

fn five_smart() -> DualOf<impl Work<Output = u32>> {
    Dual::future(five_async())
}

/// `get` allocates nothing, by the handle and through the trait.
#[test]
fn get_allocates_nothing() {
    in_child(|| {
        assert_allocations(0, async || Dual::future(five_async()).get());
        assert_allocations(0, async || Dual::blocking(five).get());
        assert_allocations(0, async || Dual::in_place(five).get());
        assert_allocations(0, async || Dual::pair(5, |n| n, async |n| n).get());
        assert_allocations(0, async || Dual::ready(5).get());
        assert_allocations(0, async || five.invoke().get());
        assert_allocations(0, async || five_async.invoke().get());
        assert_allocations(0, async || five_smart.invoke().get());
        assert_allocations(0, async || {
            Dual::future(five_async()).try_get().unwrap_or(0)
        });
    });
}

/// `.await` allocates nothing through the handle.
#[test]
fn await_allocates_nothing() {
    in_child(|| {
        assert_allocations(0, async || Dual::future(five_async()).await);
        assert_allocations(0, async || five_async.invoke().await);
        assert_allocations(0, async || five_smart.invoke().await);
        assert_allocations(0, async || Dual::in_place(five).await);
        assert_allocations(0, async || Dual::ready(5).await);
        assert_allocations(0, async || context::inside(five_smart()).await);
    });
}

/// Nested drivers, waits, and sync code in a driven future allocate nothing.
#[test]
fn driving_allocates_nothing() {
    in_child(|| {
        let nested = || Dual::future(async { five_smart().get() }).get();
        assert_allocations(0, async || Dual::future(async { nested() }).get());
        let waits = async || {
            yield_now().await;
            5
        };
        assert_allocations(0, async || Dual::future(waits()).get());
        assert_allocations(0, async || {
            Dual::future(async { waits.invoke().get() }).get()
        });
        let sync_twice = async || five.invoke().await + five.invoke().await - 5;
        assert_allocations(0, async || Dual::future(sync_twice()).get());
    });
}

/// A box is one allocation, and so is the value that the first deref stores.
#[test]
fn box_and_deref_allocate_once_each() {
    in_child(|| {
        assert_allocations(1, async || five_smart().boxed().get());
        assert_allocations(1, async || five_smart().boxed_local().get());
        assert_allocations(1, async || five_smart().boxed().await);
        assert_allocations(2, async || *five_smart().boxed());
        assert_allocations(2, async || *five_smart().boxed_local());
        assert_allocations(2, async || {
            let dual = five_smart().boxed();
            assert_eq!(*dual + *dual, 10);
            dual.get()
        });
    });
}

/// A time limit costs one allocation a handle. A boxed handle uses its box, and a ready one needs
/// none.
#[test]
fn time_limit_allocates_once() {
    const LONG: Duration = Duration::from_secs(600);

    fn five<T, W: Work<Output = T>>(got: Result<T, Dual<T, W>>) -> T {
        got.unwrap_or_else(|_| panic!("it is there in time"))
    }

    async fn yields() -> u32 {
        yield_now().await;
        yield_now().await;
        5
    }

    in_child(|| {
        assert_allocations(1, async || five(five_smart().get_timeout(LONG)));
        assert_allocations(1, async || five(five_smart().boxed().get_timeout(LONG)));
        assert_allocations(1, async || {
            five(five_smart().boxed_local().get_timeout(LONG))
        });
        assert_allocations(0, async || five(Dual::ready(5).get_timeout(LONG)));
        assert_allocations(0, async || five(Dual::in_place(|| 5).get_timeout(LONG)));
        assert_allocations(0, async || {
            five(Dual::in_place(|| 5).map(|n| n).get_timeout(LONG))
        });
        assert_allocations(0, async || five(Dual::ready(5).now_or_later()));
        assert_allocations(0, async || five(Dual::in_place(|| 5).now_or_later()));
        assert_allocations(1, async || five(five_smart().now_or_later()));
        assert_allocations(1, async || five(five_smart().boxed().now_or_later()));
        // Limits that are not reached use one timer.
        assert_allocations(0, async || {
            Dual::future(yields()).timeout(LONG).await.unwrap_or(0)
        });
        assert_allocations(0, async || {
            Dual::future(yields()).timeout(LONG).get().unwrap_or(0)
        });
        assert_allocations(1, async || five(Dual::future(yields()).get_timeout(LONG)));
        // What came back has its box, whatever is done with it.
        let later = || {
            Dual::future(yields())
                .now_or_later()
                .expect_err("it yields")
        };
        assert_allocations(1, async || later().get());
        assert_allocations(1, async || later().await);
        assert_allocations(1, async || later().boxed().get());
        assert_allocations(1, async || {
            let later = later().now_or_later().expect_err("it yields again");
            five(later.get_timeout(LONG))
        });
    });
}

/// Steps allocate nothing, by each caller.
#[test]
fn steps_allocate_nothing() {
    in_child(|| {
        let steps = || five_smart().map(|n| n + 1).then(async |n| n - 1);
        assert_allocations(0, async || steps().get());
        assert_allocations(0, async || steps().await);
        assert_allocations(0, async || Dual::blocking(|| 4).then(|n| n + 1).get());
    });
}

/// Starts the threads of the pool: a job that finds none idle would start one, which allocates.
fn start_pool() {
    const THREADS: usize = 8;
    let barrier = Arc::new(Barrier::new(THREADS));
    let jobs = [(); THREADS].map(|()| {
        let barrier = Arc::clone(&barrier);
        ::blocking::unblock(move || barrier.wait().is_leader())
    });
    pollster::block_on(futures::future::join_all(jobs));
}

/// A hop to the pool allocates once, as `blocking::unblock` does. Much that is captured is in a box of its own.
#[test]
fn pool_hop_allocates_once() {
    in_child(|| {
        start_pool();
        assert_allocations(1, async || ::blocking::unblock(five).await);
        assert_allocations(1, async || Dual::blocking(five).await);
        assert_allocations(1, async || five.invoke().await);
        let large = black_box([5_u8; 1000]);
        assert_allocations(2, async || {
            Dual::blocking(move || u32::from(large[0])).await
        });
        // From a thread of the pool as well.
        let hops = || pollster::block_on(allocations(async || five.invoke().await));
        assert_eq!(pollster::block_on(Dual::blocking(hops)), CALLS);
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::Executor::builder().threads(1).build();
            let hops = allocations(async || five.invoke().await);
            assert_eq!(ex.block_on(hops), CALLS);
        }
    });
}

/// A hop from a task allocates no more, on each kind of executor.
#[cfg(feature = "executor")]
#[test]
fn pool_hop_of_a_task_allocates_once() {
    use smartcall::{Executor, LocalExecutor};

    in_child(|| {
        start_pool();
        // In short rounds: a queue of tasks that wait for their turn grows now and then, and an executor looks every 10 ms
        // at polls that last, as all do where many threads share the cores.
        let hops = || least_of(100, 10, async || five.invoke().await);
        let ex = Executor::builder().threads(1).build();
        assert_eq!(ex.block_on(ex.spawn(hops())), 10, "in a task");
        let ex = Executor::from(Arc::new(async_executor::Executor::new()));
        assert_eq!(ex.block_on(ex.spawn(hops())), 10, "in an adopted one");
        let ex = LocalExecutor::new();
        assert_eq!(ex.block_on(ex.spawn(hops())), 10, "in a local one");
    });
}

/// A host with a pool of one thread, or with none: then it gives the jobs back.
struct OwnPool {
    jobs: Option<SyncSender<Job>>,
}

impl Host for OwnPool {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        match &self.jobs {
            // A bounded channel allocates nothing to send.
            Some(jobs) => jobs.send(job).map_err(|refused| refused.0),
            None => Err(job),
        }
    }
}

/// Awaits blocking code under a host.
fn hop(host: &Arc<OwnPool>) -> impl Future<Output = u32> {
    context::hosted(host, Dual::blocking(five))
}

/// A hop through a host's own pool allocates once, for the `Job`.
#[test]
fn host_offload_allocates_once() {
    in_child(|| {
        let (jobs, queue) = mpsc::sync_channel::<Job>(1);
        let pool = thread::spawn(move || queue.into_iter().for_each(Job::run));
        let host = Arc::new(OwnPool { jobs: Some(jobs) });
        assert_allocations(1, async || hop(&host).await);
        // Much that is captured is in a box of its own.
        let large = black_box([5_u8; 1000]);
        assert_allocations(2, async || {
            let code = Dual::blocking(move || u32::from(large[0]));
            context::hosted(&host, code).await
        });
        drop(host);
        pool.join().expect("jobs do not panic through it");
    });
}

/// A job that the host refuses goes to the default pool as it is.
#[test]
fn refused_host_offload_allocates_once() {
    in_child(|| {
        start_pool();
        let host = Arc::new(OwnPool { jobs: None });
        assert_allocations(1, async || hop(&host).await);
    });
}

/// Each `carry` hook allocates for its state, and all of them together once for their list.
#[test]
fn pool_hop_with_carry_hooks() {
    in_child(|| {
        start_pool();
        for hooks in 1..4 {
            context::carry(|| {
                let taken = black_box(5);
                move |body: &mut dyn FnMut()| {
                    black_box(taken);
                    body();
                }
            });
            assert_allocations(2 + hooks, async || five.invoke().await);
            assert_allocations(0, async || five.invoke().get());
        }
    });
}

/// Counts the allocations of the items of a stream, after so many to warm up, and returns the least of some counts.
async fn allocations_of_items<S: Source<Item = u32>>(mut stream: DualStream<u32, S>) -> usize {
    for _ in 0..CALLS {
        assert_eq!(stream.next().await, Some(5));
    }
    let stream = RefCell::new(stream);
    allocations(async || {
        let item = future::poll_fn(|cx| Pin::new(&mut *stream.borrow_mut()).poll_next(cx));
        item.await.expect("there is no end")
    })
    .await
}

/// The same for a `for`, and for a `next` that is got.
fn allocations_of_got_items<S: Source<Item = u32>>(stream: DualStream<u32, S>) -> usize {
    let mut iter = stream.into_iter();
    for _ in 0..CALLS {
        assert_eq!(iter.next(), Some(5));
    }
    let iter = RefCell::new(iter);
    let in_for = pollster::block_on(allocations(async || {
        iter.borrow_mut().next().expect("there is no end")
    }));
    let stream = RefCell::new(iter.into_inner().into_stream());
    let got = pollster::block_on(allocations(async || {
        stream.borrow_mut().next().get().expect("there is no end")
    }));
    assert_eq!(in_for, got);
    got
}

fn fives() -> std::iter::RepeatWith<fn() -> u32> {
    std::iter::repeat_with(five)
}

async fn hands_out_fives(mut out: Emit<u32>) {
    loop {
        out.emit(five()).await;
    }
}

/// A stream whose items are there, or whose iterator runs here, allocates nothing. A box, and a stream of async code, are one
/// allocation.
#[test]
fn streams_allocate_once_at_most() {
    in_child(|| {
        fn first<S: Source<Item = u32>>(mut stream: DualStream<u32, S>) -> u32 {
            stream.next().get().expect("there is no end")
        }

        let pages = || DualStream::pages(|_: Option<u32>| Ok::<_, ()>((fives(), None)));
        assert_allocations(0, async || first(DualStream::ready(fives())));
        assert_allocations(0, async || first(DualStream::blocking(fives())));
        assert_allocations(1, async || first(DualStream::blocking(fives()).boxed()));
        assert_allocations(1, async || first(DualStream::ready(fives()).boxed_local()));
        assert_allocations(1, async || first(DualStream::stream(stream::iter(fives()))));
        assert_allocations(0, async || {
            first(DualStream::ready(fives()).map(|n| n).take(1))
        });
        assert_allocations(0, async || {
            first(DualStream::ready(fives()).filter(|_| true))
        });
        // The place of the step, of the fetch, and of the verdict.
        assert_allocations(1, async || first(DualStream::ready(fives()).then(|n| n)));
        assert_allocations(1, async || first(pages().map(|n| n.expect("no error"))));
        assert_allocations(1, async || {
            first(DualStream::ready(fives()).filter(|_| future::ready(true)))
        });
        // The mouth, the body, and the slot, which is a ring buffer with its room.
        assert_allocations(4, async || first(DualStream::generate(hands_out_fives)));
    });
}

/// Taking an item allocates nothing in a `for`.
#[test]
fn got_items_allocate_nothing() {
    in_child(|| {
        assert_eq!(allocations_of_got_items(DualStream::ready(fives())), 0);
        assert_eq!(allocations_of_got_items(DualStream::blocking(fives())), 0);
        assert_eq!(
            allocations_of_got_items(DualStream::blocking(fives()).boxed()),
            0
        );
        let asynchronous = || DualStream::stream(stream::repeat_with(five));
        assert_eq!(allocations_of_got_items(asynchronous()), 0);
        assert_eq!(
            allocations_of_got_items(DualStream::generate(hands_out_fives)),
            0
        );
        let pages = || DualStream::pages(|_: Option<u32>| Ok::<_, ()>((fives(), None)));
        assert_eq!(
            allocations_of_got_items(pages().map(|n| n.expect("no error"))),
            0
        );
        let changed = || DualStream::blocking(fives()).map(|n| n).filter(|_| true);
        assert_eq!(allocations_of_got_items(changed()), 0);
        let decided = || DualStream::blocking(fives()).filter(|_| future::ready(true));
        assert_eq!(allocations_of_got_items(decided()), 0);
        assert_eq!(
            allocations_of_got_items(DualStream::blocking(fives()).then(|n| n)),
            0
        );
    });
}

/// Awaited items of async code allocate nothing, nor do those of an iterator that a driven future awaits alone.
#[test]
fn awaited_items_allocate_nothing() {
    in_child(|| {
        let awaited = |count| assert_eq!(count, 0);
        awaited(pollster::block_on(allocations_of_items(DualStream::ready(
            fives(),
        ))));
        let asynchronous = || DualStream::stream(stream::repeat_with(five));
        awaited(pollster::block_on(allocations_of_items(asynchronous())));
        awaited(pollster::block_on(allocations_of_items(
            DualStream::generate(hands_out_fives),
        )));
        let pages = || DualStream::pages(async |_: Option<u32>| Ok::<_, ()>((fives(), None)));
        let pages = pages().map(|n| n.expect("no error"));
        awaited(pollster::block_on(allocations_of_items(pages)));
        awaited(Dual::future(allocations_of_items(asynchronous())).get());
        awaited(Dual::future(allocations_of_items(DualStream::blocking(fives()))).get());
    });
}

/// A pool with one thread, which counts its jobs.
struct CountsJobs {
    jobs: SyncSender<Job>,
    count: AtomicUsize,
}

impl Pool for CountsJobs {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.count.fetch_add(1, Ordering::SeqCst);
        // A bounded channel allocates nothing to send.
        self.jobs.send(job).map_err(|refused| refused.0)
    }
}

/// An awaited iterator allocates once for each fill, for its job.
#[test]
fn awaited_iterator_allocates_once_a_fill() {
    in_child(|| {
        let (jobs, queue) = mpsc::sync_channel::<Job>(4);
        thread::spawn(move || queue.into_iter().for_each(Job::run));
        let pool = Arc::new(CountsJobs {
            jobs,
            count: AtomicUsize::new(0),
        });
        for ahead in [1, 2, 64] {
            let mut stream = DualStream::blocking(fives()).ahead(ahead).on(&pool);
            let mut least = usize::MAX;
            pollster::block_on(async {
                for _ in 0..10_000 {
                    assert_eq!(stream.next().await, Some(5));
                }
                for _ in 0..10 {
                    let (region, before) =
                        (Region::new(ALLOCATOR), pool.count.load(Ordering::SeqCst));
                    for _ in 0..1_000 {
                        assert_eq!(black_box(stream.next().await), Some(5));
                    }
                    let change = region.change();
                    let jobs = pool.count.load(Ordering::SeqCst) - before;
                    let allocated = change.allocations + change.reallocations;
                    least = least.min(allocated.saturating_sub(jobs));
                    assert!(jobs > 0);
                }
            });
            assert_eq!(least, 0, "{ahead} ahead");
        }
    });
}

/// A stream that is awaited allocates so often, up to its end: for the iterator and its place, the queue with room for items, and
/// a job.
#[test]
fn awaited_stream() {
    in_child(|| {
        start_pool();
        assert_allocations(6, async || {
            let mut stream = DualStream::blocking([five()]);
            let item = stream.next().await.expect("it is there");
            assert_eq!(stream.next().await, None);
            item
        });
    });
}

/// A writer that waits in each call until the test lets it go on.
struct Gate(mpsc::Receiver<()>);

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.recv().map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes five bytes, and returns how many were taken.
async fn write_five(io: &RefCell<DualIo<Blocking<Gate>>>) -> u32 {
    let write = future::poll_fn(|cx| Pin::new(&mut *io.borrow_mut()).poll_write(cx, b"bytes"));
    u32::try_from(write.await.expect("it is taken")).expect("it is small")
}

/// Once its buffers have grown, a write that is taken while a job writes allocates nothing, and one that finds the writer here
/// allocates once, for the job.
#[test]
fn awaited_writes() {
    in_child(|| {
        start_pool();
        let (opens, gate) = mpsc::sync_channel(4);
        let io = RefCell::new(DualIo::blocking(Gate(gate)));
        let flush = async || {
            let flush = future::poll_fn(|cx| Pin::new(&mut *io.borrow_mut()).poll_flush(cx));
            flush.await.expect("it is written");
        };
        pollster::block_on(async {
            // One buffer grows, and then the other one.
            for _ in 0..2 {
                write_five(&io).await;
                for _ in 0..10 * CALLS {
                    write_five(&io).await;
                }
                opens.send(()).expect("it waits");
                opens.send(()).expect("it waits");
                flush().await;
            }
            write_five(&io).await;
            assert_eq!(allocations(async || write_five(&io).await).await, 0);
            opens.send(()).expect("it waits");
            opens.send(()).expect("it waits");
            flush().await;
        });
        let one = async || {
            let count = write_five(&io).await;
            opens.send(()).expect("it waits");
            // It comes back, and is not flushed: that is another job.
            let empty = future::poll_fn(|cx| Pin::new(&mut *io.borrow_mut()).poll_write(cx, &[]));
            assert_eq!(empty.await.expect("it is written"), 0);
            count
        };
        assert_allocations(1, one);
    });
}
