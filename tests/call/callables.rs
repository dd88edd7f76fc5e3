//! Callables as people write them, called by sync and by async code.
//!
//! Most of it is what compiles at all, with nothing annotated that a user would not write.

#![allow(
    clippy::ptr_arg,
    clippy::redundant_closure,
    reason = "these are what people write"
)]

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use pollster::block_on;
use smartcall::work::Boxed;
use smartcall::{
    Dual, DualOf, SmartCall, SmartCallMut, SmartCallOnce, SmartCallRef, SmartFn, SmartFnRef, Work,
    kind,
};

use super::support::Job;
use crate::common::{count, limit};

/// An operation without arguments, whose output nothing else fixes.
fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

async fn five() -> u32 {
    5
}

/// What `#[smart]` makes of an `async fn`.
fn smart_five() -> DualOf<impl Work<Output = u32>> {
    Dual::future(async { 5 })
}

fn boxed_five() -> Dual<u32> {
    smart_five().boxed()
}

#[test]
fn an_operation_is_any_of_five() {
    assert_eq!(once(|| 5).get(), 5);
    assert_eq!(once(async || 5).get(), 5);
    assert_eq!(once(five).get(), 5);
    assert_eq!(once(smart_five).get(), 5);
    assert_eq!(once(boxed_five).get(), 5);
    assert_eq!(once(|| smart_five()).get(), 5);
    assert_eq!(once(|| once(|| once(async || 5))).get(), 5);
    block_on(async {
        assert_eq!(once(|| 5).await, 5);
        assert_eq!(once(async || 5).await, 5);
        assert_eq!(once(five).await, 5);
        assert_eq!(once(smart_five).await, 5);
        assert_eq!(once(boxed_five).await, 5);
        assert_eq!(once(|| once(|| once(|| 5))).await, 5);
    });
}

/// A middleware: takes an operation, and gives one back.
fn counted<T, K>(
    calls: Arc<AtomicU32>,
    op: impl SmartCall<T, K, Work: Send> + Send + Sync + 'static,
) -> impl SmartCall<T, kind::Async, Work: Send> + Clone + Send + Sync
where
    T: 'static,
    K: 'static,
{
    let op = Arc::new(op);
    move || {
        calls.fetch_add(1, Ordering::Relaxed);
        op.invoke()
    }
}

#[test]
fn middlewares_nest() {
    let calls = Arc::new(AtomicU32::new(0));
    let layer = || Arc::clone(&calls);
    let op = counted(layer(), counted(layer(), counted(layer(), || 5)));
    assert_eq!(once(op.clone()).get(), 5);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let task = runtime.spawn(op.invoke());
    assert_eq!(runtime.block_on(task).expect("it ends"), 5);
    assert_eq!(calls.load(Ordering::Relaxed), 6);
}

/// A builder that stores callables by erasing them.
#[derive(Default)]
struct Client {
    load: Option<SmartFn<u32, (String,)>>,
    on_progress: Vec<SmartFnRef<(), u32>>,
}

impl Client {
    fn load<K: 'static>(
        mut self,
        load: impl SmartCall<u32, K, (String,), Work: Send> + Send + Sync + 'static,
    ) -> Self {
        self.load = Some(SmartFn::new(load));
        self
    }

    fn on_progress<K: 'static>(
        mut self,
        call: impl for<'a> SmartCallRef<(), K, (&'a u32,), Work: Send> + Send + Sync + 'static,
    ) -> Self {
        self.on_progress.push(SmartFnRef::new(call));
        self
    }

    fn run(&self, name: &str) -> DualOf<impl Work<Output = u32>> {
        let load = self.load.clone().expect("it was given");
        let name = name.to_owned();
        Dual::future(async move {
            let len = load.invoke_with((name,)).await;
            for call in &self.on_progress {
                call.invoke_ref_with((&len,)).await;
            }
            len
        })
    }
}

