//! An executor of one's own, a small thread pool, in whose tasks `.get()` goes through.
//!
//! It needs a `Host` for that. Where nobody can stand in, `context::inside` around a future is
//! enough to have a `.get()` refused, in words, instead of a hang.
//!
//! `cargo run --example host`

use std::sync::{Arc, mpsc};
use std::thread;

use futures::executor::block_on;
use pool::Pool;
use smartcall::{Dual, context};

/// The executor. What it does for `.get()` is one line in its loop, and the `Host` at the end.
#[allow(unreachable_pub, reason = "it would be a crate of its own")]
mod pool {
    use std::mem;
    use std::pin::Pin;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread;

    use futures::channel::oneshot;
    use smartcall::context::{self, Host, Place};

    /// A thread pool. Its threads end when it is dropped and all that is queued has run.
    pub struct Pool {
        queue: Arc<Queue>,
        threads: usize,
    }

    /// The tasks to run. At a `None` the thread that finds it ends.
    struct Queue {
        sender: Sender<Option<Arc<Task>>>,
        receiver: Mutex<Receiver<Option<Arc<Task>>>>,
    }

    struct Task {
        step: Mutex<Step>,
        queue: Arc<Queue>,
    }

    enum Step {
        Waits(Pin<Box<dyn Future<Output = ()> + Send>>),
        Queued(Pin<Box<dyn Future<Output = ()> + Send>>),
        Runs { woken: bool },
        Ended,
    }

    impl Pool {
        pub fn new(threads: usize) -> Self {
            let (sender, receiver) = channel();
            let receiver = Mutex::new(receiver);
            let queue = Arc::new(Queue { sender, receiver });
            (0..threads).for_each(|_| start_thread(&queue, "worker"));
            Pool { queue, threads }
        }

        pub fn spawn<F>(&self, future: F) -> impl Future<Output = F::Output> + Send + use<F>
        where
            F: Future<Output: Send> + Send + 'static,
        {
            let (sender, receiver) = oneshot::channel();
            let future = async { drop(sender.send(future.await)) };
            let step = Mutex::new(Step::Waits(Box::pin(future)));
            let queue = Arc::clone(&self.queue);
            Arc::new(Task { step, queue }).wake();
            async { receiver.await.expect("the task ends") }
        }
    }

    impl Drop for Pool {
        fn drop(&mut self) {
            (0..self.threads).for_each(|_| self.queue.push(None));
        }
    }

    impl Queue {
        fn push(&self, task: Option<Arc<Task>>) {
            self.sender.send(task).expect("the receiver is beside it");
        }
    }

    fn start_thread(queue: &Arc<Queue>, name: &str) {
        let queue = Arc::clone(queue);
        let builder = thread::Builder::new().name(name.into());
        let thread = builder.spawn(move || {
            let host = Arc::new(StandIns(Arc::clone(&queue)));
            let next = || lock(&queue.receiver).recv().ok().flatten();
            while let Some(task) = next() {
                // In here a `.get()` knows where it is, and whom to turn to.
                context::with_host(&host, || task.poll());
            }
        });
        thread.expect("the system has a thread to give");
    }

    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            let mut step = lock(&self.step);
            *step = match mem::replace(&mut *step, Step::Ended) {
                Step::Waits(future) => {
                    self.queue.push(Some(Arc::clone(&self)));
                    Step::Queued(future)
                }
                Step::Runs { .. } => Step::Runs { woken: true },
                same => same,
            };
        }
    }

    impl Task {
        fn poll(self: Arc<Self>) {
            let runs = Step::Runs { woken: false };
            let Step::Queued(mut future) = mem::replace(&mut *lock(&self.step), runs) else {
                unreachable!("a task is queued once");
            };
            let waker = Waker::from(Arc::clone(&self));
            let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
            let after = match poll {
                Poll::Ready(()) => Step::Ended,
                Poll::Pending => Step::Waits(future),
            };
            let during = mem::replace(&mut *lock(&self.step), after);
            if let Step::Runs { woken: true } = during {
                self.wake();
            }
        }
    }

    /// Keeps the pool going while one of its threads is blocked.
    ///
    /// A thread for each `.get()` is the least that does. A pool that cares for speed keeps some,
    /// and lets one begin when the `.get()` parks, or when it takes long.
    struct StandIns(Arc<Queue>);

    impl Host for StandIns {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            /// Ends one thread, whichever is first to see it, on unwind too.
            struct OneTooMany<'a>(&'a Queue);

            impl Drop for OneTooMany<'_> {
                fn drop(&mut self) {
                    self.0.push(None);
                }
            }

            // It is called around the whole of a `.get()`, and once more where that parks. By
            // then somebody stands in already.
            if context::current() == Place::Driving {
                return block();
            }
            start_thread(&self.0, "stand-in");
            let _one_too_many = OneTooMany(&self.0);
            block();
        }
    }
}

/// The name of the thread that this is called on.
fn here() -> String {
    thread::current().name().unwrap_or("unnamed").to_owned()
}

fn main() {
    // With one thread, a task that blocked it would wait for ever.
    let pool = Arc::new(Pool::new(1));

    let inner = Arc::clone(&pool);
    let gets = pool.spawn(async move {
        let other = inner.spawn(async { here() });
        (here(), Dual::future(other).get())
    });
    let (one, other) = block_on(gets);
    println!("a task on the {one} got the value of one on the {other}");
    assert_eq!((&one[..], &other[..]), ("worker", "stand-in"));

    // Nor does it hang in sync code that waits for a task.
    let inner = Arc::clone(&pool);
    let five = block_on(pool.spawn(async move {
        let (sender, receiver) = mpsc::channel();
        let sends = inner.spawn(async move { sender.send(5) });
        let five = Dual::blocking(move || receiver.recv()).get();
        sends.await.expect("somebody waits");
        five
    }));
    println!("sync code in a task waited for another task, which sent a {five:?}");

    // On an executor that can't be recognised and brings no host, one line says where it is.
    let refused = block_on(context::inside(async {
        let dual = Dual::future(async { 5 });
        dual.try_get().expect_err("nobody stands in").to_string()
    }));
    println!("elsewhere: {refused}");
}
