//! What expansions of the attributes name. It is no part of the public interface, and
//! may change in any version.

use std::borrow::{Borrow, ToOwned};
use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;

/// Names the type `!`, which may not yet be written as an argument of a type.
pub trait Returns {
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

/// The type `!`.
pub type Never = <fn() -> ! as Returns>::Type;

/// Stands for a value of the type that a body returns, in code that is never reached.
#[cold]
pub fn never<T>() -> T {
    unreachable!("expansions don't reach it")
}

/// What an argument of sync code has to be, so that a pool may run the code.
#[diagnostic::on_unimplemented(
    message = "`#[smart]` can't send an argument of type `{Self}` to a thread pool: take one that is \
               `Send + 'static`, or use `#[smart(in_place)]` if the function returns quickly, or make \
               it an `async fn` that blocks in a `Dual::blocking(move || ..).await`",
    label = "is not `Send + 'static`",
    note = "an `Arc` is, where an `Rc` is not; a type parameter is if it is bounded so"
)]
pub trait Argument: Send + 'static {}

// Otherwise the compiler would name `Send` as what is missing, and not say what for.
#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Argument for T {}

/// Takes an argument of sync code that a pool may run.
///
/// It does nothing: it is there so that the compiler complains at the argument, and not only
/// at the code that uses it.
#[inline(always)]
pub fn goes_to_the_pool<T: Argument>(_: &T) {}

/// What sync code has to return, so that a pool may run it.
#[diagnostic::on_unimplemented(
    message = "`#[smart]` can't get a value of type `{Self}` back from a thread pool: return one that is \
               `Send + 'static`, or use `#[smart(in_place)]` if the function returns quickly, or make \
               it an `async fn` that blocks in a `Dual::blocking(move || ..).await`",
    label = "is not `Send + 'static`",
    note = "an `Arc` is, where an `Rc` is not; a type parameter is if it is bounded so"
)]
pub trait Output: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Output for T {}

/// Passes on sync code that a pool may run, so that the compiler complains at the output.
#[inline(always)]
pub fn comes_from_the_pool<T: Output, F: FnOnce() -> T>(code: F) -> F {
    code
}

/// What the body of an `owned` function is lent as a `T`, made owned when the function is called.
pub struct Kept<T: ?Sized, O> {
    /// What is owned.
    owned: O,
    /// As what it is lent.
    lent: PhantomData<fn() -> *const T>,
}

impl<T: ?Sized, O> Debug for Kept<T, O> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl<T: ?Sized, O: Borrow<T>> Kept<T, O> {
    #[inline(always)]
    fn new(owned: O) -> Self {
        Kept {
            owned,
            lent: PhantomData,
        }
    }

    #[inline(always)]
    pub fn lend(&self) -> &T {
        self.owned.borrow()
    }

    #[inline(always)]
    pub fn owned(&self) -> &O {
        &self.owned
    }
}

/// What a borrowed argument of an `owned` function has to be: `ToOwned`.
///
/// It names the owned type itself. With that of `ToOwned` the compiler would complain twice of an
/// argument that is not `Clone`.
pub trait Lent {
    type Owned: Borrow<Self>;

    fn keep(&self) -> Self::Owned;
}

impl<T: ?Sized + ToOwned> Lent for T {
    type Owned = T::Owned;

    #[inline(always)]
    fn keep(&self) -> T::Owned {
        self.to_owned()
    }
}

/// Makes a borrowed argument owned.
#[inline(always)]
pub fn keep<T: ?Sized + Lent>(lent: &T) -> Kept<T, T::Owned> {
    Kept::new(lent.keep())
}

/// What the `self` of an `owned` function has to be.
#[diagnostic::on_unimplemented(
    message = "`#[smart(owned)]` clones `self`, and `{Self}` is not `Clone`: derive it, or take `self: Arc<Self>` \
               and remove the `&`",
    label = "is not `Clone`",
    note = "a struct whose fields are in an `Arc` is cheap to clone"
)]
pub trait LentSelf: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> LentSelf for T {}

/// Clones the `self` of a function.
#[inline(always)]
pub fn keep_self<T: LentSelf>(this: &T) -> Kept<T, T> {
    Kept::new(Clone::clone(this))
}

/// Takes an argument of an `owned` function. It is there so that the compiler complains at the
/// argument if that hides a lifetime.
#[inline(always)]
pub fn borrows_nothing<T: ?Sized + 'static>(_: &T) {}

