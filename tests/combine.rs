//! Handles made of handles.

mod common;

use std::future::{self, Future};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use common::{in_child, limit, wait_until};
use smartcall::{Dual, DualOf, SmartCall, SmartFn, Work, join, kind, offload, race, try_join};

/// Resolves a handle by each caller, and gives what they got: it is the same for all.
#[track_caller]
fn by_each<T, W>(make: impl Fn() -> Dual<T, W>) -> T
where
    T: PartialEq + std::fmt::Debug + Send + 'static,
    W: Work<Output = T> + Send + 'static,
{
    let got = make().get();
    assert_eq!(*make().boxed(), got);
    assert_eq!(pollster::block_on(make()), got, "an unknown executor");
    assert_eq!(make().boxed().get(), got);
    #[cfg(feature = "executor")]
    {
        let ex = smartcall::Executor::builder().threads(1).build();
        assert_eq!(
            ex.block_on(ex.spawn(make())),
            got,
            "a task of the shim awaits"
        );
        let dual = make();
        let gets = ex.spawn(async move { dual.get() });
        assert_eq!(ex.block_on(gets), got, "a task of the shim gets");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .build()
        .expect("it starts");
    let task = runtime.spawn(make());
    assert_eq!(runtime.block_on(task).expect("no panic"), got, "tokio");
    got
}

#[test]
fn smoke() {
    limit(|| {
        let dual = || Dual::blocking(|| 2).map(|n| n + 1).then(async |n| n * 2);
        assert_eq!(by_each(dual), 6);
    });
}

/// The next step is sync, async, a handle, or a callable that names its kind.
#[test]
fn steps_of_each_kind() {
    limit(|| {
        let two = || Dual::future(async { 2_u32 });
        assert_eq!(by_each(|| two().then(|n| n + 1)), 3);
        assert_eq!(by_each(|| two().then(async |n| n + 1)), 3);
        assert_eq!(by_each(|| two().then(|n| async move { n + 1 })), 3);
        assert_eq!(by_each(|| two().then(|n| Dual::blocking(move || n + 1))), 3);
        let op = SmartFn::new(|n: u32| n + 1);
        assert_eq!(
            by_each(|| {
                let op = op.clone();
                two().then(move |n| op.invoke_with((n,)))
            }),
            3
        );
        let named = kind::blocking(|n: u32| n + 1);
        assert_eq!(by_each(|| two().then(move |n| named.invoke_with((n,)))), 3);
    });
}

/// A step may own what it takes along, and be called once.
#[test]
fn steps_that_are_called_once() {
    let suffix = String::from("!");
    let dual = Dual::ready("a".to_string())
        .then(async move |text| text + &suffix)
        .map(|text| text + "b");
    assert_eq!(dual.get(), "a!b");

    let more = vec![1];
    let dual = Dual::ready(2).then(move |n| {
        let mut more = more;
        more.push(n);
        more
    });
    assert_eq!(dual.get(), [1, 2]);
}

/// A handle of a handle, of whatever form.
#[test]
fn handle_of_a_handle() {
    limit(|| {
        let nested = || Dual::blocking(|| Dual::future(async { 5 }).boxed());
        assert_eq!(by_each(|| nested().then(|inner| inner)), 5);
    });
}

#[test]
fn results() {
    limit(|| {
        let parse = |text: &'static str| Dual::blocking(move || text.parse::<u32>());
        assert_eq!(by_each(|| parse("5").map_ok(|n| n + 1)), Ok(6));
        assert!(by_each(|| parse("x").map_ok(|n| n + 1)).is_err());
        assert_eq!(by_each(|| parse("x").map_err(|_| 3)), Err(3));
        assert_eq!(by_each(|| parse("5").map_err(|_| 3)), Ok(5));
        assert_eq!(by_each(|| parse("5").and_then(async |n| Ok(n + 1))), Ok(6));
        assert_eq!(by_each(|| parse("5").and_then(|n| Ok(n + 1))), Ok(6));
        assert_eq!(
            by_each(|| parse("5").and_then(|n| Dual::ready(Ok(n + 1)))),
            Ok(6)
        );
        assert!(
            by_each(|| parse("x").and_then(|_| -> Result<u32, _> { panic!("skipped") })).is_err()
        );
    });
}

/// B1: nothing runs before it is resolved, and a step that is never reached does not run.
#[test]
fn nothing_runs_before() {
    let dual = Dual::blocking(|| -> u32 { panic!("the first") })
        .map(|_| -> u32 { panic!("the second") })
        .then(|_| -> u32 { panic!("the third") });
    drop(dual);
    let panics = || Dual::blocking(|| -> u32 { panic!("a part") });
    drop(join((panics(), panics())));
    drop(race([panics(), panics()]));
}

/// B2: a handle that a deref has resolved goes on with the value, and its body does not run again.
#[test]
fn value_of_a_deref() {
    let runs = AtomicUsize::new(0);
    let dual = Dual::in_place(|| runs.fetch_add(1, Ordering::Relaxed) + 2).boxed();
    assert_eq!(*dual, 2);
    assert_eq!(dual.map(|n| n + 1).get(), 3);
    assert_eq!(runs.into_inner(), 1);
}

/// A value that is there goes through `map` in any context; a step that may wait is asked for.
#[test]
fn map_in_any_context() {
    use smartcall::context::inside_executor;
    assert_eq!(inside_executor(|| Dual::ready(2).map(|n| n + 1).get()), 3);
    assert!(inside_executor(|| Dual::ready(2)
        .then(async |n| n + 1)
        .try_get()
        .is_err()));
    assert!(inside_executor(|| Dual::future(async { 2 })
        .map(|n| n + 1)
        .try_get()
        .is_err()));
}

/// A3: one sync part after another starts no thread under `get`.
#[test]
#[cfg(target_os = "linux")]
#[cfg_attr(feature = "tokio", ignore = "tokio has threads of its own")]
fn serial_sync_parts_start_no_thread() {
    in_child(|| {
        let before = common::threads();
        let here = thread::current().id();
        let dual = Dual::blocking(|| thread::current().id())
            .then(|first| [first, thread::current().id()])
            .then(|ids| Dual::blocking(move || (ids, thread::current().id())))
            .map(|(ids, last)| [ids[0], ids[1], last]);
        assert_eq!(dual.get(), [here; 3]);
        // Nor in a future that is driven.
        let ids = Dual::future(async move {
            Dual::blocking(|| thread::current().id())
                .then(|first| [first, thread::current().id()])
                .await
        });
        assert_eq!(ids.get(), [here; 2]);
        assert_eq!(common::threads(), before);
    });
}

/// C17: sync parts of a `join` meet at a barrier, in a tuple and in a collection.
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

/// D3: a panic of any part comes through.
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
