//! Handles that are bound to a pool.

use crate::dual::handle::{Dual, DualOf};
use crate::offload::pool::ToPool;
use crate::offload::single_thread::{self, SingleThread};
use crate::work::scoped::{OnPool, Scoped};
use crate::work::traits::Work;

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Binds the blocking code in the handle to a pool, for both callers.
    ///
    /// Under `.get()`, too, the code runs on the pool, while the caller waits. The same holds for a `.get()` that is nested in
    /// the handle. Async code in the handle stays with its caller, and so does in-place code; a [`pair`](Dual::pair) takes
    /// its async path. If a handle is bound twice, the binding nearest to the code holds. The pool is not known to another
    /// version of this crate whose handles the code resolves.
    ///
    /// # Panics
    ///
    /// Resolving it panics if the pool refuses the code, or ends before it has run the code.
    ///
    /// # Blocking
    ///
    /// On a thread of the pool itself the code runs on that thread, if the pool's jobs can't wait for each other: see
    /// [`offload`](crate::offload#limits).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use smartcall::Dual;
    /// use smartcall::offload::SingleThread;
    ///
    /// let thread = SingleThread::new(|| ());
    /// let name = Dual::blocking(|| thread::current().name().map(String::from)).on(&thread);
    /// assert_eq!(name.get().unwrap(), "smartcall-single");
    /// ```
    pub fn on(self, pool: &impl ToPool) -> DualOf<Scoped<Dual<T, W>, OnPool>> {
        Dual::new(Scoped::new(self, OnPool::new(pool.to_pool())))
    }
}

// It stands here and not beside the type, since it returns handles.
impl<V: 'static> SingleThread<V> {
    /// Starts a thread, and makes a value there that may fail.
    ///
    /// # Errors
    ///
    /// Resolves to the closure's error.
    ///
    /// # Panics
    ///
    /// Panics if the thread can't be started.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    /// use smartcall::offload::SingleThread;
    ///
    /// let file = SingleThread::try_new(|| File::open("no such file"));
    /// assert!(file.get().is_err());
    /// ```
    #[track_caller]
    pub fn try_new<E: Send + 'static>(
        make: impl FnOnce() -> Result<V, E> + Send + 'static,
    ) -> DualOf<impl Work<Output = Result<Self, E>>> {
        let this = single_thread::started(Self::start("smartcall-single", || None));
        let made = Dual::blocking(move || {
            let value = make()?;
            single_thread::set_value(value);
            Ok(())
        });
        made.on(&this).map_ok(|()| this)
    }

    /// Makes a handle of code that uses the value, on its thread.
    ///
    /// It is blocking code, bound to this thread for both callers.
    ///
    /// # Panics
    ///
    /// Resolving the handle panics if the value could not be made, and if it is in use: in code of this
    /// method that is running on the thread. A panic of the code comes through as it is, and leaves the value as the code
    /// has left it.
    ///
    /// # Examples
    ///
    /// See [`SingleThread`].
    pub fn run<R, F>(&self, code: F) -> DualOf<impl Work<Output = R> + use<V, R, F>>
    where
        R: Send + 'static,
        F: FnOnce(&mut V) -> R + Send + 'static,
    {
        Dual::blocking(move || single_thread::with_value(code)).on(self)
    }
}
