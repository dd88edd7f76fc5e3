//! Handles made of handles.

mod common;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{self, Future};
use std::panic;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use common::{in_child, limit, wait_until};
use futures::channel::oneshot;
use futures::future::FusedFuture;
use futures::{pin_mut, select};
use futures_lite::future::yield_now;
use smartcall::{
    Dual, DualOf, SmartCall, SmartFn, Work, join, join_at_most, kind, offload, race, try_join,
    try_join_at_most,
};

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

// At most so many ----------------------------------------------------------------------

/// Counts how many are at it at once.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// So many async bodies run at once, by each caller, and no more; the values are in order, whoever is done first.
#[test]
fn joined_at_most() {
    limit(|| {
        for n in [1, 3, 20, 100] {
            let gauge = Arc::new(Gauge::default());
            let values = by_each(|| {
                let gauge = Arc::clone(&gauge);
                let body = move |i| {
                    let gauge = Arc::clone(&gauge);
                    Dual::future(async move {
                        gauge.enter();
                        // The later ones are done sooner.
                        for _ in i..20 {
                            yield_now().await;
                        }
                        gauge.leave();
                        i
                    })
                };
                join_at_most(n, (0..20).map(body))
            });
            assert!(values.into_iter().eq(0..20));
            assert_eq!(gauge.most(), n.min(20));
        }
    });
}

/// So do sync ones: as many meet as there may be, and no others are there.
#[test]
fn joined_at_most_sync_parts() {
    limit(|| {
        for n in [1, 4] {
            let gauge = Arc::new(Gauge::default());
            let values = by_each(|| {
                let gauge = Arc::clone(&gauge);
                let barrier = Arc::new(Barrier::new(n));
                let body = move |i| {
                    let (gauge, barrier) = (Arc::clone(&gauge), Arc::clone(&barrier));
                    Dual::blocking(move || {
                        gauge.enter();
                        barrier.wait();
                        gauge.leave();
                        i
                    })
                };
                join_at_most(n, (0..20).map(body))
            });
            assert!(values.into_iter().eq(0..20));
            assert!(gauge.most() <= n, "{} at once", gauge.most());
        }
    });
}

/// The handles are taken as there is room, so there may be no end of them.
#[test]
fn joined_at_most_lazily() {
    let (taken, ends) = (Cell::new(0), RefCell::new(VecDeque::new()));
    let handles = (0_usize..).map(|_| {
        taken.set(taken.get() + 1);
        let (end, ended) = oneshot::channel::<()>();
        ends.borrow_mut().push_back(end);
        Dual::future(ended)
    });
    {
        let mut joined = pin!(join_at_most(2, handles));
        assert_eq!(taken.get(), 0);
        for done in 0..5 {
            let poll = joined
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(poll.is_pending());
            assert_eq!(taken.get(), 2 + done);
            let first = ends.borrow_mut().pop_front().expect("it was taken");
            first.send(()).expect("it waits");
        }
    }
    // Nor is any other taken when it is dropped, which drops those that have begun.
    assert_eq!(taken.get(), 6);
    assert!(ends.into_inner().iter().all(oneshot::Sender::is_canceled));
}

#[test]
fn joined_at_most_of_none() {
    assert_eq!(join_at_most(3, Vec::<Dual<u32>>::new()).get(), []);
    let none = Vec::<Dual<Result<u32, u32>>>::new();
    assert_eq!(try_join_at_most(3, none).get(), Ok(vec![]));
}

/// A bound at which nothing would ever begin is refused in words, where it is given.
#[test]
fn joined_at_most_zero() {
    in_child(|| {
        let at = Arc::new(Mutex::new(Vec::new()));
        panic::set_hook(Box::new({
            let at = Arc::clone(&at);
            move |info| {
                let place = info.location().expect("a panic has one");
                let place = (place.file().to_owned(), place.line());
                at.lock().expect("no panic").push(place);
            }
        }));
        let refused = |code: fn()| {
            let payload = panic::catch_unwind(code).expect_err("it is refused");
            let text = payload.downcast_ref::<&str>().expect("a literal");
            assert!(
                text.starts_with("cannot resolve at most 0 handles at once"),
                "{text}"
            );
            at.lock().expect("no panic").pop().expect("it panicked")
        };
        let here = (file!().to_owned(), line!() + 1);
        assert_eq!(refused(|| drop(join_at_most(0, [Dual::ready(5)]))), here);
        let here = (file!().to_owned(), line!() + 2);
        let fails = || {
            drop(try_join_at_most(0, [Dual::ready(Ok::<_, ()>(5))]));
        };
        assert_eq!(refused(fails), here);
    });
}

