//! Sync code in async code in sync code: which thread runs which part.

use std::thread::{self, ThreadId};
use std::time::Duration;

use async_io::Timer;
use smartcall::context::{Place, current};
use smartcall::{Dual, DualOf, Work};

use crate::common::limit;

/// Where a part was run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    thread: ThreadId,
    on_the_pool: bool,
    place: Place,
}

impl Part {
    fn here() -> Self {
        let thread = thread::current();
        let on_the_pool = thread
            .name()
            .is_some_and(|name| name.starts_with("blocking-") || name == "smartcall-spare");
        Part {
            thread: thread.id(),
            on_the_pool,
            place: current(),
        }
    }

    fn at(self, place: Place) -> Self {
        Part { place, ..self }
    }
}

/// An async part, a sync part in it, an async part in that, and a sync part in that.
fn sandwich() -> DualOf<impl Work<Output = [Part; 4]> + Send + 'static> {
    Dual::future(async {
        let first = Part::here();
        let below = Dual::blocking(|| {
            let second = Part::here();
            let below = Dual::future(async {
                let third = Part::here();
                [third, Dual::blocking(Part::here).await]
            });
            let [third, fourth] = below.get();
            [second, third, fourth]
        });
        let [second, third, fourth] = below.await;
        [first, second, third, fourth]
    })
}

/// By get, all parts run on the calling thread.
#[test]
fn sandwich_by_get() {
    limit(|| {
        let here = Part::here();
        let parts = [
            Place::Driving,
            Place::Outside,
            Place::Driving,
            Place::Outside,
        ];
        let parts = parts.map(|place| here.at(place));
        assert_eq!(sandwich().get(), parts);
        assert_eq!(Dual::future(async { sandwich().await }).get(), parts);
        assert_eq!(Dual::blocking(|| sandwich().get()).get(), parts);
    });
}

/// Awaited, the first sync part goes to the pool, and the parts in it stay on its thread.
#[test]
fn sandwich_by_await() {
    limit(|| {
        let here = Part::here();
        let [first, second, third, fourth] = pollster::block_on(sandwich());
        assert_eq!(first, here.at(Place::Outside));
        assert!(second.on_the_pool);
        assert_eq!(second.place, Place::Outside);
        assert_eq!(third, second.at(Place::Driving));
        assert_eq!(fourth, second);
    });
}

/// Two at once under a get overlap, so their sync parts go to the pool.
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn sandwiches_joined_by_get() {
    limit(|| {
        let here = Part::here();
        let both = async { futures::join!(sandwich(), sandwich()) };
        let (one, two) = Dual::future(both).get();
        for [first, second, third, fourth] in [one, two] {
            assert_eq!(first, here.at(Place::Driving));
            assert!(second.on_the_pool);
            assert_eq!(third, second.at(Place::Driving));
            assert_eq!(fourth, second);
        }
    });
}

/// After a wait a sync part runs on the calling thread or on the pool. Its place is the same.
#[test]
fn sandwich_with_waits() {
    limit(|| {
        let wait = || Timer::after(Duration::from_micros(100));
        let waiting = || {
            Dual::future(async move {
                wait().await;
                let below = Dual::blocking(move || {
                    let below = async move {
                        wait().await;
                        let fourth = Dual::blocking(Part::here).await;
                        wait().await;
                        [Part::here(), fourth]
                    };
                    let [third, fourth] = Dual::future(below).get();
                    [Part::here(), third, fourth]
                });
                let below = below.await;
                wait().await;
                (current(), below.map(|part| part.place))
            })
        };
        let below = [Place::Outside, Place::Driving, Place::Outside];
        assert_eq!(waiting().get(), (Place::Driving, below));
        assert_eq!(pollster::block_on(waiting()), (Place::Outside, below));
    });
}

/// Awaited in a task, and in the root of `block_on`.
#[cfg(feature = "executor")]
#[test]
fn sandwich_awaited_in_a_task() {
    limit(|| {
        let ex = crate::common::one_thread();
        let worker = ex.block_on(ex.spawn(async { Part::here() }));
        let [first, second, third, fourth] = ex.block_on(ex.spawn(sandwich()));
        assert_eq!(first, worker);
        assert_eq!(first.place, Place::Inside);
        assert!(second.on_the_pool);
        assert_eq!(second.place, Place::Outside);
        assert_eq!(third, second.at(Place::Driving));
        assert_eq!(fourth, second);

        let [first, second, third, fourth] = ex.block_on(sandwich());
        assert_eq!(first, Part::here().at(Place::Inside));
        assert!(second.on_the_pool);
        assert_eq!([second.at(Place::Driving), second], [third, fourth]);
    });
}
