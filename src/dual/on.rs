//! Handles that are bound to a pool.

use crate::dual::handle::{Dual, DualOf};
use crate::offload::pool::ToPool;
use crate::offload::single_thread::{self, SingleThread};
use crate::work::scoped::{Bind, OnPool, Scope, Scoped, bind};
use crate::work::traits::Work;

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Binds the blocking code in the handle to a pool, under `.get()` and under `.await`.
    ///
    /// Under `.get()`, too, the code runs on the pool, while the caller waits. The same holds for a `.get()` that is
    /// nested in the handle. Async code in the handle stays with its caller, and so does in-place code. A
    /// [`pair`](Dual::pair) takes its async path. If a handle is bound twice, the binding nearest to the code
    /// applies. If the code resolves handles of another version of this crate, that version does not know the pool.
    ///
    /// # Panics
    ///
    /// Resolving the handle panics if the pool refuses the code, or ends before it has run the code.
    ///
    /// # Blocking
    ///
    /// If the handle is resolved on a thread of the pool, and the pool's jobs can't wait for each other, the code
    /// runs on that thread: see [`offload`](crate::offload#limits).
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
        self.bind(OnPool::new(pool.to_pool()))
    }
}

impl<T, W> bind::Sealed for Dual<T, W> {}

impl<T, W: Work<Output = T>> Bind for Dual<T, W> {
    type Bound<S: Scope> = Dual<T, Scoped<Dual<T, W>, S>>;

    fn bind<S: Scope>(self, scope: S) -> Self::Bound<S> {
        Dual::new(Scoped::new(self, scope))
    }
}

// It is here and not beside the type, since it returns handles.
impl<V: 'static> SingleThread<V> {
    /// Starts a thread, and makes a value there, which may fail.
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

    /// Creates a handle for code that uses the value, on its thread.
    ///
    /// The code is blocking code that is bound to this thread, under `.get()` and under `.await`.
    ///
    /// # Panics
    ///
    /// Resolving the handle panics if the value could not be made, or if code of this method is already using it on
    /// this thread. It also panics if the code panics; that panic is passed on unchanged, and the value stays as the
    /// code left it.
    ///
    /// # Examples
    ///
    /// See [`SingleThread`].
    #[track_caller]
    pub fn run<R, F>(&self, code: F) -> DualOf<impl Work<Output = R> + use<V, R, F>>
    where
        R: Send + 'static,
        F: FnOnce(&mut V) -> R + Send + 'static,
    {
        Dual::blocking(move || single_thread::with_value(code)).on(self)
    }
}
