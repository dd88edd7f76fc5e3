//! Explores a scenario under loom, and what scenarios are written with.

use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::thread::JoinHandle;

use crate::loom_sync::{self as sync, Thread};

/// Runs a scenario in each order in which its threads can run, with so many preemptions.
pub fn explore(preemptions: usize, scenario: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(scenario);
}

/// Unparks a thread.
pub struct Unpark(Thread);

impl Unpark {
    /// Of this thread.
    pub fn here() -> Self {
        Unpark(sync::current())
    }
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls until it is ready, and parks in between.
pub fn wait_for<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    let waker = Waker::from(Arc::new(Unpark::here()));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = poll(&mut cx) {
            return value;
        }
        sync::park();
        // What wakes itself waits for another thread: loom lets that one go on.
        loom::thread::yield_now();
    }
}

pub fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("it does not panic")
}

/// What takes a lock when it is dropped. If the model has failed, it is not dropped: there is no lock to take then.
pub struct Held<T>(Option<T>);

impl<T> Held<T> {
    pub fn new(value: T) -> Self {
        Held(Some(value))
    }

    pub fn get(&self) -> &T {
        self.0.as_ref().expect("it was not dropped")
    }

    pub fn get_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("it was not dropped")
    }

    pub fn drop_now(&mut self) {
        drop(self.0.take());
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            mem::forget(self.0.take());
        }
    }
}
