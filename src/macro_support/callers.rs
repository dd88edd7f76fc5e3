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
        let _entered = super::tokio::entered().enter();
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

/// A task of a multi-thread tokio runtime.
///
/// The runtime is kept: a client in a `static` that was opened in it is used by later tests. One runtime for all tests would do that,
/// too, but libtest shows what a thread prints under the test by which it was started: the failures of all would be those of one.
#[cfg(feature = "tokio")]
pub mod tokio {
    use std::future::Future;
    use std::mem::ManuallyDrop;
    use std::panic;
    use std::process::{ExitCode, Termination};
    use std::sync::OnceLock;

    use ::tokio::runtime::{Builder, Runtime};

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

    fn run(task: impl Future<Output = ExitCode> + Send + 'static) -> ExitCode {
        let runtime = ManuallyDrop::new(runtime());
        match runtime.block_on(runtime.spawn(task)) {
            Ok(code) => code,
            Err(error) => panic::resume_unwind(error.into_panic()),
        }
    }

    /// The runtime that bodies find entered which are no tasks of one.
    pub(super) fn entered() -> &'static Runtime {
        static RUNTIME: OnceLock<Runtime> = OnceLock::new();

        RUNTIME.get_or_init(runtime)
    }

    fn runtime() -> Runtime {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime starts")
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
