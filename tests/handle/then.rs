//! Steps after a handle: `map`, `then` and the like, and long chains of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

use futures_lite::future::yield_now;
use smartcall::{Dual, SmartCall, SmartFn, Work, join, kind, race};

use super::support::by_each;
use crate::common::{in_child, limit, threads};

/// `map`, and `then` after it, by each caller.
#[test]
fn map_and_then() {
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
fn steps_of_results() {
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

/// Nothing runs before the handle is resolved, and a step that is never reached does not run.
#[test]
fn nothing_runs_before_it_is_resolved() {
    let dual = Dual::blocking(|| -> u32 { panic!("the first") })
        .map(|_| -> u32 { panic!("the second") })
        .then(|_| -> u32 { panic!("the third") });
    drop(dual);
    let panics = || Dual::blocking(|| -> u32 { panic!("a part") });
    drop(join((panics(), panics())));
    drop(race([panics(), panics()]));
}

/// A handle that a deref has resolved continues with the value, and its body does not run again.
#[test]
fn value_of_a_deref() {
    let runs = AtomicUsize::new(0);
    let dual = Dual::in_place(|| runs.fetch_add(1, Ordering::Relaxed) + 2).boxed();
    assert_eq!(*dual, 2);
    assert_eq!(dual.map(|n| n + 1).get(), 3);
    assert_eq!(runs.into_inner(), 1);
}

/// `map` of a ready value resolves in any context. A step that may wait is refused where a get is.
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

/// One sync part after another starts no thread under `get`.
#[test]
#[cfg(target_os = "linux")]
#[cfg_attr(feature = "tokio", ignore = "tokio has threads of its own")]
fn serial_sync_parts_start_no_thread() {
    in_child(|| {
        let before = threads();
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
        assert_eq!(threads(), before);
    });
}

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
