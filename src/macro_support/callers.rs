//! The callers of a test. Each has a function for async bodies and a function for sync bodies.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Drives a future as an unknown executor does: it does not announce itself, and it parks with the token of `std`,
/// which other code may take.
fn drive<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}

/// An async body that can be a task that moves between threads.
#[diagnostic::on_unimplemented(
    message = "the body of this test is not `Send`, and so can't be a task that moves between threads: \
               choose callers whose tasks don't, `#[smartcall::test(sync, foreign)]`",
    label = "holds what is not `Send` across an `.await`",
    note = "an `Rc`, a `Cell` by reference or a `MutexGuard` is not `Send`; it does not matter if it is dropped before the `.await`"
)]
pub trait Moves: Future + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<F: Future + Send + 'static> Moves for F {}

/// Sync code, without an executor.
pub mod sync {
    use std::future::Future;

    use crate::dual::handle::Dual;

    #[track_caller]
    pub fn asynchronous<F: Future>(body: impl FnOnce() -> F) -> F::Output {
        Dual::future(body()).get()
    }

    pub fn blocking<T>(body: impl FnOnce() -> T) -> T {
        body()
    }
}

/// A task of the smartcall executor.
#[cfg(feature = "executor")]
pub mod shim {
    use std::process::Termination;

    use super::Moves;
    use crate::executor::multi_thread::Executor;

    #[track_caller]
    pub fn asynchronous<F>(body: impl FnOnce() -> F) -> impl Termination
    where
        F: Moves<Output: Termination>,
    {
        let (ex, body) = (Executor::new(), body());
        // The value of a body need not be `Send`: it may be a boxed error.
        ex.spawn(async { body.await.report() }).get()
    }

    #[track_caller]
    pub fn blocking<T: Termination>(body: impl FnOnce() -> T + Send + 'static) -> impl Termination {
        let ex = Executor::new();
        ex.spawn(async { body().report() }).get()
    }
}

/// A task of an executor that does not announce itself.
pub mod foreign {
    use std::future::Future;

    use super::drive;

    pub fn asynchronous<F: Future>(body: impl FnOnce() -> F) -> F::Output {
        #[cfg(feature = "tokio")]
        let _entered = super::tokio::runtime().enter();
        drive(body())
    }

    pub fn blocking<T>(body: impl FnOnce() -> T) -> T {
        asynchronous(async || body())
    }
}

/// The root of a current-thread tokio runtime, as in `#[tokio::test]`.
#[cfg(feature = "tokio")]
pub mod current_thread {
    use std::future::Future;

    use ::tokio::runtime::Builder;

    pub fn asynchronous<F: Future>(body: impl FnOnce() -> F) -> F::Output {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime
            .expect("a runtime starts")
            .block_on(async { body().await })
    }
}

/// A task of the multi-thread tokio runtime of all tests: a client that is kept in a `static` outlives the first test.
#[cfg(feature = "tokio")]
pub mod tokio {
    use std::cell::Cell;
    use std::future::{Future, poll_fn};
    use std::panic::{self, AssertUnwindSafe};
    use std::process::{ExitCode, Termination};
    use std::sync::{Once, OnceLock};
    use std::task::Poll;
    use std::thread;

    use ::tokio::runtime::{Builder, Runtime};
    use smartcall_context::internal::scoped;

    use super::Moves;

    pub fn asynchronous<F>(body: impl FnOnce() -> F) -> impl Termination
    where
        F: Moves<Output: Termination>,
    {
        let body = body();
        run(async { body.await.report() })
    }

    pub fn blocking<T: Termination>(body: impl FnOnce() -> T + Send + 'static) -> impl Termination {
        run(async { body().report() })
    }

    thread_local! {
        /// Whether this thread polls the body of a test.
        static IN_BODY: Cell<bool> = const { Cell::new(false) };

        /// What the last panic of a body on this thread has reported.
        static REPORT: Cell<Option<String>> = const { Cell::new(None) };
    }

    fn run(body: impl Future<Output = ExitCode> + Send + 'static) -> ExitCode {
        hold_reports();
        let mut body = Box::pin(body);
        let body = poll_fn(move |cx| {
            let poll = AssertUnwindSafe(|| body.as_mut().poll(cx));
            let poll = scoped::with(&IN_BODY, true, || panic::catch_unwind(poll));
            match poll {
                Ok(poll) => poll.map(Ok),
                Err(payload) => Poll::Ready(Err((payload, REPORT.take()))),
            }
        });
        let runtime = runtime();
        match runtime.block_on(runtime.spawn(body)) {
            Ok(Ok(code)) => code,
            Ok(Err((payload, report))) => {
                if let Some(report) = report {
                    eprintln!("{report}");
                }
                panic::resume_unwind(payload)
            }
            Err(error) => panic::resume_unwind(error.into_panic()),
        }
    }

    /// Has the panics of bodies reported on the threads of their tests. The runner shows what a test's own thread prints, and the
    /// threads of the runtime belong to the test that was first.
    fn hold_reports() {
        static HELD: Once = Once::new();

        HELD.call_once(|| {
            let report = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if IN_BODY.get() {
                    let thread = thread::current();
                    let name = thread.name().unwrap_or("<unnamed>");
                    REPORT.set(Some(format!("\nthread '{name}' {info}")));
                } else {
                    report(info);
                }
            }));
        });
    }

    pub(super) fn runtime() -> &'static Runtime {
        static RUNTIME: OnceLock<Runtime> = OnceLock::new();

        RUNTIME.get_or_init(|| {
            // A test that blocks a worker without a word shall not hold up all others.
            let workers = thread::available_parallelism().map_or(4, |n| n.get().max(4));
            let runtime = Builder::new_multi_thread()
                .worker_threads(workers)
                .enable_all()
                .build();
            runtime.expect("a runtime starts")
        })
    }
}

/// Keeps a test, because its caller is available.
#[doc(hidden)]
#[macro_export]
macro_rules! __caller {
    ($wanted:ident $($test:tt)*) => { $($test)* };
}

/// Leaves out a test whose caller needs a feature that is off. If the test named the caller, this is an error.
#[doc(hidden)]
#[macro_export]
macro_rules! __no_caller {
    (known $($test:tt)*) => {};
    (chosen $(#[$attr:meta])* fn shim $($test:tt)*) => {
        ::core::compile_error!(
            "the caller `shim` needs the feature `executor` of smartcall: enable it"
        );
    };
    (chosen $(#[$attr:meta])* fn current_thread $($test:tt)*) => {
        ::core::compile_error!(
            "the caller `current_thread` needs the feature `tokio` of smartcall: enable it"
        );
    };
    (chosen $(#[$attr:meta])* fn tokio $($test:tt)*) => {
        ::core::compile_error!(
            "the caller `tokio` needs the feature `tokio` of smartcall: enable it"
        );
    };
}
