//! What is propagated of the `tracing` crate: its dispatcher and the current span.

use std::fmt;

use tracing::dispatcher::{self, Dispatch};
use tracing::span::Span;
use tracing::subscriber::NoSubscriber;

/// The dispatcher and the span that a piece of work was sent away in.
pub(crate) struct Trace {
    /// `None` if the program has never set one. A dispatcher that swallows everything is propagated:
    /// the program wants silence on the other thread as well.
    dispatch: Option<Dispatch>,
    /// It keeps the span from closing before the work is done.
    span: Span,
}

impl Trace {
    #[inline]
    pub(crate) fn capture() -> Self {
        if !Trace::is_set() {
            return Trace::none();
        }
        Trace {
            dispatch: Some(dispatcher::get_default(Dispatch::clone)),
            span: Span::current(),
        }
    }

    /// Returns whether the program has ever set a dispatcher.
    #[inline]
    pub(crate) fn is_set() -> bool {
        dispatcher::has_been_set()
    }

    #[inline]
    pub(crate) fn none() -> Self {
        Trace {
            dispatch: None,
            span: Span::none(),
        }
    }

    #[inline]
    pub(crate) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        match &self.dispatch {
            Some(dispatch) => dispatcher::with_default(dispatch, || self.span.in_scope(f)),
            None => f(),
        }
    }
}

/// Emits a warning. Returns `false` if the program has never set a dispatcher.
pub(crate) fn warn(text: &dyn fmt::Display) -> bool {
    let is_set = Trace::is_set();
    if is_set {
        tracing::warn!(target: "smartcall::diagnose", "{text}");
    }
    is_set
}

/// The dispatcher that an executor was built under, for its threads.
///
/// A spare thread polls other tasks than the one that blocks. So nothing of that one may be propagated to
/// it: not the span, which would become the parent of what other tasks do, nor the dispatcher,
/// which may be set for just that task. But a task must not log elsewhere because a spare
/// happens to poll it. So workers and spares have the same dispatcher, the one of the place
/// where the executor was built. The span of that place is not theirs: it would stay open, and
/// around all tasks, for as long as the executor lives.
#[derive(Debug)]
pub struct Dispatcher(Option<Dispatch>);

impl Dispatcher {
    /// Takes the dispatcher of this thread.
    pub fn capture() -> Self {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        // An executor is often built before the program sets its global dispatcher. To propagate none would
        // hide that one for ever.
        Dispatcher(Some(dispatch).filter(|dispatch| !dispatch.is::<NoSubscriber>()))
    }

    /// Runs code with it.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(dispatch) => dispatcher::with_default(dispatch, f),
            None => f(),
        }
    }
}
