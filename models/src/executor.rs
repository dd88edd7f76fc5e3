//! async-executor 1.14.1 under shuttle.
//!
//! It follows `lib.rs` of that crate, function by function and step by step, with shuttle's locks and counters. The tasks
//! are those of async-task. The queues of that crate are linearisable, and so is a lock around a `VecDeque`. One number is
//! smaller: a runner yields after two tasks instead of two hundred.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::{Poll, Waker};

use async_task::{Runnable, Task};
use futures_lite::future::{self, FutureExt};
use pin_project_lite::pin_project;
use shuttle::rand::Rng;
use shuttle::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::shuttle_sync::{AtomicBool, AtomicUsize, Ordering, fence};

/// How many tasks a runner runs before it yields: 200 in async-executor.
const TASKS_IN_A_ROW: usize = 2;

/// `async_executor::Executor`.
pub struct Executor<'a> {
    state: Arc<State>,
    _marker: std::marker::PhantomData<&'a ()>,
}

impl Executor<'static> {
    pub fn new() -> Self {
        Executor {
            state: Arc::new(State::new()),
            _marker: std::marker::PhantomData,
        }
    }

    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let mut active = lock(&self.state.active);
        let index = active.next;
        active.next += 1;
        let state = Arc::clone(&self.state);
        let future = AsyncCallOnDrop {
            future,
            cleanup: CallOnDrop(move || {
                let waker = lock(&state.active).wakers.remove(&index);
                drop(waker);
            }),
        };
        let (runnable, task) = async_task::Builder::new()
            .propagate_panic(true)
            .spawn(|()| future, self.schedule());
        active.wakers.insert(index, runnable.waker());
        runnable.schedule();
        task
    }

    pub async fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.state.run(future).await
    }

    /// Returns the number of runners.
    pub fn runners(&self) -> usize {
        self.state.local_queues.read().len()
    }

    fn schedule(&self) -> impl Fn(Runnable) + Send + Sync + 'static {
        let state = Arc::clone(&self.state);
        move |runnable| state.schedule(runnable)
    }
}

impl Default for Executor<'static> {
    fn default() -> Self {
        Executor::new()
    }
}

impl fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Executor")
    }
}

impl Drop for Executor<'_> {
    fn drop(&mut self) {
        let wakers = std::mem::take(&mut lock(&self.state.active).wakers);
        for waker in wakers.into_values() {
            waker.wake();
        }
        while self.state.queue.pop().is_some() {}
    }
}

/// `async_executor::StaticExecutor`.
pub struct StaticExecutor {
    state: State,
}

impl StaticExecutor {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        StaticExecutor {
            state: State::new(),
        }
    }

    pub fn spawn<T: Send + 'static>(
        &'static self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        let (runnable, task) = async_task::Builder::new()
            .propagate_panic(true)
            .spawn(|()| future, |runnable| self.state.schedule(runnable));
        runnable.schedule();
        task
    }

    pub async fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.state.run(future).await
    }

    pub fn try_tick(&self) -> bool {
        let Some(runnable) = self.state.queue.pop() else {
            return false;
        };
        self.state.notify();
        runnable.run();
        true
    }
}

impl fmt::Debug for StaticExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaticExecutor")
    }
}

/// `concurrent_queue::ConcurrentQueue`.
struct Queue(Mutex<VecDeque<Runnable>>);

impl Queue {
    fn new() -> Self {
        Queue(Mutex::new(VecDeque::new()))
    }

    fn push(&self, runnable: Runnable) {
        lock(&self.0).push_back(runnable);
    }

    fn pop(&self) -> Option<Runnable> {
        lock(&self.0).pop_front()
    }

    fn len(&self) -> usize {
        lock(&self.0).len()
    }
}

/// The lock around the local queues. `try_read` of `std`'s lock fails while a thread writes or waits to write.
struct LocalQueues {
    queues: RwLock<Vec<Arc<Queue>>>,
    writers: AtomicUsize,
}

impl LocalQueues {
    fn new() -> Self {
        LocalQueues {
            queues: RwLock::new(Vec::new()),
            writers: AtomicUsize::new(0),
        }
    }

    fn write(&self, f: impl FnOnce(&mut Vec<Arc<Queue>>)) {
        self.writers.fetch_add(1, Ordering::SeqCst);
        f(&mut self.queues.write().unwrap_or_else(PoisonError::into_inner));
        self.writers.fetch_sub(1, Ordering::SeqCst);
    }

    fn try_read(&self) -> Option<RwLockReadGuard<'_, Vec<Arc<Queue>>>> {
        if self.writers.load(Ordering::SeqCst) > 0 {
            return None;
        }
        self.queues.try_read().ok()
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Arc<Queue>>> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Active {
    next: usize,
    wakers: BTreeMap<usize, Waker>,
}

struct State {
    queue: Queue,
    local_queues: LocalQueues,
    notified: AtomicBool,
    sleepers: Mutex<Sleepers>,
    active: Mutex<Active>,
}

impl State {
    fn new() -> Self {
        State {
            queue: Queue::new(),
            local_queues: LocalQueues::new(),
            notified: AtomicBool::new(true),
            sleepers: Mutex::new(Sleepers {
                count: 0,
                wakers: Vec::new(),
                free_ids: Vec::new(),
            }),
            active: Mutex::new(Active::default()),
        }
    }

    fn schedule(&self, runnable: Runnable) {
        // The task is marked as scheduled, but is not yet in the queue.
        fence(Ordering::SeqCst);
        self.queue.push(runnable);
        self.notify();
    }

