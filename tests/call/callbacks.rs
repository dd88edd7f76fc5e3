//! Callbacks that are called by reference, by `&mut`, or once, sync or async.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use futures_lite::future::yield_now;
use smartcall::{
    Dual, DualOf, SmartCallMut, SmartCallOnce, SmartCallRef, SmartFn, SmartFnRef, Work,
};

use crate::common::{count, limit};

struct Tx(Vec<u32>);

/// Lends something to a callback, twice.
fn transaction<T, K>(
    mut body: impl for<'a> SmartCallMut<T, K, (&'a mut Tx,)>,
) -> DualOf<impl Work<Output = (T, T, Vec<u32>)>> {
    Dual::future(async move {
        let mut tx = Tx(Vec::new());
        let first = body.invoke_mut_with((&mut tx,)).await;
        let second = body.invoke_mut_with((&mut tx,)).await;
        (first, second, tx.0)
    })
}

fn once<T, K>(op: impl SmartCallOnce<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke_once()
}

fn more_than_one(n: &u32) -> bool {
    *n > 1
}

async fn more_than_one_async(n: &u32) -> bool {
    yield_now().await;
    *n > 1
}

fn more_than_one_smart(n: &u32) -> DualOf<impl Work<Output = bool>> {
    Dual::future(more_than_one_async(n))
}

/// A predicate that is lent its argument, of each kind, by both callers. It may capture what is not `Send`.
#[test]
fn called_by_reference() {
    limit(|| {
        let items = || vec![1, 2, 3];
        let calls = Rc::new(Cell::new(0));
        assert_eq!(count(items(), more_than_one).get(), 2);
        assert_eq!(count(items(), more_than_one_async).get(), 2);
        assert_eq!(count(items(), more_than_one_smart).get(), 2);
        let counts = |n: &u32| {
            calls.set(calls.get() + 1);
            *n > 1
        };
        assert_eq!(count(items(), counts).get(), 2);
        assert_eq!(count(items(), async |n: &u32| *n > 1).get(), 2);
        assert_eq!(calls.get(), 3);
        assert_eq!(pollster::block_on(count(items(), counts)), 2);
        assert_eq!(pollster::block_on(count(items(), more_than_one_async)), 2);
        assert_eq!(pollster::block_on(count(items(), more_than_one_smart)), 2);
        assert_eq!(calls.get(), 6);
    });
}

/// A sync callback is called at once, where it is invoked, and its value is in the handle.
#[test]
fn sync_callbacks_are_called_at_once() {
    limit(|| {
        let calls = Cell::new(0);
        let by_ref = || calls.replace(calls.get() + 1);
        let dual = by_ref.invoke_ref();
        assert_eq!(calls.get(), 1);
        assert!(dual.is_ready());
        assert_eq!(pollster::block_on(dual), 0);

        let here = thread::current().id();
        let mut seen = Vec::new();
        let mut by_mut = || seen.push(thread::current().id());
        pollster::block_on(by_mut.invoke_mut());
        drop(by_mut.invoke_mut());
        assert_eq!(seen, [here, here]);

        // One that is called once may go elsewhere, and so waits.
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        let dual = (move || counted.fetch_add(1, Ordering::SeqCst)).invoke_once();
        assert_eq!(calls.load(Ordering::SeqCst), 0);
        assert_eq!(dual.get(), 0);
        let there = pollster::block_on((|| thread::current().id()).invoke_once());
        assert_ne!(there, here);
    });
}

