//! What a refused `.get()` says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use smartcall::{Dual, context};

use super::panicked_at;

/// This line, as a panic names it.
macro_rules! here {
    () => {
        concat!(file!(), ":", line!())
    };
}

pub(crate) use here;

#[track_caller]
pub fn assert_refused((at, said): (String, String), line: &str) {
    assert_eq!(at, line, "the panic is at the caller's line");
    assert!(said.starts_with("cannot block here: "), "{said}");
    for cure in [".await", "try_get", "Dual::blocking"] {
        assert!(said.contains(cure), "no {cure} in: {said}");
    }
}

/// Checks that a deref was refused. The message names the forgotten `.await`.
#[track_caller]
pub fn assert_deref_refused((at, said): (String, String), line: &str) {
    assert_eq!(at, line, "the panic is at the caller's line");
    assert!(said.starts_with("cannot block here: "), "{said}");
    for part in ["Was an `.await` forgotten?", "`dual.await`", "`dual.get()`"] {
        assert!(said.contains(part), "no {part} in: {said}");
    }
}

/// Blocks in each way, in a place where that is refused, and returns a handle that was refused.
/// The handle has not run, and gives 5.
#[track_caller]
pub fn refused_here() -> Dual<u32> {
    let runs = Arc::new(AtomicUsize::new(0));
    let five = || {
        let runs = Arc::clone(&runs);
        Dual::future(async move {
            runs.fetch_add(1, Ordering::Relaxed);
            5
        })
    };
    let (line, said) = (here!(), panicked_at(|| five().get()));
    assert_refused(said, line);
    let (line, said) = (here!(), panicked_at(|| Dual::blocking(|| 5).get()));
    assert_refused(said, line);
    let (line, said) = (here!(), panicked_at(|| five().boxed().get()));
    assert_refused(said, line);
    let pair = || Dual::pair((), |()| 5, async |()| 5);
    let (line, said) = (here!(), panicked_at(|| pair().get()));
    assert_refused(said, line);

    // A deref panics likewise, and the handle stays as it was.
    let mut dual = five().boxed();
    let (line, said) = (here!(), panicked_at(|| *dual));
    assert_deref_refused(said, line);
    let (line, said) = (here!(), panicked_at(|| *dual += 1));
    assert_deref_refused(said, line);

    // `can_block` and `try_get` give the same reason.
    let reason = context::can_block().expect_err("it is refused");
    let same = Dual::blocking(|| 5).try_get().expect_err("it is refused");
    assert_eq!(same.to_string(), reason.to_string());
    assert_eq!(same.discard().to_string(), reason.to_string());

    // It comes back time and again, and the error says why.
    let error = dual.try_get().expect_err("it is refused");
    assert!(error.to_string().starts_with("cannot block here: "));
    let error = error.into_handle().try_get().expect_err("it is refused");
    assert_eq!(runs.load(Ordering::Relaxed), 0, "nothing has run");

    // What does not wait is refused nowhere.
    assert_eq!(Dual::ready(1).get(), 1);
    assert_eq!(Dual::in_place(|| 2).get(), 2);
    error.into_handle()
}
