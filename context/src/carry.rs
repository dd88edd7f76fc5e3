//! Propagation of thread-locals to the thread on which work runs.
//!
//! Where work leaves a thread, [`capture`] takes a snapshot, and [`Snapshot::run`] puts it in place around the
//! code on the other thread. There are two sources: the hooks that the program has registered, and, with the
//! feature `tracing`, the dispatcher and the span.
//!
//! Hooks stay for ever, so their list only grows: each node is written once. A `RwLock` around a
//! `Vec` would be held while hooks run, which are the program's code and may register one.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

use crate::once;
#[cfg(feature = "tracing")]
use crate::trace::Trace;

/// Thread-local state that is propagated to the thread on which the work runs.
///
/// A closure `FnMut(&mut dyn FnMut())` implements it, and is all that most hooks need: see [`carry`], which also has
/// an example of [`bring_back`](Carry::bring_back).
///
/// It is dropped once the code has run and the handle has been resolved or dropped.
pub trait Carry: Send + 'static {
    /// Sets the values, calls `body` once, and restores what was there before.
    ///
    /// It is called on the thread that the work went to: once for sync code, and for each poll of a started
    /// handle. A panic of the body is caught before it gets here, and goes on afterwards: no guard is needed to
    /// restore things.
    fn run(&mut self, body: &mut dyn FnMut());

    /// Sets values on the thread that resolves the handle.
    ///
    /// It is called after `run`, just before the handle returns its value: in a task that is the poll that
    /// completes the `.await`. It is not called if the handle was dropped before, or if the body panicked.
    fn bring_back(&mut self) {}
}

impl<F: FnMut(&mut dyn FnMut()) + Send + 'static> Carry for F {
    fn run(&mut self, body: &mut dyn FnMut()) {
        self(body);
    }
}

/// Registers a hook, for the rest of the process, that propagates thread-local state to the threads on which
/// work runs.
///
/// `capture` is called on the thread that sends work away, and returns what sets the values on the other
/// thread. Several hooks nest: the first that was registered is the outermost. See the
/// [module's documentation](crate#what-follows) for what is propagated where.
///
/// Call this once, early in `main`; every call adds another hook. Each hop to a pool then runs the hook and makes one or
/// two allocations. Work that stays on its thread, as under `.get()`, pays nothing, with one exception: for blocking code
/// that is awaited in a future under `.get()`, `capture` is called even if the code then stays.
///
/// # Panics
///
/// A panic of `capture`, or of what it returned, reaches what awaits the handle. So does the panic that tells of a hook
/// that did not call the body.
///
/// # Examples
///
/// A current request, as a tracing library would keep one. With OpenTelemetry the closure is
/// `{ let cx = Context::current(); move |body: &mut dyn FnMut()| { let _cx = cx.clone().attach(); body() } }`.
///
/// ```
/// use std::cell::Cell;
/// use smartcall::Dual;
/// use smartcall_context as context;
///
/// thread_local! {
///     static REQUEST: Cell<u32> = const { Cell::new(0) };
/// }
///
/// context::carry(|| {
///     let request = REQUEST.get();
///     move |body: &mut dyn FnMut()| {
///         let previous = REQUEST.replace(request);
///         body();
///         REQUEST.set(previous);
///     }
/// });
///
/// REQUEST.set(7);
/// // On a thread of the pool:
/// assert_eq!(pollster::block_on(Dual::blocking(|| REQUEST.get())), 7);
/// ```
///
/// A value that comes back as well takes a type:
///
/// ```
/// use std::cell::Cell;
/// use smartcall::Dual;
/// use smartcall_context::{self as context, Carry};
///
/// thread_local! {
///     static SPENT: Cell<u32> = const { Cell::new(0) };
/// }
///
/// struct Spent(u32);
///
/// impl Carry for Spent {
///     fn run(&mut self, body: &mut dyn FnMut()) {
///         let previous = SPENT.replace(0);
///         body();
///         self.0 += SPENT.replace(previous);
///     }
///     fn bring_back(&mut self) {
///         SPENT.set(SPENT.get() + self.0);
///     }
/// }
///
/// context::carry(|| Spent(0));
///
/// pollster::block_on(Dual::blocking(|| SPENT.set(5)));
/// assert_eq!(SPENT.get(), 5);
/// ```
pub fn carry<S: Carry>(capture: impl Fn() -> S + Send + Sync + 'static) {
    let mut hook = Box::new(Hook {
        capture: Box::new(move || Box::new(capture())),
        next: OnceLock::new(),
    });
    let mut end = &HOOKS;
    while let Err(mine) = end.set(hook) {
        hook = mine;
        end = &end.get().expect("somebody has set it").next;
    }
}

