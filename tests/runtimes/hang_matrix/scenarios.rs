//! The scenarios of the hang matrix: each blocks somewhere, on some executor.

use std::cell::RefCell;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures::executor::LocalPool;
use futures::future::{BoxFuture, Either, join_all, select};
use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::LocalSpawnExt;
use smartcall::context::{self, Host, Job};
use smartcall::{CannotBlock, Dual, Executor, LocalExecutor, offload};

use super::executors::{Cancel, Ex, Run};
use super::{LAST_WORDS, show};

/// This file, as a panic names it.
pub(super) const FILE: &str = file!();

// Tasks that wait for tasks -------------------------------------------------------------

/// Gets a future's value on this thread, whatever it is.
#[track_caller]
fn get<T>(future: impl Future<Output = T>) -> T {
    Dual::future(future).get()
}

/// Runs sync code in a task.
fn in_a_task(ex: Ex, code: impl FnOnce(&Ex) + Send + 'static) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move { code(&inner) }).await;
    })
}

pub(super) fn task_gets_its_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| assert_eq!(get(ex.spawn(async { 5 })), 5))
}

/// By an executor's `block_on`, of a task of any executor.
pub(super) fn task_blocks_on_its_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let other = || Arc::new(Executor::builder().threads(1).build());
        let shim = ex.shim.clone().unwrap_or_else(other);
        assert_eq!(shim.block_on(ex.spawn(async { 5 })), 5);
    })
}

pub(super) fn root_gets_a_task_after_a_wait(ex: Ex) -> Run {
    Box::pin(async move {
        ex.spawn(async {}).await;
        assert_eq!(get(ex.spawn(async { 5 })), 5);
    })
}

pub(super) fn task_gets_its_task_after_a_wait(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move {
            inner.spawn(async {}).await;
            assert_eq!(get(inner.spawn(async { 5 })), 5);
        })
        .await;
    })
}

pub(super) fn task_gets_the_next_in_the_queue(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        let tasks = ex.spawn(async move {
            let (sender, receiver) = oneshot::channel();
            let gets = inner.spawn(async { assert_eq!(get(receiver), Ok(5)) });
            let sends = inner.spawn(async { assert_eq!(sender.send(5), Ok(())) });
            (gets, sends)
        });
        let (gets, sends) = tasks.await;
        gets.await;
        sends.await;
    })
}

pub(super) fn local_task_in_a_task_gets_a_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let local = LocalExecutor::new();
        let task = ex.spawn(async { 5 });
        let gets = local.spawn(async { get(task) });
        assert_eq!(local.block_on(gets), 5);
    })
}

pub(super) fn task_is_got_by_the_one_it_waits_for(ex: Ex) -> Run {
    Box::pin(async move {
        let (sender, receiver) = oneshot::channel();
        let first = ex.spawn(async { get(receiver) });
        let second = ex.spawn(async {
            assert_eq!(sender.send(5), Ok(()));
            get(first)
        });
        assert_eq!(second.await, Ok(5));
    })
}

/// Meetings of the first few to come, so that all workers are taken at once.
struct Meeting {
    come: AtomicUsize,
    workers: usize,
    barrier: Barrier,
}

impl Meeting {
    fn of(workers: usize) -> Arc<Self> {
        Arc::new(Meeting {
            come: AtomicUsize::new(0),
            workers,
            barrier: Barrier::new(workers),
        })
    }

    fn meet(&self) {
        if self.come.fetch_add(1, Ordering::Relaxed) < self.workers {
            self.barrier.wait();
        }
    }
}

pub(super) fn pairs(ex: Ex) -> Run {
    Box::pin(async move {
        let meeting = Meeting::of(ex.workers);
        for _ in 0..200 {
            let pairs = (0..8).map(|i| {
                let inner = ex.clone();
                let meeting = Arc::clone(&meeting);
                ex.spawn(async move {
                    let (sender, receiver) = oneshot::channel();
                    meeting.meet();
                    let sends = inner.spawn(async move { assert_eq!(sender.send(i), Ok(())) });
                    assert_eq!(get(receiver), Ok(i));
                    sends.await;
                })
            });
            join_all(pairs).await;
        }
    })
}

// Other places to get from --------------------------------------------------------------

