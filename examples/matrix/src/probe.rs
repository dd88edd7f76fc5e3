//! Helpers by which behaviours observe what happens.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::Once;
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::channel::oneshot;

use crate::promises::Outcome;

thread_local! {
    /// Whether a panic on this thread is expected, and so is not printed.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };

    /// The file of the last expected panic.
    static FILE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Returns where a body ran, by its thread and the thread that resolved the handle.
pub(crate) fn place_of(body: ThreadId, resolved: ThreadId) -> Outcome {
    match body == resolved {
        true => Outcome::Here,
        false => Outcome::Pool,
    }
}

/// Returns `Works` if `so` is true.
pub(crate) fn works(so: bool, what: &str) -> Outcome {
    match so {
        true => Outcome::Works,
        false => Outcome::Wrong(what.into()),
    }
}

/// Calls code that may block, and returns its value or `Refused`.
#[track_caller]
pub(crate) fn blocks<T>(call: impl FnOnce() -> T) -> Result<T, Outcome> {
    blocks_or_says(["`.await`", "`try_get`"], call)
}

/// Calls code that may block, and returns its value or `Refused`.
///
/// A panic counts as `Refused` only if it is at the caller's line and names the alternatives.
#[track_caller]
fn blocks_or_says<T>(ways: [&str; 2], call: impl FnOnce() -> T) -> Result<T, Outcome> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| match EXPECTED.get() {
            true => FILE.set(info.location().map_or("", Location::file).into()),
            false => before(info),
        }));
    });
    let caller = Location::caller().file();
    let before = EXPECTED.replace(true);
    let called = panic::catch_unwind(AssertUnwindSafe(call));
    EXPECTED.set(before);
    called.map_err(|panic| {
        let words = words(&*panic);
        let refused = words.starts_with("cannot block here: this thread is ")
            && ways.iter().all(|way| words.contains(way));
        match refused {
            true if FILE.take() == caller => Outcome::Refused,
            true => Outcome::Wrong("refused, but not at the caller's line".into()),
            false => Outcome::Wrong(format!("panicked: {words}")),
        }
    })
}

/// Calls code that may block, and expects a value.
#[track_caller]
pub(crate) fn gets<T: PartialEq + Debug>(expected: T, call: impl FnOnce() -> T) -> Outcome {
    gave(expected, blocks(call))
}

/// Calls code with a deref, and expects a value.
#[track_caller]
pub(crate) fn derefs<T: PartialEq + Debug>(expected: T, call: impl FnOnce() -> T) -> Outcome {
    gave(
        expected,
        blocks_or_says(["`dual.await`", "`dual.get()`"], call),
    )
}

/// Returns `Through` if the call returned the expected value.
fn gave<T: PartialEq + Debug>(expected: T, called: Result<T, Outcome>) -> Outcome {
    match called {
        Ok(value) if value == expected => Outcome::Through,
        Ok(value) => Outcome::Wrong(format!("gave {value:?}")),
        Err(outcome) => outcome,
    }
}

/// Returns the text of a panic.
pub(crate) fn words(panic: &(dyn Any + Send)) -> String {
    match panic.downcast_ref::<&str>() {
        Some(words) => (*words).into(),
        None => panic.downcast_ref::<String>().cloned().unwrap_or_default(),
    }
}

/// Waits for a value from another thread.
pub(crate) async fn elsewhere() -> u32 {
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        tell.send(5)
    });
    told.await.unwrap_or_default()
}

/// Is pending once, and wakes itself.
pub(crate) async fn pending_once() -> u32 {
    let mut polled = false;
    poll_fn(|cx| match polled {
        true => Poll::Ready(5),
        false => {
            polled = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}
