//! What a panic says, and where it is.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Where this thread panicked last, as `file:line`.
    static PANICKED_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs code that panics, and returns what the panic says.
#[track_caller]
pub fn panic_of<R>(code: impl FnOnce() -> R) -> String {
    let Err(payload) = panic::catch_unwind(AssertUnwindSafe(code)) else {
        panic!("it did not panic");
    };
    panic_text(&*payload)
}

/// The same, with the place of the panic in front, as `file:line`.
#[track_caller]
pub fn panicked_at<R>(code: impl FnOnce() -> R) -> (String, String) {
    // The hook is process-wide. It changes nothing for other tests: it notes the place on the
    // thread that panics, and calls the hook that was there.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let Some(at) = info.location() {
                PANICKED_AT.set(format!("{}:{}", at.file(), at.line()));
            }
            before(info);
        }));
    });
    let said = panic_of(code);
    (PANICKED_AT.take(), said)
}

/// The text of a panic's payload.
#[track_caller]
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    match payload.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => String::from(
            *payload
                .downcast_ref::<&str>()
                .expect("the payload is a text"),
        ),
    }
}

/// Checks that code panics with a text that begins like this.
#[track_caller]
pub fn assert_panics<R>(start: &str, code: impl FnOnce() -> R) {
    let said = panic_of(code);
    assert!(said.starts_with(start), "{said}");
}

#[track_caller]
pub fn assert_contains(said: &str, part: &str) {
    assert!(said.contains(part), "no \"{part}\" in: {said}");
}