#[test]
fn a_struct_carries_the_kind_and_a_builder_erases_it() {
    assert_eq!(Job::new(|| 5).run().get(), 5);
    assert_eq!(Job::new(async || 5).run().get(), 5);
    assert_eq!(Job::new(smart_five).run().get(), 5);
    assert_eq!(Job::new(boxed_five).run().get(), 5);

    let seen = Arc::new(Mutex::new(Vec::new()));
    let client = |sync: bool| {
        let seen = Arc::clone(&seen);
        let client = match sync {
            true => Client::default().load(|name: String| name.len() as u32),
            false => Client::default().load(async |name: String| name.len() as u32),
        };
        client
            .on_progress(move |len: &u32| seen.lock().expect("not poisoned").push(*len))
            .on_progress(async |_: &u32| ())
    };
    assert_eq!(client(true).run("four").get(), 4);
    assert_eq!(block_on(client(false).run("three")), 5);
    assert_eq!(*seen.lock().expect("not poisoned"), [4, 5]);
}

struct Tx(Vec<u32>);

impl Tx {
    fn add(&mut self, n: u32) -> usize {
        self.0.push(n);
        self.0.len()
    }
}

async fn add_async(tx: &mut Tx) -> usize {
    tx.add(1)
}

fn add_smart(tx: &mut Tx) -> DualOf<impl Work<Output = usize>> {
    Dual::future(async { tx.add(1) })
}

fn add_boxed(tx: &mut Tx) -> Dual<usize, Boxed<'_, usize>> {
    Dual::future(async { tx.add(1) }).boxed()
}

/// Lends a transaction twice.
fn transaction<T, K>(
    mut body: impl for<'a> SmartCallMut<T, K, (&'a mut Tx,)>,
) -> DualOf<impl Work<Output = T>> {
    Dual::future(async move {
        let mut tx = Tx(Vec::new());
        body.invoke_mut_with((&mut tx,)).await;
        body.invoke_mut_with((&mut tx,)).await
    })
}

/// The same, spawned.
fn spawned_transaction<T, K>(
    body: impl for<'a> SmartCallMut<T, K, (&'a mut Tx,), Work: Send> + Send + 'static,
) -> T
where
    T: Send + 'static,
    K: Send + 'static,
{
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let mut body = body;
    let task = runtime.spawn(async move {
        let mut tx = Tx(Vec::new());
        body.invoke_mut_with((&mut tx,)).await;
        body.invoke_mut_with((&mut tx,)).await
    });
    runtime.block_on(task).expect("it ends")
}

#[test]
fn a_callback_is_lent_something_to_mutate() {
    let mut calls = 0;
    let sync = |tx: &mut Tx| {
        calls += 1;
        tx.add(1)
    };
    assert_eq!(transaction(sync).get(), 2);
    assert_eq!(calls, 2);
    assert_eq!(transaction(async |tx: &mut Tx| tx.add(1)).get(), 2);
    assert_eq!(transaction(add_async).get(), 2);
    assert_eq!(transaction(add_smart).get(), 2);
    assert_eq!(transaction(add_boxed).get(), 2);
    block_on(async {
        assert_eq!(transaction(|tx: &mut Tx| tx.add(1)).await, 2);
        assert_eq!(transaction(async |tx: &mut Tx| tx.add(1)).await, 2);
        assert_eq!(transaction(add_async).await, 2);
        assert_eq!(transaction(add_smart).await, 2);
        assert_eq!(transaction(add_boxed).await, 2);
    });
    assert_eq!(spawned_transaction(|tx: &mut Tx| tx.add(1)), 2);
    assert_eq!(spawned_transaction(async |tx: &mut Tx| tx.add(1)), 2);
    assert_eq!(spawned_transaction(add_async), 2);
    assert_eq!(spawned_transaction(add_smart), 2);
    assert_eq!(spawned_transaction(add_boxed), 2);
}

/// Calls back in turn.
fn upload<K>(
    parts: u32,
    mut progress: impl FnMut(u32) + SmartCallMut<(), K, (u32,)>,
) -> DualOf<impl Work<Output = u32>> {
    Dual::future(async move {
        for part in 0..parts {
            progress.invoke_mut_with((part,)).await;
        }
        parts
    })
}

