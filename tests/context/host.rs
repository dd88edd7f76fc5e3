//! A `Host` that can block: what it is told of a `.get()`.

#![allow(
    clippy::redundant_async_block,
    reason = "handles are made in one place and resolved in another"
)]

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use futures::StreamExt;
use futures::channel::{mpsc as futures_mpsc, oneshot};
use smartcall::Dual;
use smartcall::context::{self, Host, Place, current};

use crate::common::{
    Helpful, assert_contains, assert_deref_refused, here, limit, message, never, panicked_at,
};

fn helpful_twice(here: ThreadId, asked: usize) -> (usize, Vec<ThreadId>) {
    (asked, vec![here; 2])
}

/// A get that does not wait calls `block_in_place` once, and is outside in it.
#[test]
fn host_blocks_once_for_a_get() {
    let here = thread::current().id();
    let host = Helpful::new();
    context::with_host(&host, || {
        assert_eq!(Dual::future(async { 5 }).get(), 5);
        assert_eq!(host.calls(), (1, vec![here]));
        assert_eq!(Dual::blocking(current).get(), Place::Outside);
        assert_eq!(host.calls(), (2, vec![here; 2]));
        assert_eq!(Dual::future(async { 5 }).try_get().ok(), Some(5));
        assert_eq!(host.calls(), (3, vec![here; 3]));

        // In-place code is watched, and stays inside.
        assert_eq!(Dual::in_place(current).get(), Place::Inside);
        assert_eq!(host.calls(), (4, vec![here; 4]));

        // What is there already is no business of the host's.
        assert_eq!(Dual::ready(5).get(), 5);
        assert_eq!(host.calls(), (4, vec![here; 4]));
        assert_eq!(current(), Place::Inside);
    });
}

/// A get that waits calls `block_in_place` around the whole of it, and once for each park.
#[test]
fn host_blocks_once_more_for_each_park() {
    limit(|| {
        let here = thread::current().id();
        let (sender, mut receiver) = futures_mpsc::unbounded();
        let host = Helpful::calling(move |nth| {
            let sender = sender.clone();
            if nth > 1 {
                thread::spawn(move || sender.unbounded_send(nth));
            }
        });
        let parks = context::with_host(&host, || {
            let three = async {
                [
                    receiver.next().await,
                    receiver.next().await,
                    receiver.next().await,
                ]
            };
            Dual::future(three).get()
        });
        assert_eq!(parks, [Some(2), Some(3), Some(4)]);
        assert_eq!(host.calls(), (1, vec![here; 4]));
    });
}

/// A deref asks no host: async code must await. The handle stays as it was.
#[test]
fn deref_asks_no_host() {
    limit(|| {
        let here = thread::current().id();
        let (sender, dual) = message();
        let dual = dual.boxed_local();
        let host = Helpful::sending([sender]);
        context::with_host(&host, || {
            let (line, said) = (here!(), panicked_at(|| *dual));
            assert_deref_refused(said, line);
            assert_eq!(host.calls(), (0, vec![]));
            assert_eq!(dual.get(), 7);
            assert_eq!(host.calls(), helpful_twice(here, 1));
        });
    });
}

/// `try_get` parks through the host like `get`.
#[test]
fn try_get_parks_through_the_host() {
    limit(|| {
        let here = thread::current().id();

        let (sender, dual) = message();
        let host = Helpful::sending([sender]);
        assert_eq!(context::with_host(&host, || dual.try_get()).ok(), Some(7));
        assert_eq!(host.calls(), helpful_twice(here, 1));

        // In a future on an executor that knows nothing of it.
        let (sender, dual) = message();
        let host = Helpful::sending([sender]);
        assert_eq!(
            pollster::block_on(context::hosted(&host, async { dual.get() })),
            7
        );
        assert_eq!(host.calls(), helpful_twice(here, 1));
    });
}