/// The hooks, in the order in which they were registered.
static HOOKS: OnceLock<Box<Hook>> = OnceLock::new();

/// A hook, and those behind it.
struct Hook {
    capture: Box<dyn Fn() -> Box<dyn Carry> + Send + Sync>,
    next: OnceLock<Box<Hook>>,
}

/// Takes a snapshot of what is to be propagated from this thread.
///
/// It runs code of the program's: no lock may be held. With nothing registered it is one load.
#[inline]
pub fn capture() -> Snapshot {
    Snapshot {
        #[cfg(feature = "tracing")]
        trace: Trace::capture(),
        values: match HOOKS.get() {
            None => Vec::new(),
            Some(first) => capture_all(first),
        },
    }
}

/// Returns whether `capture` may have something to take.
#[inline]
pub fn captures() -> bool {
    #[cfg(feature = "tracing")]
    if Trace::is_set() {
        return true;
    }
    HOOKS.get().is_some()
}

#[cold]
fn capture_all(first: &'static Hook) -> Vec<Box<dyn Carry>> {
    let mut values = Vec::new();
    let mut hook = Some(first);
    while let Some(Hook { capture, next }) = hook {
        values.push(capture());
        hook = next.get().map(|next| &**next);
    }
    values
}

/// What is propagated with one piece of work.
pub struct Snapshot {
    #[cfg(feature = "tracing")]
    trace: Trace,
    /// What the hooks took. An empty one allocates nothing.
    values: Vec<Box<dyn Carry>>,
}

impl Snapshot {
    /// Returns a snapshot of nothing.
    pub fn empty() -> Self {
        Snapshot {
            #[cfg(feature = "tracing")]
            trace: Trace::none(),
            values: Vec::new(),
        }
    }

    /// Runs code with everything in place: a whole body, or one poll of it.
    #[inline]
    pub fn run<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let values = &mut *self.values;
        let f = move || match values {
            [] => f(),
            values => run_in(values, f),
        };
        // Outside of the hooks: what these log themselves belongs to the span.
        #[cfg(feature = "tracing")]
        return self.trace.run(f);
        #[cfg(not(feature = "tracing"))]
        f()
    }

    /// Drops what is needed on that thread only, and keeps what may be brought back.
    #[inline]
    pub fn into_returning(self) -> Returning {
        Returning(self.values)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

/// Runs code with the values in place.
fn run_in<R>(values: &mut [Box<dyn Carry>], f: impl FnOnce() -> R) -> R {
    let result = once::run_through(
        |body| nest(values, body),
        // Hooks see no panic, and so can't forget to restore what was there.
        || panic::catch_unwind(AssertUnwindSafe(f)),
        "`Carry::run` must call the body that it is given",
    );
    match result {
        Ok(value) => value,
        Err(payload) => panic::resume_unwind(payload),
    }
}

fn nest(values: &mut [Box<dyn Carry>], body: &mut dyn FnMut()) {
    match values {
        [] => body(),
        [first, others @ ..] => first.run(&mut || nest(others, body)),
    }
}

/// What is brought back to the thread that resolves the handle.
pub struct Returning(Vec<Box<dyn Carry>>);

impl Returning {
    /// Sets it on this thread.
    #[inline]
    pub fn restore(self) {
        for mut value in self.0 {
            value.bring_back();
        }
    }
}

impl fmt::Debug for Returning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returning").finish_non_exhaustive()
    }
}