/// Calls back in turn, whatever comes of it.
fn visit<R, K>(
    parts: u32,
    mut visitor: impl FnMut(u32) -> R + SmartCallMut<(), K, (u32,)>,
) -> DualOf<impl Work<Output = u32>> {
    Dual::future(async move {
        for part in 0..parts {
            visitor.invoke_mut_with((part,)).await;
        }
        parts
    })
}

#[test]
fn a_callback_mutates_what_it_captured() {
    let mut seen = Vec::new();
    assert_eq!(upload(3, |i| seen.push(i)).get(), 3);
    assert_eq!(seen, [0, 1, 2]);
    assert_eq!(visit(2, |i| seen.push(i)).get(), 2);
    assert_eq!(block_on(visit(2, |i| seen.push(i))), 2);
    assert_eq!(seen, [0, 1, 2, 0, 1, 0, 1]);
    // What is no `Send` may be held, and no thread is changed.
    let here = Rc::new(Cell::new(0));
    assert_eq!(visit(2, |i| here.set(here.get() + i)).get(), 2);
    assert_eq!(visit(2, async |i| here.set(here.get() + i)).get(), 2);
    assert_eq!(here.get(), 2);
}

async fn is_odd(n: &u32) -> bool {
    n % 2 == 1
}

#[test]
fn a_predicate_is_lent_its_argument() {
    let least = 2;
    assert_eq!(count(vec![1, 2, 3], |n: &u32| *n >= least).get(), 2);
    assert_eq!(count(vec![1, 2, 3], async |n: &u32| *n >= 2).get(), 2);
    assert_eq!(count(vec![1, 2, 3], is_odd).get(), 2);
    assert_eq!(block_on(count(vec![1, 2, 3], |n: &u32| *n >= least)), 2);
    assert_eq!(block_on(count(vec![1, 2, 3], is_odd)), 2);
}

/// A registry of handlers, each called by `&self`.
struct Registry(Vec<SmartFnRef<(), String>>);

impl Registry {
    fn tell(&self, event: &str) -> DualOf<impl Work<Output = ()>> {
        let event = event.to_owned();
        Dual::future(async move {
            for handler in &self.0 {
                handler.invoke_ref_with((&event,)).await;
            }
        })
    }
}

fn smart_handler(event: &String) -> DualOf<impl Work<Output = ()>> {
    Dual::future(async move { assert!(!event.is_empty()) })
}

async fn async_handler(event: &String) {
    assert!(!event.is_empty());
}

#[test]
fn a_registry_holds_handlers_of_all_kinds() {
    let calls = Arc::new(AtomicU32::new(0));
    let (sync, asynchronous) = (Arc::clone(&calls), Arc::clone(&calls));
    let registry = Registry(vec![
        // It counts in what it captured: nothing is cloned for a call.
        SmartFnRef::new(move |event: &String| {
            sync.fetch_add(event.len() as u32, Ordering::Relaxed);
        }),
        SmartFnRef::new(async |event: &String| assert!(!event.is_empty())),
        SmartFnRef::new(async_handler),
        SmartFnRef::new(smart_handler),
        SmartFnRef::from_fn(move |event: &String| {
            let calls = Arc::clone(&asynchronous);
            Dual::future(async move {
                calls.fetch_add(event.len() as u32, Ordering::Relaxed);
            })
            .boxed()
        }),
    ]);
    registry.tell("four").get();
    assert_eq!(calls.load(Ordering::Relaxed), 8);
    block_on(registry.tell("four"));
    assert_eq!(calls.load(Ordering::Relaxed), 16);
}

/// A sync callable with a counter that a clone would start anew.
#[derive(Default)]
struct Counter(AtomicU32);

#[test]
fn a_callback_by_reference_is_never_restarted_from_a_clone() {
    let counter = Counter::default();
    let call = |_: &u32| {
        counter.0.fetch_add(1, Ordering::Relaxed);
        true
    };
    assert_eq!(count(vec![1, 2, 3], call).get(), 3);
    assert_eq!(counter.0.into_inner(), 3);
}

