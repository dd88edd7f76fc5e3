//! Callbacks, sync and async, with a sync and an async caller, in every context.

mod common;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use common::limit;
use smartcall::{Dual, SmartFnRef, smart};
use smartcall_middleware::{Listeners, Plugins};

/// Plugins that count, a sync and an async one.
fn plugins() -> Plugins<u32, (u32,)> {
    let mut plugins = Plugins::new();
    plugins.register("double", |n: u32| 2 * n);
    plugins.register("next", async |n: u32| n + 1);
    plugins
}

const NAMES: [&str; 3] = ["double", "next", "double"];

#[smartcall::test]
fn got_with_progress() {
    let _limit = limit();
    let plugins = plugins();
    let here = thread::current().id();
    let mut seen = Vec::new();
    // It borrows and mutates, and stays on this thread.
    let passed = |name: &str, n: &u32| {
        assert_eq!(thread::current().id(), here);
        seen.push((name.to_owned(), *n));
    };
    let value = plugins.pass_with(&NAMES, 1, passed).get();
    assert_eq!(value, Ok(6));
    let expected = [("double", 2), ("next", 3), ("double", 6)];
    assert!(seen.iter().map(|(name, n)| (&**name, *n)).eq(expected));
}

#[smartcall::test]
async fn awaited_with_progress() {
    let _limit = limit();
    let plugins = plugins();
    let mut seen = Vec::new();
    let passed = |_: &str, n: &u32| seen.push(*n);
    assert_eq!(plugins.pass_with(&NAMES, 1, passed).await, Ok(6));
    assert_eq!(seen, [2, 3, 6]);

    // An async callback can't mutate what it captures by reference, except through a lock.
    let seen = Mutex::new(Vec::new());
    let passed = async |_: &str, n: &u32| {
        smartcall::sleep(Duration::from_millis(1)).await;
        seen.lock().expect("no panic").push(*n);
    };
    assert_eq!(plugins.pass_with(&NAMES, 1, passed).await, Ok(6));
    assert_eq!(*seen.lock().expect("no panic"), [2, 3, 6]);
}

/// The events that listeners received, with the listener.
type Told = Arc<Mutex<Vec<(&'static str, usize)>>>;

/// Listeners of every kind, which record their events.
fn listeners(told: &Told) -> Listeners<str> {
    let note = |who: &'static str| {
        let told = Arc::clone(told);
        move |event: &str| told.lock().expect("no panic").push((who, event.len()))
    };
    let mut listeners = Listeners::new();
    listeners.add(note("sync"));

    // An async closure that uses captures beside the borrowed argument makes the boxed handle itself.
    let note_later = Arc::new(note("async"));
    listeners.add(SmartFnRef::from_fn(move |event: &str| {
        let note = Arc::clone(&note_later);
        Dual::future(async move {
            smartcall::sleep(Duration::from_millis(1)).await;
            note(event);
        })
        .boxed()
    }));

    listeners.add(is_short);
    listeners
}

/// A function that returns a handle.
#[smart]
async fn is_short(event: &str) {
    assert!(event.len() < 10);
}

const EXPECTED: [(&str, usize); 4] = [("sync", 3), ("async", 3), ("sync", 5), ("async", 5)];

#[smartcall::test]
fn listeners_told_by_get() {
    let _limit = limit();
    let told = Told::default();
    let listeners = listeners(&told);
    listeners.tell("one").get();
    listeners.tell("three").get();
    assert_eq!(*told.lock().expect("no panic"), EXPECTED);
}

#[smartcall::test]
async fn listeners_told_by_await() {
    let _limit = limit();
    let told = Told::default();
    let listeners = listeners(&told);
    listeners.tell("one").await;
    listeners.tell("three").await;
    assert_eq!(*told.lock().expect("no panic"), EXPECTED);
}