/// A nested get parks its thread as well, through the host of that thread.
#[test]
fn nested_get_parks_through_the_host() {
    limit(|| {
        let here = thread::current().id();

        let (sender, nested) = message();
        let host = Helpful::sending([sender]);
        let value = context::with_host(&host, || Dual::future(async { nested.get() }).get());
        assert_eq!(value, 7);
        assert_eq!(host.calls(), helpful_twice(here, 1));

        // In sync code that is run here, by a get and in a driven poll.
        let (sender, nested) = message();
        let host = Helpful::sending([sender]);
        let nested = Dual::blocking(move || nested.get());
        assert_eq!(context::with_host(&host, || nested.get()), 7);
        assert_eq!(host.calls(), helpful_twice(here, 1));

        let (sender, nested) = message();
        let host = Helpful::sending([sender]);
        let nested = Dual::blocking(move || nested.get());
        let value = context::with_host(&host, || Dual::future(async { nested.await }).get());
        assert_eq!(value, 7);
        assert_eq!(host.calls(), helpful_twice(here, 1));
    });
}

/// A host that does not call its closure panics at the line of the get.
#[test]
fn host_that_never_calls_its_closure() {
    struct Forgetful;

    impl Host for Forgetful {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, _block: &mut dyn FnMut()) {}
    }

    let five = || Dual::future(async { 5 });
    context::with_host(&Arc::new(Forgetful), || {
        let must = "`Host::block_in_place` must call the closure";
        let (line, (at, said)) = (here!(), panicked_at(|| five().get()));
        assert_eq!(at, line);
        assert_contains(&said, must);
        let (line, (at, said)) = (here!(), panicked_at(|| five().try_get().ok()));
        assert_eq!(at, line);
        assert_contains(&said, must);
    });
}

/// A host that calls its closure twice runs the body once.
#[test]
fn host_that_calls_its_closure_twice() {
    struct Eager;

    impl Host for Eager {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
            block();
        }
    }

    let runs = Cell::new(0);
    let counts = async {
        runs.set(runs.get() + 1);
        runs.get()
    };
    assert_eq!(
        context::with_host(&Arc::new(Eager), || Dual::future(counts).get()),
        1
    );
    assert_eq!(runs.get(), 1);
}

/// A host with a `park` of its own blocks in place once for a get, and parks for each time that it waits.
#[test]
fn host_that_parks_in_a_way_of_its_own() {
    struct Parks {
        told: Mutex<Vec<&'static str>>,
        sender: futures_mpsc::UnboundedSender<u32>,
    }

    impl Parks {
        fn note(&self, told: &'static str) {
            self.told.lock().expect("no test panics with it").push(told);
        }
    }

    impl Host for Parks {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            self.note("blocks");
            block();
            self.note("goes on");
        }

        fn park(&self, park: &mut dyn FnMut()) {
            self.note("parks");
            let sender = self.sender.clone();
            thread::spawn(move || sender.unbounded_send(5));
            park();
        }
    }

    limit(|| {
        let (sender, mut receiver) = futures_mpsc::unbounded();
        let told = Mutex::default();
        let host = Arc::new(Parks { told, sender });
        context::with_host(&host, || {
            let two = async { (receiver.next().await, receiver.next().await) };
            assert_eq!(Dual::future(two).get(), (Some(5), Some(5)));
        });
        assert_eq!(
            *host.told.lock().expect("no test panics with it"),
            ["blocks", "parks", "parks", "goes on"]
        );
    });
}

/// A host that does not park when it is told to panics, instead of polling for ever.
#[test]
fn host_that_never_parks() {
    struct Sleepless;

    impl Host for Sleepless {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
        }

        fn park(&self, _park: &mut dyn FnMut()) {}
    }

    limit(|| {
        let (_, said) = context::with_host(&Arc::new(Sleepless), || {
            panicked_at(|| Dual::future(never()).get())
        });
        assert_contains(&said, "`Host::park` must call the closure");
    });
}

/// A host that parks twice for one wake-up parks once: no second wake-up would come.
#[test]
fn host_that_parks_twice() {
    struct Eager;

    impl Host for Eager {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, block: &mut dyn FnMut()) {
            block();
            block();
        }
    }

    limit(|| {
        let (sender, receiver) = oneshot::channel();
        let sends = thread::spawn(move || sender.send(5));
        let value = context::with_host(&Arc::new(Eager), || Dual::future(receiver).get());
        assert_eq!(value, Ok(5));
        let sent = sends.join().expect("it does not panic");
        sent.expect("the get takes it");
    });
}