pub(super) fn plain_thread_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let task = ex.spawn(async { 5 });
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || sender.send(get(task)));
        assert_eq!(receiver.await, Ok(5));
    })
}

pub(super) fn root_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move { assert_eq!(get(ex.spawn(async { 5 })), 5) })
}

pub(super) fn blocking_code_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move {
            let task = inner.spawn(async { 5 });
            assert_eq!(Dual::blocking(move || get(task)).await, 5);
        })
        .await;
    })
}

pub(super) fn spawn_blocking_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        ex.spawn(async move {
            let task = inner.spawn(async { 5 });
            let got = tokio::task::spawn_blocking(move || get(task)).await;
            assert_eq!(got.expect("it ends"), 5);
        })
        .await;
    })
}

pub(super) fn block_in_place_gets_a_task(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let got = tokio::task::block_in_place(|| get(ex.spawn(async { 5 })));
        assert_eq!(got, 5);
    })
}

pub(super) fn enter_guard_gets_a_task(ex: Ex) -> Run {
    Box::pin(async move {
        let task = ex.spawn(async { 5 });
        let handle = tokio::runtime::Handle::current();
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            let _entered = handle.enter();
            sender.send(get(task))
        });
        assert_eq!(receiver.await, Ok(5));
    })
}

pub(super) fn task_beside_the_local_set_gets(_: Ex) -> Run {
    Box::pin(async {
        let task = tokio::spawn(async { get(tokio::spawn(async { 5 })).expect("it ends") });
        assert_eq!(task.await.expect("it ends"), 5);
    })
}

/// A `LocalSet` can't leave its thread, so this root has one of its own.
fn on_a_local_set(gets: fn() -> u32, is_task: bool) -> Run {
    Box::pin(async move {
        let handle = tokio::runtime::Handle::current();
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            let root = async {
                match is_task {
                    true => tokio::task::spawn_local(async move { gets() })
                        .await
                        .expect("it ends"),
                    false => gets(),
                }
            };
            sender.send(handle.block_on(tokio::task::LocalSet::new().run_until(root)))
        });
        assert_eq!(receiver.await, Ok(5));
    })
}

pub(super) fn local_set_task_gets(_: Ex) -> Run {
    on_a_local_set(get_a_local_task, true)
}

pub(super) fn local_set_root_gets(_: Ex) -> Run {
    on_a_local_set(get_a_local_task, false)
}

fn get_a_local_task() -> u32 {
    get(tokio::task::spawn_local(async { 5 })).expect("it ends")
}

/// Gets a task in a runtime of tokio that is entered, and does not run here.
fn get_in_an_entered(ex: &Ex, runtime: tokio::runtime::Runtime) {
    {
        let _entered = runtime.enter();
        assert_eq!(get(ex.spawn(async { 5 })), 5);
    }
    runtime.shutdown_background();
}

pub(super) fn task_in_a_tokio_of_one_gets(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        get_in_an_entered(ex, builder.build().expect("it starts"));
    })
}

pub(super) fn task_in_a_tokio_of_two_gets(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let builder = builder.worker_threads(2);
        get_in_an_entered(ex, builder.build().expect("it starts"));
    })
}

pub(super) fn task_gets_a_yield(ex: Ex) -> Run {
    in_a_task(ex, |ex| match ex.is_tokio() {
        true => get(tokio::task::yield_now()),
        false => get(futures_lite::future::yield_now()),
    })
}

pub(super) fn task_gets_messages_that_are_there(ex: Ex) -> Run {
    in_a_task(ex, |_| get_messages_that_are_there())
}

/// More of tokio's messages than the budget of one of its tasks allows for.
fn get_messages_that_are_there() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    for i in 0..1000 {
        sender.send(i).expect("it is open");
    }
    get(async {
        for i in 0..1000 {
            assert_eq!(receiver.recv().await, Some(i));
        }
    });
}

// What is got ---------------------------------------------------------------------------

/// A value from a thread that is no executor's.
fn from_elsewhere() -> impl Future<Output = u32> + Send + 'static {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || sender.send(5));
    async { receiver.await.expect("it is sent") }
}

pub(super) fn task_gets_from_elsewhere(ex: Ex) -> Run {
    in_a_task(ex, |_| assert_eq!(get(from_elsewhere()), 5))
}

