//! The driver's imports from the context crate: the place, and a host.

use std::cell::RefCell;
use std::rc::Rc;

pub(crate) use crate::place::{Place, enter};
pub(crate) use crate::placement;
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
