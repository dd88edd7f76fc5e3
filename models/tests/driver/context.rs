//! What `drive.rs` needs of `context.rs`: where the thread stands, and a host that parks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::task::{Context, Poll};

pub(crate) const STOPPED: &str = "the host was stopped";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Outside,
    Driving,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Outside) };

    static HOST: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
}

pub(crate) fn current() -> Place {
    PLACE.get()
}

pub(crate) struct PlaceGuard(Place);

pub(crate) fn enter(place: Place) -> PlaceGuard {
    PlaceGuard(PLACE.replace(place))
}

impl Drop for PlaceGuard {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

/// A host that does something of its own before it lets the driver park.
pub(crate) struct Host(Rc<dyn Fn()>);

impl Host {
    pub(crate) fn poll_stopped(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    pub(crate) fn block_in_place(&self, block: &mut dyn FnMut()) {
        (self.0)();
        block();
    }
}

/// Gives this thread a host.
pub(crate) fn set_host(before_parking: impl Fn() + 'static) {
    let _ = HOST.try_with(|host| host.replace(Some(Rc::new(before_parking))));
}

pub(crate) fn host() -> Option<Host> {
    HOST.try_with(|host| host.borrow().clone().map(Host))
        .ok()
        .flatten()
}