pub(super) fn task_derefs(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        assert_eq!(*Dual::future(from_elsewhere()).boxed(), 5)
    })
}

pub(super) fn task_tries_to_get(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        let words = ex.spawn(async move {
            match Dual::future(inner.spawn(async { 5 })).try_get() {
                Ok(five) => {
                    assert_eq!(five, 5);
                    None
                }
                Err(refused) => Some(await_handle(refused).await),
            }
        });
        show_refusal(words.await);
    })
}

/// Awaits the handle that `try_get` gave back, and returns the words.
async fn await_handle<D: Future<Output = u32>>(refused: CannotBlock<D>) -> String {
    let words = refused.to_string();
    assert_eq!(refused.into_handle().await, 5);
    words
}

fn show_refusal(words: Option<String>) {
    if let Some(words) = words {
        show(&format!("refused: {words}"));
    }
}

pub(super) fn task_gets_what_is_there(ex: Ex) -> Run {
    Box::pin(async move {
        ex.spawn(async {
            assert_eq!(Dual::ready(5).get(), 5);
            assert_eq!(Dual::in_place(|| 5).get(), 5);
            assert_eq!(Dual::in_place(|| 5).await, 5);
        })
        .await;
    })
}

// Many gets at once ---------------------------------------------------------------------

/// A level takes more of the stack without optimisation.
const LEVELS: u32 = if cfg!(debug_assertions) { 200 } else { 1000 };

pub(super) fn nested_gets_on_one_stack(ex: Ex) -> Run {
    fn down(ex: &Ex, level: u32) -> u32 {
        match level {
            0 => get(ex.spawn(async { 0 })),
            _ => get(async { down(ex, level - 1) }) + 1,
        }
    }
    in_a_task(ex, |ex| assert_eq!(down(ex, LEVELS), LEVELS))
}

pub(super) fn nested_gets_with_tasks(ex: Ex) -> Run {
    fn down(ex: &Ex, level: u32) -> BoxFuture<'static, u32> {
        let inner = ex.clone();
        ex.spawn(async move {
            match level {
                0 => 0,
                _ => get(down(&inner, level - 1)) + 1,
            }
        })
    }
    Box::pin(async move { assert_eq!(down(&ex, LEVELS).await, LEVELS) })
}

pub(super) fn nested_gets_in_jobs(ex: Ex) -> Run {
    fn down(ex: &Ex, level: u32) -> BoxFuture<'static, u32> {
        let inner = ex.clone();
        ex.spawn(async move {
            if level == 0 {
                return 0;
            }
            let below = down(&inner, level - 1);
            Dual::blocking(move || get(below) + 1).await
        })
    }
    Box::pin(async move {
        offload::set_max_jobs(2.try_into().expect("it is not zero"));
        assert_eq!(down(&ex, LEVELS).await, LEVELS);
    })
}

/// A host with a thread for each job.
struct ThreadEach {
    jobs: AtomicUsize,
}

impl Host for ThreadEach {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        let thread = thread::Builder::new().name("the host's".into());
        thread.spawn(|| job.run()).expect("it starts");
        Ok(())
    }
}

pub(super) fn pool_of_a_host(ex: Ex) -> Run {
    Box::pin(async move {
        let host = Arc::new(ThreadEach {
            jobs: AtomicUsize::new(0),
        });
        let inner = ex.clone();
        let gets = async move {
            let task = inner.spawn(async { 5 });
            Dual::blocking(move || (get(task), thread::current().name().map(String::from))).await
        };
        let got = ex.spawn(context::hosted(&host, gets)).await;
        assert_eq!(got, (5, Some("the host's".into())));
        assert_eq!(host.jobs.load(Ordering::Relaxed), 1);
    })
}

pub(super) fn every_worker_gets(ex: Ex) -> Run {
    Box::pin(async move {
        let meeting = Meeting::of(ex.workers);
        let tasks = (0..10 * ex.workers).map(|i| {
            let inner = ex.clone();
            let meeting = Arc::clone(&meeting);
            ex.spawn(async move {
                meeting.meet();
                assert_eq!(get(inner.spawn(async move { i })), i);
            })
        });
        join_all(tasks).await;
    })
}

