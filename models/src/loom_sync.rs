//! `crate::sync` under loom.

use std::cell::Cell;
use std::ops::Deref;
use std::task::Waker;
use std::time::Duration;

pub use std::sync::atomic::Ordering;
pub use std::sync::{OnceLock, PoisonError};
pub use std::thread::panicking;

pub use loom::sync::atomic::fence;
pub use loom::sync::{Mutex, MutexGuard};

pub use self::Local as LocalKey;
pub use self::thread::{JoinHandle, Thread, current, park};
pub use crate::ignore_poison;

/// Returns whether the model has failed. loom has no execution then, and its calls in destructors would panic again.
fn failed() -> bool {
    std::thread::panicking()
}

std::thread_local! {
    /// How sequentially consistent accesses are modelled.
    static FENCES: Cell<Fences> = const { Cell::new(Fences::AfterStores) };
}

/// How sequentially consistent accesses are modelled.
///
/// loom treats them as acquire and release only. So a fence is needed between a store and a load that follows it: after
/// each store, as compilers do it for x86, or before each load, which is equivalent. A correct protocol passes with both; a
/// protocol with an access that is too weak fails with one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fences {
    AfterStores,
    BeforeLoads,
}

impl Fences {
    /// Selects the mode for everything that this thread explores from now on.
    pub fn set(self) {
        FENCES.set(self);
    }

    fn fence(self, order: Ordering) {
        if order == Ordering::SeqCst && FENCES.get() == self {
            fence(order);
        }
    }
}

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        #[derive(Debug)]
        pub struct $name(loom::sync::atomic::$name);

        impl $name {
            pub fn new(value: $value) -> Self {
                $name(loom::sync::atomic::$name::new(value))
            }

            pub fn load(&self, order: Ordering) -> $value {
                Fences::BeforeLoads.fence(order);
                self.0.load(order)
            }

            pub fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, order);
                Fences::AfterStores.fence(order);
            }

            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                Fences::BeforeLoads.fence(order);
                let previous = self.0.swap(value, order);
                Fences::AfterStores.fence(order);
                previous
            }

            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                Fences::BeforeLoads.fence(success);
                let previous = self.0.compare_exchange(current, new, success, failure);
                Fences::AfterStores.fence(success);
                previous
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicUsize, usize);

/// Threads with a park token of their own: loom's token is lost if it arrives while the thread waits for something else.
pub mod thread {
    use std::io;
    use std::sync::Arc;
    use std::time::Duration;

    use loom::sync::Notify;
    use loom::thread::ThreadId;

    #[derive(Clone, Debug)]
    pub struct Thread {
        id: ThreadId,
        token: Arc<Notify>,
    }

    loom::thread_local! {
        static CURRENT: Thread = Thread {
            id: loom::thread::current().id(),
            token: Arc::new(Notify::new()),
        };
    }

    impl Thread {
        pub fn id(&self) -> ThreadId {
            self.id
        }

        pub fn unpark(&self) {
            if !super::failed() {
                self.token.notify();
            }
        }
    }

    pub fn current() -> Thread {
        CURRENT.with(Thread::clone)
    }

    /// Parks the thread. loom also tries a spurious wake-up.
    pub fn park() {
        current().token.wait();
    }

    /// Lets other threads continue: any time may have passed.
    pub fn park_timeout(_: Duration) {
        loom::thread::yield_now();
    }

    pub use loom::thread::yield_now;

    pub struct Builder;

    impl Builder {
        #[allow(clippy::new_without_default)]
        pub fn new() -> Self {
            Builder
        }

        pub fn name(self, _: String) -> Self {
            self
        }

        pub fn stack_size(self, _: usize) -> Self {
            self
        }

        pub fn spawn<F: FnOnce() + Send + 'static>(self, f: F) -> io::Result<JoinHandle<()>> {
            Ok(JoinHandle(loom::thread::spawn(f)))
        }
    }

    #[derive(Debug)]
    pub struct JoinHandle<T>(loom::thread::JoinHandle<T>);

    impl<T> JoinHandle<T> {
        pub fn thread(&self) -> &loom::thread::Thread {
            self.0.thread()
        }

        pub fn join(self) -> std::thread::Result<T> {
            self.0.join()
        }

        /// It is only called to drop handles of ended threads.
        pub fn is_finished(&self) -> bool {
            false
        }
    }
}

/// A condition variable.
#[derive(Debug)]
pub struct Condvar(loom::sync::Condvar);

/// The lock after a wait, or the poisoned lock.
type Waited<T> = Result<T, PoisonError<T>>;

