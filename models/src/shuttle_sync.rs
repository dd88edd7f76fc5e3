//! `crate::sync` under shuttle.

use std::cell::{Cell, RefCell};
use std::ops::{Deref, DerefMut};
use std::task::Waker;
use std::time::Duration;

use shuttle::lazy_static::Lazy;
use shuttle::rand::Rng;

pub use std::sync::{Arc, OnceLock, PoisonError};

pub use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub use self::Local as LocalKey;
pub use self::thread::{JoinHandle, Thread, current, park};
pub use crate::ignore_poison;

/// Returns whether a panic unwinds. It does not tell here: for `std` all threads of a schedule are one thread.
pub fn panicking() -> bool {
    false
}

/// A point where other threads may run. It does nothing else: shuttle treats all accesses as sequentially consistent.
pub fn fence(_: Ordering) {
    shuttle::thread::sleep(Duration::ZERO);
}

/// As on all targets that the models are for.
pub const HAS_THREADS: bool = true;

/// Threads of ours. A model has one process.
#[derive(Debug, Default)]
pub struct Threads;

impl Threads {
    pub const fn new() -> Self {
        Threads
    }

    pub fn check(&self, _what: &str) {}
}

/// A lock that is never poisoned.
#[derive(Debug, Default)]
pub struct Mutex<T>(shuttle::sync::Mutex<T>);

#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: Option<shuttle::sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Mutex(shuttle::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> Result<MutexGuard<'_, T>, PoisonError<MutexGuard<'_, T>>> {
        let guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(MutexGuard {
            mutex: self,
            guard: Some(guard),
        })
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_deref().expect("only waiting takes it away")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard
            .as_deref_mut()
            .expect("only waiting takes it away")
    }
}

/// A lock around process-wide state, which each schedule creates anew.
pub struct Shared<T: Send + Sync + 'static>(Lazy<Mutex<T>>);

impl<T: Default + Send + Sync> Shared<T> {
    pub const fn new(empty: T) -> Self {
        // Each schedule creates its own.
        std::mem::forget(empty);
        Shared(Lazy::new(Mutex::default))
    }

    pub fn lock(
        &'static self,
    ) -> Result<MutexGuard<'static, T>, PoisonError<MutexGuard<'static, T>>> {
        self.0.get().lock()
    }
}

/// What the whole process shares, which each schedule makes anew.
pub struct Global<T: Send + Sync + 'static>(Lazy<T>);

impl<T: Send + Sync> Global<T> {
    pub const fn new(make: fn() -> T) -> Self {
        Global(Lazy::new(make))
    }

    pub fn get(&'static self) -> &'static T {
        self.0.get()
    }
}

/// A condition variable whose waits may time out.
#[derive(Debug)]
pub struct Condvar(shuttle::sync::Condvar);

/// The lock after a wait, and nothing in place of `std`'s `WaitTimeoutResult`.
type Waited<'a, T> = (MutexGuard<'a, T>, ());

impl Condvar {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Condvar(shuttle::sync::Condvar::new())
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    pub fn wait<'a, T>(&self, mut guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let inner = guard.guard.take().expect("only waiting takes it away");
        let inner = self.0.wait(inner).unwrap_or_else(PoisonError::into_inner);
        MutexGuard {
            mutex: guard.mutex,
            guard: Some(inner),
        }
    }

    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut so: impl FnMut(&mut T) -> bool,
    ) -> Result<MutexGuard<'a, T>, PoisonError<MutexGuard<'a, T>>> {
        while so(&mut guard) {
            guard = self.wait(guard);
        }
        Ok(guard)
    }

    /// Lets other threads run for a while, and then times out. It is the same as a notification that comes late.
    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut so: impl FnMut(&mut T) -> bool,
    ) -> Result<Waited<'a, T>, PoisonError<Waited<'a, T>>> {
        let mutex = guard.mutex;
        for _ in 0..4 {
            if !so(&mut guard) {
                return Ok((guard, ()));
            }
            guard.guard = None;
            shuttle::thread::yield_now();
            guard = match mutex.lock() {
                Ok(guard) => guard,
                Err(_) => unreachable!("it is never poisoned"),
            };
        }
        NOW.with(|now| now.set(now.get() + timeout));
        Ok((guard, ()))
    }

    /// Waits, or times out, by chance.
    pub fn wait_timeout<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> Result<Waited<'a, T>, PoisonError<Waited<'a, T>>> {
        if !shuttle::rand::thread_rng().gen_ratio(1, 4) {
            return Ok((self.wait(guard), ()));
        }
        // A thread that runs in between notifies no thread, and the time is up anyway.
        let mutex = guard.mutex;
        guard.guard = None;
        shuttle::thread::yield_now();
        NOW.with(|now| now.set(now.get() + timeout));
        Ok(match mutex.lock() {
            Ok(guard) => (guard, ()),
            Err(_) => unreachable!("it is never poisoned"),
        })
    }
}

shuttle::thread_local! {
    /// The time of this thread. Only waiting takes time.
    static NOW: Cell<Duration> = Cell::new(Duration::ZERO);
}

instant!(NOW.with(Cell::get));

/// Threads with a park token of their own: shuttle wakes parked threads at will, which would hide a lost wake-up.
pub mod thread {
    use std::io;
    use std::sync::Arc;
    use std::time::Duration;

    use shuttle::thread::ThreadId;

    use super::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

    #[derive(Clone, Debug)]
    pub struct Thread {
        id: ThreadId,
        token: Arc<Token>,
    }

    #[derive(Debug)]
    struct Token {
        there: Mutex<bool>,
        came: Condvar,
        parked: AtomicBool,
    }

