//! A bare executor with a `Host` of the program's own.

use std::sync::{Arc, Mutex};
use std::thread;

use futures::channel::oneshot;
use smartcall::context::{self, Host, Place};

use super::support::get;
use crate::common::limit;

/// Runs an executor on the current thread until it is told to stop.
fn run_until(ex: &async_executor::Executor<'static>, stop: oneshot::Receiver<()>) {
    futures_lite::future::block_on(ex.run(stop)).expect("it is told");
}

/// A bare executor of one thread, with a thread to run it while that one is blocked.
struct StandIn {
    ex: async_executor::Executor<'static>,
    asked: Mutex<Vec<Place>>,
}

impl Host for StandIn {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        let place = context::current();
        self.asked.lock().expect("not poisoned").push(place);
        if place != Place::Driving {
            return block();
        }
        let (stop, stopped) = oneshot::channel();
        thread::scope(|scope| {
            scope.spawn(|| run_until(&self.ex, stopped));
            block();
            stop.send(()).expect("it runs");
        });
    }
}

/// A get in a task of a bare executor blocks through the host that the task was wrapped with.
#[test]
fn host_of_a_bare_executor() {
    limit(|| {
        let host = Arc::new(StandIn {
            ex: async_executor::Executor::new(),
            asked: Mutex::default(),
        });
        let inner = Arc::clone(&host);
        let task = host.ex.spawn(context::hosted(&host, async move {
            assert_eq!(get(async { 5 }), 5);
            assert_eq!(*inner.asked.lock().expect("not poisoned"), [Place::Inside]);
            let nested = async { get(inner.ex.spawn(async { 6 })) };
            get(nested)
        }));
        assert_eq!(futures_lite::future::block_on(host.ex.run(task)), 6);
        let asked = host.asked.lock().expect("not poisoned");
        // Around each get, and where the thread parked.
        assert_eq!(*asked, [Place::Inside, Place::Inside, Place::Driving]);
    });
}