/// The callers of a test, each with a function for async bodies and one for sync bodies.
pub mod caller {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::{self, Thread};

    /// Drives a future as an executor does that nobody knows: it raises no flag, and parks by the
    /// token of `std`, which other code may take.
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

    /// An async body that can be a task which moves between threads.
    #[diagnostic::on_unimplemented(
        message = "the body of this test is not `Send`, and so can't be a task that moves between threads: \
                   choose callers whose tasks don't, `#[smartcall::test(sync, foreign)]`",
        label = "holds what is not `Send` across an `.await`",
        note = "an `Rc`, a `Cell` by reference or a `MutexGuard` is not `Send`; dropped before the `.await` it is no matter"
    )]
    pub trait Moves: Future + Send + 'static {}

    #[diagnostic::do_not_recommend]
    impl<F: Future + Send + 'static> Moves for F {}

    /// Sync code, and no executor.
    pub mod sync {
        use std::future::Future;

        use crate::Dual;

        pub fn asynchronous<F: Future>(body: impl FnOnce() -> F) -> F::Output {
            Dual::future(body()).get()
        }

        pub fn blocking<T>(body: impl FnOnce() -> T) -> T {
            body()
        }
    }

    /// A task of the shim.
    #[cfg(feature = "executor")]
    pub mod shim {
        use std::process::Termination;

        use super::{Moves, drive};
        use crate::Executor;

        pub fn asynchronous<F>(body: impl FnOnce() -> F) -> impl Termination
        where
            F: Moves<Output: Termination>,
        {
            let (ex, body) = (Executor::new(), body());
            // What a body returns need not be `Send`, a boxed error for one.
            drive(ex.spawn(async { body.await.report() }))
        }

        pub fn blocking<T: Termination>(
            body: impl FnOnce() -> T + Send + 'static,
        ) -> impl Termination {
            let ex = Executor::new();
            drive(ex.spawn(async { body().report() }))
        }
    }

    /// A task of an executor that says nothing of itself.
    pub mod foreign {
        use std::future::Future;

        use super::drive;

        pub fn asynchronous<F: Future>(body: impl FnOnce() -> F) -> F::Output {
            drive(body())
        }

        pub fn blocking<T>(body: impl FnOnce() -> T) -> T {
            drive(async { body() })
        }
    }

    /// A task of a runtime of tokio's, a multi-thread one.
    #[cfg(feature = "tokio")]
    pub mod tokio {
        use std::future::Future;
        use std::panic;
        use std::process::{ExitCode, Termination};

        use ::tokio::runtime::{Builder, Runtime};

        use super::Moves;

        pub fn asynchronous<F>(body: impl FnOnce() -> F) -> impl Termination
        where
            F: Moves<Output: Termination>,
        {
            let body = body();
            run(async { body.await.report() })
        }

        pub fn blocking<T: Termination>(
            body: impl FnOnce() -> T + Send + 'static,
        ) -> impl Termination {
            run(async { body().report() })
        }

        fn run(task: impl Future<Output = ExitCode> + Send + 'static) -> ExitCode {
            let runtime = runtime();
            match runtime.block_on(runtime.spawn(task)) {
                Ok(code) => code,
                Err(error) => panic::resume_unwind(error.into_panic()),
            }
        }

        fn runtime() -> Runtime {
            Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime starts")
        }
    }
}

/// Lets a test of a caller through, since there is always that caller.
#[doc(hidden)]
#[macro_export]
macro_rules! __caller {
    ($wanted:ident $($test:tt)*) => { $($test)* };
}

/// Leaves out a test of a caller that there is not, unless it is asked for by name.
#[doc(hidden)]
#[macro_export]
macro_rules! __no_caller {
    (known $($test:tt)*) => {};
    (chosen $(#[$attr:meta])* fn shim $($test:tt)*) => {
        ::core::compile_error!(
            "the caller `shim` needs the feature `executor` of smartcall: enable it"
        );
    };
    (chosen $(#[$attr:meta])* fn tokio $($test:tt)*) => {
        ::core::compile_error!(
            "the caller `tokio` needs the feature `tokio` of smartcall: enable it"
        );
    };
}

pub use crate::{__caller as foreign, __caller as sync};

#[cfg(feature = "executor")]
pub use crate::__caller as shim;
#[cfg(feature = "tokio")]
pub use crate::__caller as tokio;
#[cfg(not(feature = "executor"))]
pub use crate::__no_caller as shim;
#[cfg(not(feature = "tokio"))]
pub use crate::__no_caller as tokio;