/// A worker takes several tasks off the executor's queue, and blocks in the first of them.
pub(super) fn task_waits_for_one_in_a_queue(ex: Ex) -> Run {
    Box::pin(async move {
        let inner = ex.clone();
        let (done, is_done) = oneshot::channel();
        let tasks = ex.spawn(async move {
            let blocks = inner.spawn(async { assert_eq!(get(is_done), Ok(())) });
            let queued: Vec<_> = (0..4).map(|i| inner.spawn(async move { i })).collect();
            let inner_too = inner.clone();
            let gets = inner.spawn(async move {
                let waits = inner_too.spawn(join_all(queued));
                assert_eq!(get(waits), [0, 1, 2, 3]);
            });
            (blocks, gets)
        });
        let (blocks, gets) = tasks.await;
        gets.await;
        assert_eq!(done.send(()), Ok(()));
        blocks.await;
    })
}

// Destructors and thread exits ----------------------------------------------------------

/// Tries to get a task when it is dropped.
struct GetsWhenDropped {
    ex: Ex,
    result: Option<oneshot::Sender<Got>>,
}

type Got = Result<u32, CannotBlock<Dual<u32>>>;

impl GetsWhenDropped {
    fn new(ex: &Ex) -> (Self, oneshot::Receiver<Got>) {
        let (result, got) = oneshot::channel();
        let gets = GetsWhenDropped {
            ex: ex.clone(),
            result: Some(result),
        };
        (gets, got)
    }
}

impl Drop for GetsWhenDropped {
    fn drop(&mut self) {
        let task = Dual::future(self.ex.spawn(async { 5 })).boxed();
        if let Some(result) = self.result.take() {
            drop(result.send(task.try_get()));
        }
    }
}

/// Shows what came of a `try_get`, whose handle works if it was given back.
async fn show_got(got: oneshot::Receiver<Got>) {
    match got.await.expect("it was dropped") {
        Ok(five) => assert_eq!(five, 5),
        Err(refused) => show_refusal(Some(await_handle(refused).await)),
    }
}

pub(super) fn try_get_in_a_drop(ex: Ex) -> Run {
    Box::pin(async move {
        let (gets, got) = GetsWhenDropped::new(&ex);
        ex.spawn(async { drop(gets) }).await;
        show_got(got).await;
    })
}

pub(super) fn try_get_in_a_cancelled_task(ex: Ex) -> Run {
    Box::pin(async move {
        let (gets, got) = GetsWhenDropped::new(&ex);
        let (begin, begun) = oneshot::channel();
        let end = ex.spawn_to_cancel(async move {
            let _gets = gets;
            begin.send(()).expect("somebody waits");
            pending().await
        });
        begun.await.expect("it begins");
        end(Cancel::Yes);
        show_got(got).await;
    })
}

/// Gets something when its thread ends.
struct GetsAtExit(mpsc::Sender<u32>);

impl Drop for GetsAtExit {
    fn drop(&mut self) {
        let _ = self.0.send(get(from_elsewhere()));
    }
}

thread_local! {
    static AT_EXIT: RefCell<Option<GetsAtExit>> = const { RefCell::new(None) };
}

/// Makes a task's thread get something when it ends. Thread-locals end in the order in which
/// they were first used, from the last to the first.
fn get_at_exit(ex: Ex, before: fn(), after: fn()) -> Run {
    in_a_task(ex, move |_| {
        let (sender, receiver) = mpsc::channel();
        *LAST_WORDS.lock().expect("not poisoned") = Some(receiver);
        before();
        AT_EXIT.with(|slot| *slot.borrow_mut() = Some(GetsAtExit(sender)));
        after();
    })
}

fn use_pollster() {
    pollster::block_on(futures_lite::future::yield_now());
}

pub(super) fn get_before_pollster_ends(ex: Ex) -> Run {
    get_at_exit(ex, use_pollster, || ())
}

pub(super) fn get_after_pollster_has_ended(ex: Ex) -> Run {
    get_at_exit(ex, || (), use_pollster)
}

// Parts that overlap, and drivers in drivers --------------------------------------------