/// A callback that mutates what it captured, and what it is lent.
#[test]
fn called_in_turn() {
    async fn push(tx: &mut Tx) -> usize {
        yield_now().await;
        tx.0.push(5);
        tx.0.len()
    }

    fn push_smart(tx: &mut Tx) -> DualOf<impl Work<Output = usize>> {
        Dual::future(push(tx))
    }

    limit(|| {
        let mut calls = 0;
        let sync = transaction(|tx: &mut Tx| {
            calls += 1;
            tx.0.push(calls);
            tx.0.len()
        });
        assert_eq!(sync.get(), (1, 2, vec![1, 2]));
        assert_eq!(calls, 2);
        assert_eq!(transaction(push).get(), (1, 2, vec![5, 5]));
        assert_eq!(transaction(push_smart).get(), (1, 2, vec![5, 5]));
        let closure = async |tx: &mut Tx| push(tx).await;
        assert_eq!(transaction(closure).get(), (1, 2, vec![5, 5]));
        assert_eq!(pollster::block_on(transaction(push)), (1, 2, vec![5, 5]));
        assert_eq!(
            pollster::block_on(transaction(push_smart)),
            (1, 2, vec![5, 5])
        );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime");
        let spawned = runtime.spawn(transaction(|tx: &mut Tx| tx.0.push(6)));
        let ((), (), pushed) = runtime.block_on(spawned).expect("no panic");
        assert_eq!(pushed, [6, 6]);
    });
}

/// What is called once may move what it captured.
#[test]
fn called_once() {
    limit(|| {
        let name = || String::from("name");
        let moved = name();
        assert_eq!(once(move || moved).get(), "name");
        let moved = name();
        assert_eq!(once(async move || moved).get(), "name");
        let moved = name();
        assert_eq!(once(move || Dual::ready(moved)).get(), "name");
        let moved = name();
        assert_eq!(pollster::block_on(once(move || moved)), "name");
        assert_eq!(once(SmartFn::new(name)).get(), "name");
    });
}

/// Up to eight arguments, each in its position.
#[test]
fn eight_arguments() {
    limit(|| {
        let args = (1, 2, 3, 4, 5, 6, 7, 8_u8);
        let mut sync = |a, b, c, d, e, f, g, h: u8| [a, b, c, d, e, f, g, h];
        let by_ref = SmartCallRef::invoke_ref_with(&sync, args);
        assert_eq!(by_ref.get(), [1, 2, 3, 4, 5, 6, 7, 8]);
        let by_mut = SmartCallMut::invoke_mut_with(&mut sync, args);
        assert_eq!(by_mut.get(), [1, 2, 3, 4, 5, 6, 7, 8]);
        let by_value = SmartCallOnce::invoke_once_with(sync, args);
        assert_eq!(by_value.get(), [1, 2, 3, 4, 5, 6, 7, 8]);
    });
}

/// A registry holds handlers of each kind, lends each its argument, and is shared.
#[test]
fn registry_of_handlers() {
    struct Event {
        id: u32,
    }

    async fn double(event: &Event) -> u32 {
        yield_now().await;
        event.id * 2
    }

    limit(|| {
        let prefix = Arc::new(AtomicU32::new(100));
        let handlers: Vec<SmartFnRef<u32, Event>> = vec![
            SmartFnRef::new(|event: &Event| event.id),
            SmartFnRef::new(double),
            SmartFnRef::from_fn(move |event: &Event| {
                let prefix = Arc::clone(&prefix);
                Dual::future(async move { prefix.load(Ordering::Relaxed) + event.id }).boxed()
            }),
        ];
        let event = Event { id: 5 };
        let called = |handlers: &[SmartFnRef<u32, Event>]| -> Vec<u32> {
            let call = |handler: &SmartFnRef<u32, Event>| handler.invoke_ref_with((&event,)).get();
            handlers.iter().map(call).collect()
        };
        assert_eq!(called(&handlers), [5, 10, 105]);
        assert_eq!(called(&handlers.clone()), [5, 10, 105]);
        let awaited = async {
            let mut sum = 0;
            for handler in &handlers {
                sum += handler.invoke_ref_with((&event,)).await;
            }
            sum
        };
        assert_eq!(pollster::block_on(awaited), 120);

        // On another thread, where they are called.
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let event = Event { id: 6 };
            for handler in handlers {
                let _ = sender.send(handler.invoke_ref_with((&event,)).get());
            }
        });
        assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [6, 12, 106]);
    });
}
