//! `join`, `try_join` and `race`.

use std::future::{self, Future};
use std::panic;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};

use futures::future::FusedFuture;
use futures::{pin_mut, select};
use smartcall::{Dual, DualOf, Work, join, offload, race, try_join};

use super::support::by_each;
use crate::common::{limit, wait_until};

/// Sync parts of a `join` meet at a barrier, in a tuple and in a collection.
#[test]
fn joined_sync_parts_overlap() {
    limit(|| {
        let meet = |barrier: &Arc<Barrier>| {
            let barrier = Arc::clone(barrier);
            Dual::blocking(move || {
                barrier.wait();
            })
        };
        by_each(|| {
            let barrier = Arc::new(Barrier::new(2));
            join((meet(&barrier), meet(&barrier)))
        });
        for n in [3, 40] {
            by_each(|| {
                let barrier = Arc::new(Barrier::new(n));
                join((0..n).map(|_| meet(&barrier)).collect::<Vec<_>>())
            });
        }
    });
}

/// A tuple of each size gives the values in order, by `join` and by `try_join`.
#[test]
fn tuples_of_each_size() {
    fn of(n: u32) -> DualOf<impl Work<Output = u32> + Send + 'static> {
        Dual::blocking(move || n)
    }
    fn ok(n: u32) -> DualOf<impl Work<Output = Result<u32, String>> + Send + 'static> {
        Dual::future(async move { Ok(n) })
    }
    limit(|| {
        assert_eq!(join((of(1), ok(2))).get(), (1, Ok(2)));
        assert_eq!(join((of(1), of(2), of(3))).get(), (1, 2, 3));
        assert_eq!(join((of(1), of(2), of(3), of(4))).get(), (1, 2, 3, 4));
        assert_eq!(
            join((of(1), of(2), of(3), of(4), of(5))).get(),
            (1, 2, 3, 4, 5)
        );
        assert_eq!(
            join((of(1), of(2), of(3), of(4), of(5), of(6))).get(),
            (1, 2, 3, 4, 5, 6)
        );
        let seven = join((of(1), of(2), of(3), of(4), of(5), of(6), of(7)));
        assert_eq!(seven.get(), (1, 2, 3, 4, 5, 6, 7));
        let eight = join((of(1), of(2), of(3), of(4), of(5), of(6), of(7), of(8)));
        assert_eq!(eight.get(), (1, 2, 3, 4, 5, 6, 7, 8));
        let eight = try_join((ok(1), ok(2), ok(3), ok(4), ok(5), ok(6), ok(7), ok(8)));
        assert_eq!(eight.get(), Ok((1, 2, 3, 4, 5, 6, 7, 8)));
        assert_eq!(join([of(1), of(2)]).get(), [1, 2]);
        assert_eq!(join(Vec::<Dual<u32>>::new()).get(), []);
        assert_eq!(try_join([ok(1), ok(2)]).get(), Ok(vec![1, 2]));
    });
}

/// The first error ends a `try_join`, and what waits is dropped.
#[test]
fn first_error() {
    limit(|| {
        let waits = || Dual::future(future::pending::<Result<u32, u32>>());
        let fails = || Dual::blocking(|| Err::<u32, _>(3));
        assert_eq!(by_each(|| try_join((waits(), fails()))), Err(3));
        assert_eq!(
            by_each(|| try_join([waits().boxed(), fails().boxed()])),
            Err(3)
        );
    });
}

/// The first value ends a `race`; a sync part that takes long does not hold it up.
#[test]
fn first_value() {
    limit(|| {
        let waits = || Dual::future(future::pending::<u32>());
        let sleeps = || {
            Dual::blocking(|| {
                // Until the race is over.
                wait_until(offload::is_cancelled);
                4
            })
        };
        let quick = || Dual::blocking(|| 5);
        assert_eq!(by_each(|| race((waits(), quick()))), 5);
        assert_eq!(by_each(|| race((sleeps(), quick(), waits()))), 5);
        assert_eq!(by_each(|| race(vec![sleeps().boxed(), quick().boxed()])), 5);
        assert_eq!(by_each(|| race([waits().boxed(), quick().boxed()])), 5);
    });
}

#[test]
#[should_panic(expected = "cannot race no handles")]
fn race_of_none() {
    let none: Vec<Dual<u32>> = Vec::new();
    let _never = race(none);
}

/// A panic of any part comes through.
#[test]
fn panics_come_through() {
    fn message<T>(dual: impl FnOnce() -> T) -> String {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(dual)).err();
        let panic = panic.expect("it panics");
        panic.downcast_ref::<&str>().expect("a literal").to_string()
    }
    limit(|| {
        assert_eq!(
            message(|| Dual::ready(1).map(|_| -> u32 { panic!("map") }).get()),
            "map"
        );
        assert_eq!(
            message(|| Dual::ready(1)
                .then(async |_| -> u32 { panic!("then") })
                .get()),
            "then"
        );
        let joined = || join((Dual::ready(1), Dual::blocking(|| -> u32 { panic!("join") })));
        assert_eq!(message(|| joined().get()), "join");
        assert_eq!(message(|| pollster::block_on(joined())), "join");
    });
}

/// What is combined of parts that are `Send` is so itself; nor is a part boxed.
#[test]
fn sizes_and_auto_traits() {
    fn check<T: Send>(dual: &T) -> usize {
        size_of_val(dual)
    }
    let part = check(&Dual::future(future::ready([0_u8; 256])));
    assert!(check(&Dual::future(future::ready([0_u8; 256])).map(|_| ())) > part - 16);
    assert!(
        check(&join((
            Dual::future(future::ready([0_u8; 256])),
            Dual::ready(())
        ))) > part - 16
    );
    drop(
        Dual::ready(std::rc::Rc::new(5))
            .map(|n| *n)
            .then(async |n| std::rc::Rc::new(n)),
    );
}

/// A generic function can be bounded by what its callers give it.
#[test]
fn in_generic_code() {
    fn both<T, A, B>(a: Dual<T, A>, b: Dual<T, B>) -> DualOf<impl Work<Output = (T, T)>>
    where
        A: Work<Output = T>,
        B: Work<Output = T>,
    {
        join((a, b))
    }
    fn send<F: Future + Send>(future: F) -> F {
        future
    }
    let dual = both(Dual::blocking(|| 1), Dual::future(async { 2 }));
    assert_eq!(pollster::block_on(send(dual)), (1, 2));
}

/// Handles go into `select!` as fused futures do: one that is done is not polled again.
#[test]
fn handles_in_select() {
    async fn selects() -> Vec<u32> {
        let mapped = Dual::future(async { 1 }).map(|n| n + 1);
        let chained = Dual::blocking(|| 2).then(async |n| n + 1);
        let sync = Dual::blocking(|| 4);
        pin_mut!(mapped, chained, sync);
        assert!(!mapped.is_terminated());
        let mut values = Vec::new();
        loop {
            select! {
                value = mapped => values.push(value),
                value = chained => values.push(value),
                value = sync => values.push(value),
                complete => break,
            }
        }
        assert!(mapped.is_terminated() && chained.is_terminated() && sync.is_terminated());
        values.sort_unstable();
        values
    }

    limit(|| {
        assert_eq!(pollster::block_on(selects()), [2, 3, 4]);
        assert_eq!(Dual::future(selects()).get(), [2, 3, 4]);
        let dual = Dual::ready(1).boxed();
        pin_mut!(dual);
        assert!(!dual.is_terminated());
        let poll = dual.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(poll, Poll::Ready(1));
        assert!(dual.is_terminated());
    });
}
