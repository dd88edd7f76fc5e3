//! The driver's imports from the context crate: the place, and a host.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc as StdArc;
use std::task::Wake;

pub(crate) use crate::place::{Place, enter};
pub(crate) use crate::placement;
use crate::sync::{AtomicBool, Ordering, Thread, current, park};
use crate::task::{Context, Poll, Waker};

pub(crate) const STOPPED: &str = "the host was stopped";

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// The model has no runtime to enter.
pub(crate) fn enter_runtime() -> Entered {
    Entered
}

/// The same, for workers.
pub(crate) fn enter_if_alive() -> Entered {
    Entered
}

pub(crate) struct Entered;

/// The model does not use tokio.
pub(crate) fn naming_tokio<R>(f: impl FnOnce() -> R) -> R {
    f()
}

thread_local! {
    static TURNS: Cell<bool> = const { Cell::new(false) };
}

/// Lets this thread turn a runtime while it waits.
pub(crate) fn set_turns() {
    let _ = TURNS.try_with(|turns| turns.set(true));
}

/// What wakes a thread that turns a runtime.
struct Turn {
    woken: AtomicBool,
    thread: Thread,
}

impl Wake for Turn {
    fn wake(self: StdArc<Self>) {
        self.woken.swap(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// A runtime without tasks: it sleeps until its own waker is used.
pub(crate) fn wait_in_runtime(
    future: impl std::future::Future<Output = ()>,
    park_instead: impl FnOnce(),
) {
    if !TURNS.try_with(Cell::get).unwrap_or(false) {
        return park_instead();
    }
    let turn = StdArc::new(Turn {
        woken: AtomicBool::new(false),
        thread: current(),
    });
    let waker = std::task::Waker::from(StdArc::clone(&turn));
    let mut future = pin!(future);
    while future
        .as_mut()
        .poll(&mut std::task::Context::from_waker(&waker))
        .is_pending()
    {
        while !turn.woken.swap(false, Ordering::Acquire) {
            park();
        }
    }
}

/// A host that runs code before it lets the driver park.
#[derive(Clone)]
pub(crate) struct Host {
    before_parking: Rc<dyn Fn()>,
    is_stopped: Rc<dyn Fn(&Waker) -> bool>,
}

impl Host {
    pub(crate) fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        if (self.is_stopped)(cx.waker()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    pub(crate) fn park(&self, park: impl FnOnce()) {
        (self.before_parking)();
        park();
    }
}

/// Gives this thread a host.
pub(crate) fn set_host(
    before_parking: impl Fn() + 'static,
    is_stopped: impl Fn(&Waker) -> bool + 'static,
) {
    let set = Host {
        before_parking: Rc::new(before_parking),
        is_stopped: Rc::new(is_stopped),
    };
    let _ = HOST.try_with(|host| host.replace(Some(set)));
}

pub(crate) fn host() -> Option<Host> {
    HOST.try_with(|host| host.borrow().clone()).ok().flatten()
}