/// The first error ends it: no other handle is taken, and those that have begun are dropped.
#[test]
fn first_error_of_at_most() {
    limit(|| {
        let taken = Arc::new(AtomicUsize::new(0));
        let fails = || {
            taken.store(0, Ordering::SeqCst);
            let taken = Arc::clone(&taken);
            let handles = (0_u32..).map(move |i| {
                taken.fetch_add(1, Ordering::SeqCst);
                Dual::future(async move {
                    match i {
                        4 => future::pending().await,
                        3 => Err(i),
                        _ => Ok(i),
                    }
                })
            });
            try_join_at_most(2, handles)
        };
        assert_eq!(by_each(fails), Err(3));
        // The one that failed was there with one other.
        assert!(taken.load(Ordering::SeqCst) <= 5);

        let sync = |i: u32| Dual::blocking(move || if i == 3 { Err(i) } else { Ok(i) });
        assert_eq!(by_each(|| try_join_at_most(2, (0..).map(sync))), Err(3));
        let values = by_each(|| try_join_at_most(2, (0..3).map(sync)));
        assert_eq!(values, Ok(vec![0, 1, 2]));
    });
}

// Chains -------------------------------------------------------------------------------

/// Takes the same step sixteen times.
macro_rules! sixteen {
    ($dual:ident => $step:expr) => {{
        sixteen!($dual => $step; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        $dual
    }};
    ($dual:ident => $step:expr; $($n:literal)*) => {
        $(
            let _: u32 = $n;
            let $dual = $step;
        )*
    };
}

/// A chain of sixteen steps is the work, and a word for each: no step holds it twice.
#[test]
fn long_chain_is_small() {
    const WORD: usize = size_of::<usize>();

    #[track_caller]
    fn check<T: PartialEq + std::fmt::Debug, W: Work<Output = T>>(
        bare: usize,
        chain: Dual<T, W>,
        value: T,
    ) {
        let size = size_of_val(&chain);
        assert!(
            size <= bare.next_multiple_of(WORD) + 16 * WORD,
            "{bare} bytes became {size}"
        );
        assert_eq!(chain.get(), value);
    }

    limit(|| {
        async fn large() -> u32 {
            let bytes = std::hint::black_box([1_u8; 1_024]);
            yield_now().await;
            bytes[0].into()
        }
        let bare = size_of_val(&large());
        let dual = Dual::future(large());
        check(bare, sixteen!(dual => dual.map(|n| n + 1)), 17);
        let dual = Dual::future(large());
        check(bare, sixteen!(dual => dual.then(|n| n + 1)), 17);
        let dual = Dual::future(large());
        check(bare, sixteen!(dual => dual.then(async |n| n + 1)), 17);
        let dual = Dual::future(async { Ok::<_, ()>(large().await) });
        check(
            bare + WORD,
            sixteen!(dual => dual.and_then(|n| Ok(n + 1))),
            Ok(17),
        );
    });
}

/// A chain of sixteen steps needs little of the stack.
#[test]
fn long_chain_on_a_small_stack() {
    limit(|| {
        let chain = || {
            let dual = Dual::future(async {
                yield_now().await;
                1
            });
            sixteen!(dual => dual.then(async |n: u32| n + 1))
        };
        let sync = || {
            let dual = Dual::blocking(|| 1);
            sixteen!(dual => dual.then(|n: u32| n + 1))
        };
        for by in [0, 1, 2, 3] {
            let run = move || match by {
                0 => chain().get(),
                1 => pollster::block_on(chain()),
                2 => sync().get(),
                _ => Dual::future(async move { sync().await }).get(),
            };
            let small = thread::Builder::new().stack_size(64 * 1024);
            let thread = small.spawn(run).expect("it starts");
            assert_eq!(thread.join().expect("no panic"), 17);
        }
    });
}

// Fused --------------------------------------------------------------------------------

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
