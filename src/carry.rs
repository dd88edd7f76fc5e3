//! What follows work to another thread.
//!
//! Where work leaves a thread, [`capture`] takes what is to follow, and [`Carried::run`] has it
//! in place around the code over there. There are two sources: the hooks that the program has
//! registered, and, with the feature `tracing`, the dispatcher and the span.
//!
//! Hooks stay for ever, so their list only grows: each node is written once. A `RwLock` around a
//! `Vec` would be held while hooks run, which are the program's code and may register one.

use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

#[cfg(all(feature = "executor", feature = "tracing"))]
pub(crate) use self::tracing::Dispatcher;

/// Values of a thread that follow work to another one.
///
/// Closures `FnMut(&mut dyn FnMut())` are it, which is all that most hooks need: see [`carry`],
/// which also has an example of [`bring_back`](Carry::bring_back).
///
/// It is dropped once the code has run and the handle has been resolved or dropped.
pub trait Carry: Send + 'static {
    /// Puts the values in place, calls `body` once, and puts back what was there before.
    ///
    /// It is called on the thread that the work went to: once for sync code, and for each poll of an async
    /// body that was [started](crate::Dual::start). A panic of the body does not go through
    /// here, but on its way afterwards: no guard is needed to put things back.
    fn run(&mut self, body: &mut dyn FnMut());

    /// Hands values over to the thread that resolves the handle.
    ///
    /// It is called after `run`, just before the handle gives its value: in a task that is the
    /// poll that returns from `.await`. It is not called if the handle was dropped before, or if
    /// the body panicked.
    fn bring_back(&mut self) {}
}

impl<F: FnMut(&mut dyn FnMut()) + Send + 'static> Carry for F {
    fn run(&mut self, body: &mut dyn FnMut()) {
        self(body);
    }
}

/// Lets values of a thread follow the work that leaves it, for the whole process and for ever.
///
/// `capture` is called on the thread that sends work away, and returns what puts the values in
/// place on the other thread. Several hooks nest: the first one that was registered is the
/// outermost. See the [module's documentation](super::context#what-follows) for what follows
/// where.
///
/// Call it once, early in `main`: a second call with the same closure is a second hook. Each hop to a
/// pool then pays for the capture and for one or two allocations; what runs on its own thread, as under
/// `.get()`, pays nothing.
///
/// # Panics
///
/// A panic of `capture`, and of what it returned, reaches whoever awaits the handle. So does the
/// panic that tells of a hook that did not call the body.
///
/// # Examples
///
/// A current request, as a tracing library would keep one. With OpenTelemetry the closure is
/// `{ let cx = Context::current(); move |body: &mut dyn FnMut()| { let _cx = cx.clone().attach(); body() } }`.
///
/// ```
/// use std::cell::Cell;
/// use smartcall::{Dual, context};
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
/// use smartcall::context::{self, Carry};
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

/// Takes what is to follow from this thread.
///
/// It runs code of the program's: no lock may be held. With nothing registered it is one load.
#[inline]
pub(crate) fn capture() -> Carried {
    Carried {
        #[cfg(feature = "tracing")]
        trace: tracing::Trace::capture(),
        values: match HOOKS.get() {
            None => Vec::new(),
            Some(first) => capture_all(first),
        },
    }
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

/// What follows one piece of work.
pub(crate) struct Carried {
    #[cfg(feature = "tracing")]
    trace: tracing::Trace,
    /// What the hooks took. An empty one allocates nothing.
    values: Vec<Box<dyn Carry>>,
}

impl Carried {
    /// Runs code with everything in place: a whole body, or one poll of it.
    #[inline]
    pub(crate) fn run<R>(&mut self, f: impl FnOnce() -> R) -> R {
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

    /// Lets go of what was needed there only, and keeps what may come back.
    #[inline]
    pub(crate) fn into_back(self) -> Back {
        Back(self.values)
    }
}

/// Runs code with the values in place.
fn run_in<R>(values: &mut [Box<dyn Carry>], f: impl FnOnce() -> R) -> R {
    let mut f = Some(f);
    let mut result = None;
    nest(values, &mut || {
        if let Some(f) = f.take() {
            // Hooks see no panic, and so can't forget to put back what was there.
            result = Some(panic::catch_unwind(AssertUnwindSafe(f)));
        }
    });
    match result.expect("`Carry::run` must call the body that it is given") {
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

/// What comes back to the thread that resolves the handle.
pub(crate) struct Back(Vec<Box<dyn Carry>>);

impl Back {
    /// Hands it over to this thread.
    #[inline]
    pub(crate) fn arrive(self) {
        for mut value in self.0 {
            value.bring_back();
        }
    }
}

#[cfg(feature = "tracing")]
mod tracing {
    use tracing::dispatcher::{self, Dispatch};
    use tracing::span::Span;
    #[cfg(all(feature = "executor", feature = "tracing"))]
    use tracing::subscriber::NoSubscriber;

    /// The dispatcher and the span that a piece of work was sent away in.
    pub(super) struct Trace {
        /// `None` if the program has never set one. One that swallows everything is carried:
        /// whoever has set it wants silence on the other thread as well.
        dispatch: Option<Dispatch>,
        /// It keeps the span from closing before the work is done.
        span: Span,
    }

    impl Trace {
        #[inline]
        pub(super) fn capture() -> Self {
            if !dispatcher::has_been_set() {
                return Trace {
                    dispatch: None,
                    span: Span::none(),
                };
            }
            Trace {
                dispatch: Some(dispatcher::get_default(Dispatch::clone)),
                span: Span::current(),
            }
        }

        #[inline]
        pub(super) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
            match &self.dispatch {
                Some(dispatch) => dispatcher::with_default(dispatch, || self.span.in_scope(f)),
                None => f(),
            }
        }
    }

    /// The dispatcher that an executor was built under, for its threads.
    ///
    /// A spare polls other tasks than the one it makes room for. So nothing of that one may follow
    /// to it: not the span, which would become the parent of what strangers do, nor the dispatcher,
    /// which may be set for just that task. But a task must not log elsewhere because a spare
    /// happens to poll it. So workers and spares have the same dispatcher, the one of the place
    /// where the executor was built. That place's span is not theirs: it would stay open, and
    /// around all tasks, for as long as the executor lives.
    #[cfg(all(feature = "executor", feature = "tracing"))]
    pub(crate) struct Dispatcher(Option<Dispatch>);

    #[cfg(all(feature = "executor", feature = "tracing"))]
    impl Dispatcher {
        /// Takes the dispatcher of this thread.
        pub(crate) fn capture() -> Self {
            let dispatch = dispatcher::get_default(Dispatch::clone);
            // An executor is often built before the program sets its global dispatcher, and to
            // carry none would hide that one for ever.
            Dispatcher(Some(dispatch).filter(|dispatch| !dispatch.is::<NoSubscriber>()))
        }

        /// Runs code with it.
        pub(crate) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
            match &self.0 {
                Some(dispatch) => dispatcher::with_default(dispatch, f),
                None => f(),
            }
        }
    }
}
