//! Handles that are used again after they completed, panicked or were refused.

use std::cell::OnceCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use smartcall::work::LocalBoxed;
use smartcall::{Dual, Work, context};

use super::support::{AGAIN, Body, PANICKED, RECURSIVE, REFUSED, fails};
use crate::common::{assert_panics, limit, panic_of, poll};

/// Every use of a handle whose body has panicked panics, and says why.
#[test]
fn used_after_its_body_panicked() {
    fn panicked() -> Dual<u32> {
        let dual = Dual::in_place(fails).boxed();
        assert_eq!(panic_of(|| *dual), "the body's own message");
        dual
    }

    limit(|| {
        let mut dual = panicked();
        assert_panics(PANICKED, || *dual);
        assert_panics(PANICKED, || *dual = 5);
        assert_panics(PANICKED, || dual.get());
        assert_panics(PANICKED, || panicked().try_get());
        assert_panics(PANICKED, || pollster::block_on(panicked()));
        assert_panics(PANICKED, || Dual::future(async { panicked().await }).get());
        assert_panics(PANICKED, || panicked().boxed_local().get());
        assert_eq!(format!("{:?}", panicked()), "Dual { .. }");
        assert!(!panicked().is_ready());
    });
}

/// A body that dereferences its own handle panics, and does not hang.
#[test]
fn recursive_deref() {
    type Recursive = Rc<OnceCell<Dual<u32, LocalBoxed<'static, u32>>>>;

    fn check(make: impl FnOnce(Recursive) -> Dual<u32, LocalBoxed<'static, u32>>) {
        let me = Recursive::default();
        let dual = me.get_or_init(|| make(Rc::clone(&me)));
        assert_panics(RECURSIVE, || **dual);
        assert_panics(PANICKED, || **dual);
    }

    fn itself(me: &Recursive) -> u32 {
        **me.get().expect("it is set by now") + 1
    }

    limit(|| {
        check(|me| Dual::in_place(move || itself(&me)).boxed_local());
        check(|me| Dual::future(async move { itself(&me) }).boxed_local());
        check(|me| {
            let further_down = move || Dual::future(async move { itself(&me) }).get();
            Dual::in_place(further_down).boxed_local()
        });
        // It is told even if it survives the first time: the handle is still at it.
        check(|me| {
            let twice = move || {
                panic_of(|| itself(&me));
                itself(&me)
            };
            Dual::in_place(twice).boxed_local()
        });
    });
}

/// Polls to the end and once more.
#[track_caller]
fn assert_no_third<F: Future>(message: &str, future: F) {
    let mut future = pin!(future);
    pollster::block_on(future.as_mut());
    assert_panics(message, || poll(&mut future));
}

/// A poll after completion panics, in every form.
#[test]
fn polled_after_completion() {
    limit(|| {
        let told_by_the_body = "`async fn` resumed after completion";
        assert_no_third(told_by_the_body, Dual::future(async { 5 }));
        assert_no_third(AGAIN, Dual::blocking(|| 5));
        assert_no_third(AGAIN, Dual::in_place(|| 5));
        assert_no_third(AGAIN, Dual::pair(5, |n| n, async |n| n));
        assert_no_third(AGAIN, Dual::ready(5));
        assert_no_third(AGAIN, Dual::ready(5).boxed());
        assert_no_third(AGAIN, Dual::ready(5).boxed_local());
        assert_no_third(AGAIN, Dual::future(async { 5 }).boxed());
        assert_no_third(AGAIN, Dual::borrowing(|| 5));
        assert_no_third(AGAIN, Dual::ready(5).map(|n| n));
        assert_no_third(AGAIN, Dual::ready(5).then(async |n| n));
        assert_no_third(AGAIN, Dual::ready(5).timeout(Duration::ZERO));
        assert_no_third(AGAIN, smartcall::sleep(Duration::ZERO));
        assert_no_third(AGAIN, Box::pin(Dual::ready(5)));
        let resolved = Dual::future(async { 5 }).boxed();
        assert_eq!(*resolved, 5);
        assert_no_third(AGAIN, resolved);
    });
}

/// A `get` of a handle that has given its value panics, and so does a second `block`.
#[test]
fn blocked_on_after_completion() {
    #[track_caller]
    fn check<T, W: Work<Output = T>>(make: impl Fn() -> Dual<T, W>) {
        let mut dual = Box::pin(make());
        pollster::block_on(dual.as_mut());
        assert_panics(AGAIN, || Dual::new(dual).get());

        let mut dual = Box::pin(make());
        Work::block(dual.as_mut());
        assert_panics(AGAIN, || Work::block(dual.as_mut()));
        assert_panics(AGAIN, || poll(&mut dual.as_mut()));
    }

    limit(|| {
        check(|| Dual::blocking(|| 5));
        check(|| Dual::in_place(|| 5));
        check(|| Dual::borrowing(|| 5));
        check(|| Dual::pair(5, |n| n, std::future::ready));
        check(|| Dual::ready(5));
        check(|| Dual::future(async { 5 }).boxed());
        check(|| Dual::future(async { 5 }).boxed_local());
        check(|| Dual::ready(5).map(|n| n));
        check(|| Dual::ready(5).then(|n| n));
        check(|| Dual::ready(5).timeout(Duration::from_secs(600)));
        check(|| smartcall::sleep(Duration::ZERO));
    });
}

/// Polls to the body's panic and once more.
#[track_caller]
fn assert_no_poll_after_panic<T, W: Work<Output = T>>(dual: Dual<T, W>) {
    let mut future = pin!(dual);
    let first = panic_of(|| pollster::block_on(future.as_mut()));
    assert_eq!(first, "the body's own message");
    assert_panics(AGAIN, || poll(&mut future));
}

/// A poll after the body has panicked panics, and says so.
#[test]
fn polled_after_a_panic() {
    limit(|| {
        assert_no_poll_after_panic(Dual::in_place(fails));
        assert_no_poll_after_panic(Dual::in_place(fails).boxed());
        assert_no_poll_after_panic(Dual::pair((), |()| 5, |()| std::future::ready(fails())));
    });
}

/// A poll after the body has panicked on the pool panics, and says so.
#[test]
fn polled_after_a_panic_on_the_pool() {
    limit(|| {
        assert_no_poll_after_panic(Dual::blocking(fails));
        assert_no_poll_after_panic(Dual::blocking(fails).boxed());
    });
}

/// A deref that is refused inside an executor runs nothing and loses nothing.
#[test]
fn refused_deref_keeps_the_handle() {
    limit(|| {
        let counts = Arc::default();
        let body = Body::new(&counts);
        let mut dual = Dual::future(async { body.run() }).boxed();
        context::inside_executor(|| {
            assert_panics(REFUSED, || _ = &*dual);
            assert_panics(REFUSED, || _ = &mut *dual);
        });
        assert_eq!(counts.runs(), 0);
        let _ = &*dual;
        drop(dual.get());
        assert_eq!(counts.runs(), 1);
        assert_eq!(counts.left(), (0, 0));
    });
}