    fn notify(&self) {
        if self
            .notified
            .compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
        {
            let waker = lock(&self.sleepers).notify();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    async fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut runner = Runner::new(self);
        let run_forever = async {
            loop {
                for _ in 0..TASKS_IN_A_ROW {
                    let runnable = runner.runnable().await;
                    runnable.run();
                }
                future::yield_now().await;
            }
        };
        future.or(run_forever).await
    }
}

struct Sleepers {
    count: usize,
    wakers: Vec<(usize, Waker)>,
    free_ids: Vec<usize>,
}

impl Sleepers {
    fn insert(&mut self, waker: &Waker) -> usize {
        let id = match self.free_ids.pop() {
            Some(id) => id,
            None => self.count + 1,
        };
        self.count += 1;
        self.wakers.push((id, waker.clone()));
        id
    }

    fn update(&mut self, id: usize, waker: &Waker) -> bool {
        for item in &mut self.wakers {
            if item.0 == id {
                item.1.clone_from(waker);
                return false;
            }
        }
        self.wakers.push((id, waker.clone()));
        true
    }

    fn remove(&mut self, id: usize) -> bool {
        self.count -= 1;
        self.free_ids.push(id);
        for i in (0..self.wakers.len()).rev() {
            if self.wakers[i].0 == id {
                self.wakers.remove(i);
                return false;
            }
        }
        true
    }

    fn is_notified(&self) -> bool {
        self.count == 0 || self.count > self.wakers.len()
    }

    fn notify(&mut self) -> Option<Waker> {
        if self.wakers.len() == self.count {
            self.wakers.pop().map(|item| item.1)
        } else {
            None
        }
    }
}

struct Ticker<'a> {
    state: &'a State,
    sleeping: usize,
}

impl Ticker<'_> {
    fn sleep(&mut self, waker: &Waker) -> bool {
        let mut sleepers = lock(&self.state.sleepers);
        match self.sleeping {
            0 => self.sleeping = sleepers.insert(waker),
            id => {
                if !sleepers.update(id, waker) {
                    return false;
                }
            }
        }
        let notified = sleepers.is_notified();
        self.state.notified.store(notified, Ordering::Release);
        true
    }

    fn wake(&mut self) {
        if self.sleeping != 0 {
            let mut sleepers = lock(&self.state.sleepers);
            sleepers.remove(self.sleeping);
            let notified = sleepers.is_notified();
            self.state.notified.store(notified, Ordering::Release);
        }
        self.sleeping = 0;
    }

    async fn runnable_with(&mut self, mut search: impl FnMut() -> Option<Runnable>) -> Runnable {
        future::poll_fn(|cx| {
            loop {
                match search() {
                    None => {
                        if !self.sleep(cx.waker()) {
                            return Poll::Pending;
                        }
                    }
                    Some(runnable) => {
                        self.wake();
                        self.state.notify();
                        return Poll::Ready(runnable);
                    }
                }
            }
        })
        .await
    }
}

impl Drop for Ticker<'_> {
    fn drop(&mut self) {
        if self.sleeping != 0 {
            let mut sleepers = lock(&self.state.sleepers);
            let notified = sleepers.remove(self.sleeping);
            let is_notified = sleepers.is_notified();
            self.state.notified.store(is_notified, Ordering::Release);
            if notified {
                drop(sleepers);
                self.state.notify();
            }
        }
    }
}

struct Runner<'a> {
    state: &'a State,
    ticker: Ticker<'a>,
    local: Arc<Queue>,
    ticks: usize,
}

impl<'a> Runner<'a> {
    fn new(state: &'a State) -> Self {
        let runner = Runner {
            state,
            ticker: Ticker { state, sleeping: 0 },
            local: Arc::new(Queue::new()),
            ticks: 0,
        };
        let local = Arc::clone(&runner.local);
        state.local_queues.write(|queues| queues.push(local));
        runner
    }

    async fn runnable(&mut self) -> Runnable {
        let runnable = self
            .ticker
            .runnable_with(|| {
                if let Some(runnable) = self.local.pop() {
                    return Some(runnable);
                }
                if let Some(runnable) = self.state.queue.pop() {
                    steal(&self.state.queue, &self.local);
                    return Some(runnable);
                }
                if let Some(queues) = self.state.local_queues.try_read() {
                    let n = queues.len();
                    let start = shuttle::rand::thread_rng().gen_range(0..n);
                    let others = queues.iter().chain(queues.iter()).skip(start).take(n);
                    for local in others.filter(|local| !Arc::ptr_eq(local, &self.local)) {
                        steal(local, &self.local);
                        if let Some(runnable) = self.local.pop() {
                            return Some(runnable);
                        }
                    }
                }
                None
            })
            .await;

        self.ticks += 1;
        if self.ticks % 64 == 0 {
            steal(&self.state.queue, &self.local);
        }
        runnable
    }
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        self.state
            .local_queues
            .write(|queues| queues.retain(|local| !Arc::ptr_eq(local, &self.local)));
        while let Some(runnable) = self.local.pop() {
            runnable.schedule();
        }
    }
}

fn steal(from: &Queue, to: &Queue) {
    // A local queue holds up to 512 tasks, which no scenario reaches.
    for _ in 0..from.len().div_ceil(2) {
        match from.pop() {
            Some(runnable) => to.push(runnable),
            None => break,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct CallOnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for CallOnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

pin_project! {
    struct AsyncCallOnDrop<Fut, Cleanup: FnMut()> {
        #[pin]
        future: Fut,
        cleanup: CallOnDrop<Cleanup>,
    }
}

impl<Fut: Future, Cleanup: FnMut()> Future for AsyncCallOnDrop<Fut, Cleanup> {
    type Output = Fut::Output;

    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx)
    }
}