    impl Token {
        fn lock(&self) -> MutexGuard<'_, bool> {
            self.there.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    shuttle::thread_local! {
        static CURRENT: Thread = Thread {
            id: shuttle::thread::current().id(),
            token: Arc::new(Token {
                there: Mutex::new(false),
                came: Condvar::new(),
                parked: AtomicBool::new(false),
            }),
        };
    }

    impl Thread {
        pub fn id(&self) -> ThreadId {
            self.id
        }

        pub fn unpark(&self) {
            *self.token.lock() = true;
            self.token.came.notify_one();
        }
    }

    pub fn current() -> Thread {
        CURRENT.with(Thread::clone)
    }

    pub fn park() {
        let Thread { token, .. } = current();
        let mut there = token.lock();
        while !*there {
            token.parked.store(true, Ordering::SeqCst);
            there = token.came.wait(there);
            token.parked.store(false, Ordering::SeqCst);
        }
        *there = false;
    }

    shuttle::lazy_static! {
        /// The monitor's thread, which is known by its name.
        static ref MONITOR: Mutex<Option<Thread>> = Mutex::new(None);
    }

    /// Returns whether the monitor is parked without a timeout.
    pub fn is_monitor_parked() -> bool {
        let monitor = MONITOR.lock().unwrap_or_else(PoisonError::into_inner);
        let parked = monitor.as_ref().map(|thread| &thread.token.parked);
        parked.is_some_and(|parked| parked.load(Ordering::SeqCst))
    }

    /// Takes the token, or lets other threads continue until the time is up.
    pub fn park_timeout(timeout: Duration) {
        let Thread { token, .. } = current();
        let mut there = token.lock();
        let came = std::mem::take(&mut *there);
        drop(there);
        if !came {
            yield_now();
            super::NOW.with(|now| now.set(now.get() + timeout));
        }
    }

    pub use shuttle::thread::yield_now;

    shuttle::lazy_static! {
        /// The names of threads that can't be started.
        static ref DENIED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    }

    /// Lets the start of threads of this name fail, in this schedule.
    pub fn deny(name: &'static str) {
        let mut denied = DENIED.lock().unwrap_or_else(PoisonError::into_inner);
        denied.push(name);
    }

    #[derive(Debug)]
    pub struct Builder(String);

    impl Builder {
        #[allow(clippy::new_without_default)]
        pub fn new() -> Self {
            Builder(String::new())
        }

        pub fn name(self, name: String) -> Self {
            Builder(name)
        }

        pub fn stack_size(self, _: usize) -> Self {
            self
        }

        pub fn spawn<F: FnOnce() + Send + 'static>(self, f: F) -> io::Result<JoinHandle<()>> {
            let denied = DENIED.lock().unwrap_or_else(PoisonError::into_inner);
            if denied.iter().any(|name| *name == self.0) {
                return Err(io::Error::other("no thread can be started"));
            }
            drop(denied);
            let finished = Arc::new(AtomicBool::new(false));
            let other = Arc::clone(&finished);
            let is_monitor = self.0.ends_with("-monitor");
            let builder = shuttle::thread::Builder::new().name(self.0);
            let thread = builder.spawn(move || {
                if is_monitor {
                    let mut monitor = MONITOR.lock().unwrap_or_else(PoisonError::into_inner);
                    *monitor = Some(current());
                }
                f();
                other.store(true, Ordering::SeqCst);
            })?;
            Ok(JoinHandle { thread, finished })
        }
    }

    #[derive(Debug)]
    pub struct JoinHandle<T> {
        thread: shuttle::thread::JoinHandle<T>,
        finished: Arc<AtomicBool>,
    }

    impl<T> JoinHandle<T> {
        pub fn thread(&self) -> &shuttle::thread::Thread {
            self.thread.thread()
        }

        pub fn join(self) -> std::thread::Result<T> {
            self.thread.join()
        }

        pub fn is_finished(&self) -> bool {
            self.finished.load(Ordering::SeqCst)
        }
    }
}

/// The waker that was registered last.
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

/// The key of a thread-local, with the methods that `std` has for cells.
#[derive(Debug)]
pub struct Local<T: 'static>(pub shuttle::thread::LocalKey<T>);

impl<T: 'static> Local<T> {
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(f)
    }

    pub fn try_with<R>(
        &'static self,
        f: impl FnOnce(&T) -> R,
    ) -> Result<R, shuttle::thread::AccessError> {
        self.0.try_with(f)
    }
}

impl<T: 'static> Local<Cell<T>> {
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.0.with(Cell::get)
    }

    pub fn set(&'static self, value: T) {
        self.0.with(|cell| cell.set(value));
    }

    pub fn replace(&'static self, value: T) -> T {
        self.0.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> Local<RefCell<T>> {
    pub fn with_borrow<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(|cell| f(&cell.borrow()))
    }

    pub fn set(&'static self, value: T) {
        self.0.with(|cell| cell.replace(value));
    }

    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.0.with(RefCell::take)
    }
}

/// `thread_local!` under shuttle.
#[macro_export]
macro_rules! shuttle_local {
    () => {};
    ($(#[$meta:meta])* $vis:vis static $name:ident: $t:ty = const { $init:expr }; $($rest:tt)*) => {
        $crate::shuttle_local! { $(#[$meta])* $vis static $name: $t = $init; $($rest)* }
    };
    ($(#[$meta:meta])* $vis:vis static $name:ident: $t:ty = $init:expr; $($rest:tt)*) => {
        $(#[$meta])*
        $vis static $name: $crate::shuttle_sync::Local<$t> =
            $crate::shuttle_sync::Local(::shuttle::thread::LocalKey {
                init: || $init,
                _p: ::std::marker::PhantomData,
            });
        $crate::shuttle_local! { $($rest)* }
    };
}
