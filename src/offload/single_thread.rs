//! A thread that owns a value.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, ThreadId};

use smartcall_context::internal::{self as context, Job};

use crate::offload::pool::{self, Pool, ToPool};
use crate::offload::threads;
use crate::sync::ignore_poison;
use crate::system::Threads;
use crate::waits::edges::NOTED;
use crate::waits::queues;

thread_local! {
    /// The value that lives on this thread.
    static VALUE: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };

    /// The panic of the closure that makes the value, for the first job that needs the value.
    static PANIC: Cell<Option<Box<dyn Any + Send>>> = const { Cell::new(None) };
}

/// A thread with a value that never leaves it.
///
/// The value is made and dropped on the thread, so it need not be `Send`. Jobs run one at a time, in order: those of
/// [`run`](SingleThread::run), which borrow the value, and those of handles that are bound to it by
/// [`Dual::on`](crate::Dual::on).
/// Clones are the same thread.
///
/// Use it for what is bound to a thread: a connection that is not `Send`, or a library with thread-locals.
///
/// The thread ends when the last clone and the last handle that is bound to it have been dropped. The drop does not wait
/// for the thread to end. Its stack is the [default of `std`](crate::offload#stack).
///
/// # Blocking
///
/// A `.get()` on the thread panics if it may have to wait: the thread has no spare, and the value may need this thread.
/// If you know that it does not, wrap the call in [`blocking_region`](crate::context::blocking_region).
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
/// use smartcall::offload::SingleThread;
///
/// // An `Rc` never leaves its thread.
/// let names = SingleThread::new(|| vec![Rc::new("a")]);
/// names.run(|names| names.push(Rc::new("b"))).get();
/// # pollster::block_on(async {
/// assert_eq!(names.run(|names| names.len()).await, 2);
/// # });
/// ```
pub struct SingleThread<V> {
    thread: Arc<Thread>,
    value: PhantomData<fn(&mut V)>,
}

struct Thread {
    jobs: Sender<Job>,
    queue: Arc<Queue>,
    id: ThreadId,
    threads: Threads,
}

/// The addresses of the jobs that wait for the thread, in order.
struct Queue {
    name: String,
    jobs: Mutex<VecDeque<usize>>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, VecDeque<usize>> {
        ignore_poison(self.jobs.lock())
    }
}

impl queues::Queue for Queue {
    fn describe(&self, job: usize) -> Option<String> {
        let place = self.lock().iter().position(|queued| *queued == job)?;
        let (place, name) = (place + 1, &self.name);
        Some(format!(
            "number {place} in the queue of the `SingleThread` \"{name}\""
        ))
    }
}

impl<V: 'static> SingleThread<V> {
    /// Starts a thread, and makes the value there.
    ///
    /// It returns without waiting for the value. The first job waits for it.
    ///
    /// # Panics
    ///
    /// Panics if the thread can't be started; [`named`](SingleThread::named) returns the error.
    ///
    /// If the closure panics, the first use of the value panics with that panic, and later uses panic with a message.
    ///
    /// # Examples
    ///
    /// See [`SingleThread`].
    #[track_caller]
    pub fn new(make: impl FnOnce() -> V + Send + 'static) -> Self {
        started(SingleThread::named("smartcall-single", make))
    }

    /// Starts a thread with a name, and makes the value there.
    ///
    /// # Errors
    ///
    /// Returns the system's error if the thread can't be started, and [`InvalidInput`](io::ErrorKind::InvalidInput) for a
    /// name that contains a zero byte.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use smartcall::offload::SingleThread;
    ///
    /// let journal = SingleThread::named("journal", Vec::<String>::new)?;
    /// let name = journal.run(|_| thread::current().name().map(String::from));
    /// assert_eq!(name.get().unwrap(), "journal");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn named(name: &str, make: impl FnOnce() -> V + Send + 'static) -> io::Result<Self> {
        Self::start(name, || Some(make()))
    }

    /// Starts a thread with a closure that makes the value. If it returns `None`, a job makes the value later.
    pub(crate) fn start(
        name: &str,
        make: impl FnOnce() -> Option<V> + Send + 'static,
    ) -> io::Result<Self> {
        threads::check_name(name)?;
        let (jobs, received) = mpsc::channel::<Job>();
        let queue = Arc::new(Queue {
            name: name.into(),
            jobs: Mutex::default(),
        });
        queues::add(queues::weak(&Arc::downgrade(&queue)));
        let waiting = Arc::clone(&queue);
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            match panic::catch_unwind(AssertUnwindSafe(make)) {
                Ok(Some(value)) => VALUE.set(Some(Box::new(value))),
                Ok(None) => {}
                Err(payload) => PANIC.set(Some(payload)),
            }
            for job in received {
                if NOTED {
                    waiting.lock().pop_front();
                }
                context::run_dedicated(job);
            }
            // Before the thread's other thread-locals.
            drop(VALUE.take());
        })?;
        let threads = Threads::new();
        threads.check("`SingleThread`");
        Ok(SingleThread {
            thread: Arc::new(Thread {
                jobs,
                queue,
                id: thread.thread().id(),
                threads,
            }),
            value: PhantomData,
        })
    }
}

/// Puts a value on this thread.
pub(crate) fn set_value<V: 'static>(value: V) {
    VALUE.set(Some(Box::new(value)));
}

/// Calls code with the value of this thread.
pub(crate) fn with_value<V: 'static, R>(code: impl FnOnce(&mut V) -> R) -> R {
    VALUE.with(|value| {
        let Ok(mut value) = value.try_borrow_mut() else {
            panic!(
                "the value of this `SingleThread` is in use. This happens if the code in `run` calls \
                 `run` again, on the same thread, while it borrows the value. Use the value that it \
                 already borrows."
            );
        };
        match value.as_mut().and_then(|value| value.downcast_mut()) {
            Some(value) => code(value),
            None => match PANIC.take() {
                Some(payload) => panic::resume_unwind(payload),
                None => panic!(
                    "this `SingleThread` has no value. This happens if the closure that makes it \
                     failed, or panicked; an earlier use of the value has shown that panic."
                ),
            },
        }
    })
}

/// Returns a new thread, or panics with the error.
#[track_caller]
pub(crate) fn started<T>(thread: io::Result<T>) -> T {
    // Not a closure: its panic would show its own line instead of the caller's.
    match thread {
        Ok(thread) => thread,
        Err(error) => panic!(
            "cannot start a thread: {error}. This happens if the system can't start more threads. \
             Use `SingleThread::named` to handle the error."
        ),
    }
}

impl Pool for Thread {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.threads.check("`SingleThread`");
        if !NOTED {
            return self.jobs.send(job).map_err(|refused| refused.0);
        }
        // Under the lock, so that the order is the same.
        let mut queue = self.queue.lock();
        let address = context::job_address(&job);
        self.jobs.send(job).map_err(|refused| refused.0)?;
        queue.push_back(address);
        Ok(())
    }

    fn is_current(&self) -> bool {
        thread::current().id() == self.id
    }
}

impl<V> pool::sealed::Sealed for SingleThread<V> {}

impl<V> ToPool for SingleThread<V> {
    fn to_pool(&self) -> Arc<dyn Pool> {
        Arc::<Thread>::clone(&self.thread)
    }
}

impl<V> Clone for SingleThread<V> {
    fn clone(&self) -> Self {
        SingleThread {
            thread: Arc::clone(&self.thread),
            value: PhantomData,
        }
    }
}

impl<V> fmt::Debug for SingleThread<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleThread")
            .field("thread", &self.thread.id)
            .finish()
    }
}