impl Condvar {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Condvar(loom::sync::Condvar::new())
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut so: impl FnMut(&mut T) -> bool,
    ) -> Waited<MutexGuard<'a, T>> {
        while so(&mut guard) {
            guard = self.0.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits without a limit: time stands still.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> Waited<(MutexGuard<'a, T>, ())> {
        match self.0.wait(guard) {
            Ok(guard) => Ok((guard, ())),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), ()))),
        }
    }
}

// The time stands still.
instant!(Duration::ZERO);

/// The waker that was registered last. Each operation takes the lock, where the real one makes an exchange.
#[derive(Debug)]
pub struct AtomicWaker(Mutex<Option<Waker>>);

impl AtomicWaker {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        AtomicWaker(Mutex::new(None))
    }

    pub fn register(&self, waker: &Waker) {
        let previous = self.lock().replace(waker.clone());
        drop(previous);
    }

    pub fn take(&self) -> Option<Waker> {
        self.lock().take()
    }

    pub fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An `Arc` whose count loom sees, with the orderings of `std`.
#[derive(Debug)]
pub struct Arc<T>(std::sync::Arc<Counted<T>>);

#[derive(Debug)]
struct Counted<T> {
    strong: AtomicUsize,
    value: T,
}

impl<T> Arc<T> {
    pub fn new(value: T) -> Self {
        Arc(std::sync::Arc::new(Counted {
            strong: AtomicUsize::new(1),
            value,
        }))
    }

    pub fn strong_count(this: &Self) -> usize {
        this.0.strong.load(Ordering::Relaxed)
    }

    pub fn as_ptr(this: &Self) -> *const T {
        &raw const this.0.value
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        self.0.strong.0.fetch_add(1, Ordering::Relaxed);
        Arc(std::sync::Arc::clone(&self.0))
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        // For loom, the drop of thread-locals has no order of its own, and two such writes to one count fail an assertion
        // of loom. No thread reads the count by then.
        if !failed() && !ENDING.get() {
            self.0.strong.0.fetch_sub(1, Ordering::Release);
        }
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

std::thread_local! {
    /// Whether a thread of the model is dropping its thread-locals.
    static ENDING: Cell<bool> = const { Cell::new(false) };
}

/// The value of a thread-local, dropped with `ENDING` set. Fields are dropped in order.
#[derive(Debug)]
pub struct Kept<T> {
    _begin: End<true>,
    value: T,
    _end: End<false>,
}

impl<T> Kept<T> {
    pub fn new(value: T) -> Self {
        Kept {
            _begin: End,
            value,
            _end: End,
        }
    }
}

/// Sets `ENDING` when dropped.
#[derive(Debug)]
struct End<const ENDS: bool>;

impl<const ENDS: bool> Drop for End<ENDS> {
    fn drop(&mut self) {
        ENDING.set(ENDS);
    }
}

/// The key of a thread-local, with the methods that `std` has for cells.
#[derive(Debug)]
pub struct Local<T: 'static>(pub loom::thread::LocalKey<Kept<T>>);

impl<T: 'static> Local<T> {
    /// If the model has failed, the closure gets a new value.
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        if failed() {
            return f(&(self.0.init)().value);
        }
        self.0.with(|kept| f(&kept.value))
    }

    pub fn try_with<R>(
        &'static self,
        f: impl FnOnce(&T) -> R,
    ) -> Result<R, loom::thread::AccessError> {
        self.0.try_with(|kept| f(&kept.value))
    }
}

impl<T: 'static> Local<Cell<T>> {
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.0.with(|kept| kept.value.get())
    }

    pub fn set(&'static self, value: T) {
        if !failed() {
            self.replace(value);
        }
    }

    pub fn replace(&'static self, value: T) -> T {
        self.0.with(|kept| kept.value.replace(value))
    }
}

/// `thread_local!` under loom.
#[macro_export]
macro_rules! loom_local {
    () => {};
    ($(#[$meta:meta])* $vis:vis static $name:ident: $t:ty = const { $init:expr }; $($rest:tt)*) => {
        $crate::loom_local! { $(#[$meta])* $vis static $name: $t = $init; $($rest)* }
    };
    ($(#[$meta:meta])* $vis:vis static $name:ident: $t:ty = $init:expr; $($rest:tt)*) => {
        $(#[$meta])*
        $vis static $name: $crate::loom_sync::Local<$t> =
            $crate::loom_sync::Local(::loom::thread::LocalKey {
                init: || $crate::loom_sync::Kept::new($init),
                _p: ::std::marker::PhantomData,
            });
        $crate::loom_local! { $($rest)* }
    };
}
