//! A thread with its value, for what must not leave it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, ThreadId};

use smartcall_context::internal::{self as context, Job};

use crate::offload::pool::{self, Pool, ToPool};
use crate::offload::threads;

thread_local! {
    /// The value that lives on this thread.
    static VALUE: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };

    /// What the closure that makes the value has panicked with, for the first one who needs the value.
    static PANIC: Cell<Option<Box<dyn Any + Send>>> = const { Cell::new(None) };
}

/// A thread of one's own, with a value that never leaves it.
///
/// The value is made there and dropped there, and so need not be `Send`. Jobs run one at a time, in the order in
/// which they come: those of [`run`](SingleThread::run), which borrow the value, and those of handles that are bound to it
/// by [`Dual::on`]. Clones are the same thread.
///
/// It is for what is bound to a thread: a connection that is not `Send`, a library with thread-locals.
///
/// The thread ends when its last clone, and the last handle that is bound to it, is gone. Nobody waits for it.
///
/// # Blocking
///
/// A `.get()` on the thread that may have to wait for others is refused, since nobody can stand in for the thread
/// and what it waits for may need it. [`blocking_region`](crate::context::blocking_region) is how to say that it does not.
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
    id: ThreadId,
}

impl<V: 'static> SingleThread<V> {
    /// Starts a thread, and makes the value there.
    ///
    /// It does not wait for the value: the first job does.
    ///
    /// # Panics
    ///
    /// Panics if the thread can't be started; [`named`](SingleThread::named) returns the error. If the closure panics,
    /// the panic comes out where the value is first used, and later uses panic in words.
    ///
    /// # Examples
    ///
    /// See [`SingleThread`].
    #[track_caller]
    pub fn new(make: impl FnOnce() -> V + Send + 'static) -> Self {
        started(SingleThread::named("smartcall-single", make))
    }

    /// Starts a thread by a name, and makes the value there.
    ///
    /// # Errors
    ///
    /// The system's, if it can't start the thread, and [`InvalidInput`](io::ErrorKind::InvalidInput) for a name with a
    /// zero byte in it.
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

    /// Starts a thread with a closure that makes the value, or leaves that to a job.
    pub(crate) fn start(
        name: &str,
        make: impl FnOnce() -> Option<V> + Send + 'static,
    ) -> io::Result<Self> {
        threads::check_name(name)?;
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            match panic::catch_unwind(AssertUnwindSafe(make)) {
                Ok(Some(value)) => VALUE.set(Some(Box::new(value))),
                Ok(None) => {}
                Err(payload) => PANIC.set(Some(payload)),
            }
            queue.into_iter().for_each(context::run_dedicated);
            // Before the thread's other locals.
            drop(VALUE.take());
        })?;
        Ok(SingleThread {
            thread: Arc::new(Thread {
                jobs,
                id: thread.thread().id(),
            }),
            value: PhantomData,
        })
    }
}

/// Puts a value on this thread.
pub(crate) fn set_value<V: 'static>(value: V) {
    VALUE.set(Some(Box::new(value)));
}

/// Lends out the value of this thread.
pub(crate) fn with_value<V: 'static, R>(code: impl FnOnce(&mut V) -> R) -> R {
    VALUE.with(|value| {
        let Ok(mut value) = value.try_borrow_mut() else {
            panic!(
                "the value of this `SingleThread` is in use. This happens because code that is \
                 given to `run` calls `run` again, on the same thread, while it holds the value. \
                 Use the value that it has."
            );
        };
        match value.as_mut().and_then(|value| value.downcast_mut()) {
            Some(value) => code(value),
            None => match PANIC.take() {
                Some(payload) => panic::resume_unwind(payload),
                None => panic!(
                    "this `SingleThread` has no value. This happens because the closure that makes \
                     it has failed, or has panicked, which came out before."
                ),
            },
        }
    })
}

/// Returns a new thread, or panics with the reason why there is none.
#[track_caller]
pub(crate) fn started<T>(thread: io::Result<T>) -> T {
    // Not by a closure, whose panic would show its own line.
    match thread {
        Ok(thread) => thread,
        Err(error) => panic!(
            "cannot start a thread: {error}. This happens if the system has no more of them to \
             give. Use `SingleThread::named` to handle the error."
        ),
    }
}

impl Pool for Thread {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.jobs.send(job).map_err(|refused| refused.0)
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