fn run<T, K>(op: impl SmartCallOnce<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke_once()
}

#[test]
fn what_is_called_once_moves_its_captures() {
    let text = || String::from("text");
    let moved = text();
    assert_eq!(run(move || moved).get(), "text");
    let moved = text();
    assert_eq!(run(async move || moved).get(), "text");
    let moved = text();
    assert_eq!(run(|| Dual::ready(moved)).get(), "text");
    let moved = text();
    assert_eq!(block_on(run(move || moved)), "text");
    let moved = text();
    assert_eq!(block_on(run(async move || moved)), "text");
    // Of what it borrows an async one need not be `'static`.
    let lent = text();
    assert_eq!(run(async || lent.len()).get(), 4);
}

#[test]
fn a_blocking_one_goes_to_the_pool_and_a_callback_stays() {
    let main = std::thread::current().id();
    let here = || std::thread::current().id();
    limit(|| {
        let main = std::thread::current().id();
        let here = || std::thread::current().id();
        block_on(async {
            assert_ne!(once(here).await, main);
            assert_ne!(run(here).await, main);
        });
    });
    block_on(async {
        let mut here_mut = here;
        assert_eq!(here_mut.invoke_mut().await, main);
        assert_eq!(here.invoke_ref().await, main);
    });
    assert_eq!(once(here).get(), main);
    assert_eq!(run(here).get(), main);
}

#[test]
fn kinds_are_named_where_they_cannot_be_inferred() {
    assert_eq!(once(kind::asynchronous(|| std::future::ready(5))).get(), 5);
    assert_eq!(once(kind::blocking(|| 5)).get(), 5);
    assert_eq!(once(kind::in_place(|| 5)).get(), 5);
    let mut seen = Vec::new();
    let mut push = kind::in_place(|n: u32| seen.push(n));
    push.invoke_mut_with((5,)).get();
    kind::asynchronous(|| std::future::ready(5))
        .invoke_ref()
        .get();
    assert_eq!(run(kind::in_place(|| 5)).get(), 5);
    assert_eq!(run(kind::blocking(|| 5)).get(), 5);
    assert_eq!(seen, [5]);
}

#[test]
fn an_erased_callable_is_one_of_each_trait() {
    let mut erased = SmartFn::new(|| 5);
    assert_eq!(once(erased.clone()).get(), 5);
    assert_eq!(once(&erased).get(), 5);
    assert_eq!(erased.invoke_ref().get(), 5);
    assert_eq!(erased.invoke_mut().get(), 5);
    assert_eq!(run(&erased).get(), 5);
    assert_eq!(run(erased).get(), 5);
}

#[test]
fn then_takes_a_step_of_any_kind() {
    let chain = || {
        Dual::ready(1)
            .then(|n| n + 1)
            .then(async |n| n + 1)
            .then(|n| Dual::ready(n + 1))
    };
    assert_eq!(chain().get(), 4);
    assert_eq!(block_on(chain()), 4);
    assert_eq!(chain().then(|n| kind_of(n)).get(), 4);
    let text = String::from("text");
    assert_eq!(Dual::ready(1).then(move |_| text).get(), "text");
    let ok = Dual::ready(Ok::<u32, String>(1));
    let chain = ok.and_then(|n| Ok(n + 1)).and_then(async |n| Ok(n + 1));
    assert_eq!(chain.and_then(|n| Dual::ready(Ok(n + 1))).get(), Ok(4));
}

async fn kind_of(n: u32) -> u32 {
    n
}

#[test]
fn callables_take_up_to_eight_arguments() {
    let sum = |a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32| {
        a + b + c + d + e + f + g + h
    };
    let args = (1, 1, 1, 1, 1, 1, 1, 1);
    let mut sum_mut = sum;
    assert_eq!(sum.invoke_with(args).get(), 8);
    assert_eq!(sum.invoke_ref_with(args).get(), 8);
    assert_eq!(sum_mut.invoke_mut_with(args).get(), 8);
    assert_eq!(sum.invoke_once_with(args).get(), 8);
}