/// A sync part that ends when as many have begun as the barrier is for.
fn meet(barrier: &Arc<Barrier>) -> impl Future<Output = u32> + Send + 'static {
    let barrier = Arc::clone(barrier);
    Dual::blocking(move || {
        barrier.wait();
        1
    })
}

async fn parts_that_meet() -> u32 {
    let barrier = Arc::new(Barrier::new(2));
    let (one, two) = futures::join!(meet(&barrier), meet(&barrier));
    one + two
}

pub(super) fn get_of_parts_that_meet(ex: Ex) -> Run {
    in_a_task(ex, |_| assert_eq!(get(parts_that_meet()), 2))
}

pub(super) fn get_of_a_timeout(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let (tell, told) = mpsc::channel::<()>();
        let part = Box::pin(Dual::blocking(move || told.recv()));
        let (sender, timeout) = oneshot::channel::<()>();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            sender.send(())
        });
        // It ends only when it is told to.
        let Either::Left((Ok(()), part)) = get(select(timeout, part)) else {
            panic!("the part has ended");
        };
        tell.send(()).expect("it listens");
        assert_eq!(get(part), Ok(()));
    })
}

pub(super) fn get_of_unordered_parts(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let barrier = Arc::new(Barrier::new(8));
        let parts: FuturesUnordered<_> = (0..8).map(|_| meet(&barrier)).collect();
        assert_eq!(get(parts.collect::<Vec<_>>()), [1; 8]);
    })
}

pub(super) fn get_of_a_part_that_is_left(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let (begins, begun) = oneshot::channel();
        let waits = async {
            let mut part = Box::pin(Dual::blocking(move || {
                let _ = begins.send(());
                1
            }));
            assert!(futures::poll!(&mut part).is_pending());
            begun.await.expect("it begins");
            part.await
        };
        assert_eq!(get(waits), 1);
    })
}

fn local_pool_with_parts() -> u32 {
    let mut pool = LocalPool::new();
    let task = pool.spawner().spawn_local_with_handle(parts_that_meet());
    pool.run_until(task.expect("it runs"))
}

pub(super) fn get_of_a_local_pool(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        assert_eq!(get(async { local_pool_with_parts() }), 2)
    })
}

pub(super) fn get_of_a_local_pool_in_sync_code(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        assert_eq!(
            get(async { Dual::blocking(local_pool_with_parts).await }),
            2
        );
    })
}

/// Runs a tokio of one thread, in which a get waits for a task.
fn tokio_that_gets() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("it starts");
    let got = runtime.block_on(async { get(tokio::spawn(async { 5 })) });
    assert_eq!(got.expect("it ends"), 5);
}

pub(super) fn get_of_a_tokio_that_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| get(async { tokio_that_gets() }))
}

pub(super) fn tokio_in_a_task_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| tokio_that_gets())
}

/// A get in the root of a tokio of two threads, of what hangs there under any foreign driver.
pub(super) fn tokio_of_two_in_a_task_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("it starts");
        runtime.block_on(async { get_messages_that_are_there() });
    })
}

pub(super) fn local_pool_in_a_task_gets(ex: Ex) -> Run {
    in_a_task(ex, |_| {
        let mut pool = LocalPool::new();
        let task = pool.spawner().spawn_local_with_handle(async { 5 });
        let task = task.expect("it runs");
        assert_eq!(pool.run_until(async { get(task) }), 5);
    })
}

// First polls ---------------------------------------------------------------------------

/// A channel on which a task sends.
fn from_a_task(ex: &Ex) -> mpsc::Receiver<u32> {
    let (sender, receiver) = mpsc::channel();
    drop(ex.spawn(async move { sender.send(5).expect("somebody waits") }));
    receiver
}

pub(super) fn get_of_sync_code_that_waits(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let channel = from_a_task(ex);
        assert_eq!(Dual::blocking(move || channel.recv()).get(), Ok(5));
    })
}

pub(super) fn get_of_a_poll_that_waits(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        let channel = from_a_task(ex);
        assert_eq!(get(async { channel.recv() }), Ok(5));
    })
}

pub(super) fn nested_get_in_a_first_poll(ex: Ex) -> Run {
    in_a_task(ex, |ex| {
        assert_eq!(get(async { get(ex.spawn(async { 5 })) }), 5)
    })
}
