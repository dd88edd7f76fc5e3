//! Executors that are dropped while their tasks run, wait, and drop others.

use std::future::pending;
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::{Dual, Executor, context};

use super::generator::{Call, Cleanup};
use super::ledger::{Env, Value};
use super::model::DROPPED;
use super::polls::never;
use super::tally::Extra;
use super::waits::Cleaner;
use super::{places, pools, resolve};

/// Runs one of the scenarios, unless this thread must not wait.
pub fn run(variant: usize, call: &Call, env: &Env) {
    if pools::is_held() || context::can_block().is_err() {
        return;
    }
    env.run.tally.extra(Extra::Executors);
    let _here = places::enter(&env.run, call.id, "executors of its own");
    let _paused = env.run.sites.pools.pause();
    let shutdown = Shutdown { call, env };
    match variant % 4 {
        0 => shutdown.each_other(),
        1 => shutdown.in_a_lock(),
        2 => shutdown.while_tasks_wait(),
        _ => shutdown.in_a_task(),
    }
}

struct Shutdown<'a> {
    call: &'a Call,
    env: &'a Env,
}

impl Shutdown<'_> {
    fn executor(&self) -> Executor {
        Executor::builder().threads(1).name("torture-own").build()
    }

    /// A value that has to be dropped.
    fn value(&self) -> Value {
        self.env.run.value_apart(self.call.id)
    }

    /// A value whose destructor waits.
    fn cleaner(&self) -> Cleaner {
        Cleaner::new(Cleanup::TryGet, self.call, self.env)
    }

    fn get<T: Send + 'static>(&self, from: oneshot::Receiver<T>) {
        let comes = async move {
            // The sender may have been dropped with its task.
            let _ = from.await;
            DROPPED
        };
        resolve::get(self.call.id, self.env, Dual::future(comes));
    }

    /// Spawns tasks that never end by themselves.
    fn spawn_waiting(&self, executor: &Executor) {
        let value = self.value();
        let parks = async move {
            Dual::future(never()).get();
            drop(value);
        };
        executor.spawn(parks).detach();
        let (value, cleaner) = (self.value(), self.cleaner());
        let cleans = async move {
            let _cleaner = cleaner;
            Dual::future(never()).get();
            drop(value);
        };
        executor.spawn(cleans).detach();
        let (value, cleaner) = (self.value(), self.cleaner());
        let waits = async move {
            let _cleaner = cleaner;
            pending::<()>().await;
            drop(value);
        };
        executor.spawn(waits).detach();
    }

    /// Two executors, each dropped by a task of the other.
    fn each_other(&self) {
        let both = Arc::new(Barrier::new(2));
        let (one, other) = (self.executor(), self.executor());
        let (to_one, one_drops) = self.drops_another(&one, &both);
        let (to_other, other_drops) = self.drops_another(&other, &both);
        self.spawn_waiting(&one);
        to_one.send(other).expect("it listens");
        to_other.send(one).expect("it listens");
        self.get(one_drops);
        self.get(other_drops);
    }

    /// Spawns a task that drops another executor when there are two such tasks.
    fn drops_another(
        &self,
        executor: &Executor,
        both: &Arc<Barrier>,
    ) -> (mpsc::Sender<Executor>, oneshot::Receiver<()>) {
        let (send, receive) = mpsc::channel::<Executor>();
        let (done, is_done) = oneshot::channel();
        let (both, value) = (Arc::clone(both), self.value());
        let task = async move {
            let other = receive.recv().expect("it is sent");
            both.wait();
            drop(other);
            drop(value);
            // Who waits for it may be gone.
            let _ = done.send(());
        };
        executor.spawn(task).detach();
        (send, is_done)
    }

    /// An executor that is dropped while one of its tasks waits for a lock of the thread that drops it.
    fn in_a_lock(&self) {
        let lock = Arc::new(Mutex::new(()));
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let executor = self.executor();
        let (begins, has_begun) = oneshot::channel();
        let (locked, value) = (Arc::clone(&lock), self.value());
        let task = async move {
            // Who waits for it may be gone.
            let _ = begins.send(());
            drop(locked.lock());
            drop(value);
        };
        executor.spawn(task).detach();
        self.get(has_begun);
        drop(executor);
        drop(guard);
    }

    /// An executor that is dropped while its tasks wait and compute.
    fn while_tasks_wait(&self) {
        let executor = self.executor();
        self.spawn_waiting(&executor);
        let value = self.value();
        let spins = async move {
            Dual::future(async {
                loop {
                    yield_now().await;
                }
            })
            .get()
        };
        executor
            .spawn(async move {
                let _value = value;
                spins.await
            })
            .detach();
        let (begins, has_begun) = oneshot::channel();
        let value = self.value();
        let sleeps = async move {
            // Who waits for it may be gone.
            let _ = begins.send(());
            thread::sleep(Duration::from_millis(1));
            drop(value);
        };
        executor.spawn(sleeps).detach();
        self.get(has_begun);
        drop(executor);
    }

    /// An executor that is dropped by a task of its own, and by another executor's, which awaits one of its tasks.
    fn in_a_task(&self) {
        let executor = self.executor();
        self.spawn_waiting(&executor);
        let (done, is_done) = oneshot::channel();
        let inner = executor.spawn({
            let value = self.value();
            async move {
                yield_now().await;
                drop(value);
            }
        });
        let value = self.value();
        let (send, receive) = oneshot::channel::<Executor>();
        let drops_itself = executor.spawn(async move {
            inner.await;
            if let Ok(executor) = receive.await {
                drop(executor);
            }
            drop(value);
            // Who waits for it may be gone.
            let _ = done.send(());
        });
        drops_itself.detach();
        drop(send.send(executor));
        self.get(is_done);
    }
}
