//! A deref of a boxed handle.

use std::task::Poll;
use std::thread;

use futures_lite::future::yield_now;
use smartcall::context::{self, Place};
use smartcall::work::{Boxed, LocalBoxed};
use smartcall::{Dual, Work};

use super::support::{AGAIN, PANICKED, REFUSED, fails, sides};
use crate::common::{assert_panics, limit, panic_of, poll};

/// A value is changed through its handle.
#[test]
fn deref_mut() {
    limit(|| {
        let mut dual = Dual::future(async { vec![1, 2] }).boxed();
        dual.push(3);
        dual[0] = 0;
        assert_eq!(*dual, [0, 2, 3]);
        assert_eq!(pollster::block_on(dual), [0, 2, 3]);
    });
}

/// Boxing a handle that is resolved, or whose body panicked, changes neither.
#[test]
fn boxed_after_a_deref() {
    limit(|| {
        let dual = Dual::future(async { String::from("kept") }).boxed();
        let first: *const u8 = dual.as_ptr();
        let dual = dual.boxed().boxed_local();
        assert!(dual.is_ready());
        assert_eq!(dual.as_ptr(), first);
        let kept = pollster::block_on(dual);
        assert_eq!((kept.as_ptr(), &*kept), (first, "kept"));

        let dual = Dual::in_place(fails).boxed();
        assert_panics("the body's own message", || *dual);
        assert_panics(PANICKED, || dual.boxed().get());
    });
}

/// A deref runs a body where a `get` does.
#[test]
fn deref_runs_a_body_like_get() {
    limit(|| {
        assert_eq!(
            *Dual::future(async { context::current() }).boxed(),
            Place::Driving
        );
        assert_eq!(*Dual::blocking(context::current).boxed(), Place::Outside);
        let here = thread::current().id();
        assert_eq!(*Dual::blocking(|| thread::current().id()).boxed(), here);
    });
}

/// A deref stores the value in the handle, and a later `get` or `.await` takes it.
#[test]
fn deref_keeps_the_value() {
    limit(|| {
        let dual = Dual::future(async { String::from("kept") }).boxed();
        let first: *const String = &*dual;
        assert!(std::ptr::eq(first, &*dual));
        let dual = Box::new(dual);
        assert!(std::ptr::eq(first, &**dual), "it moves with no handle");
        let text = dual.as_ptr();
        let kept = dual.get();
        assert_eq!(kept.as_ptr(), text);

        let dual = Dual::blocking(|| String::from("kept")).boxed();
        let text = dual.as_ptr();
        let awaited = pollster::block_on(dual);
        assert_eq!((awaited.as_ptr(), &*awaited), (text, "kept"));

        // In an executor as well.
        let dual = Dual::blocking(|| String::from("kept")).boxed();
        let text = dual.as_ptr();
        let awaited = pollster::block_on(context::inside(async {
            assert_eq!(dual.as_ptr(), text);
            dual.await
        }));
        assert_eq!(awaited.as_ptr(), text);
    });
}

/// A deref of a handle that was polled goes on from there.
#[test]
fn deref_after_a_poll() {
    limit(|| {
        let mut dual = Box::pin(sides().boxed());
        assert!(poll(&mut dual.as_mut()).is_pending());
        assert_eq!(**dual, "blocked after 1 polls");
        assert_eq!(pollster::block_on(dual), "blocked after 1 polls");
    });
}

/// A handle whose value a poll has given away has none for a deref; nor has one whose body panicked in a poll.
#[test]
fn deref_after_completion() {
    limit(|| {
        let mut dual = Box::pin(Dual::ready(5).boxed());
        assert_eq!(poll(&mut dual.as_mut()), Poll::Ready(5));
        assert_panics(AGAIN, || **dual);
        assert!(!dual.is_ready());

        let mut dual = Box::pin(Dual::in_place(fails).boxed());
        assert_panics("the body's own message", || poll(&mut dual.as_mut()));
        assert_panics(AGAIN, || **dual);
    });
}

/// Awaits a handle in a task, after a deref there was refused; one that is ready is lent.
async fn refused_deref() {
    let dual = Dual::future(async {
        yield_now().await;
        5
    })
    .boxed();
    let message = panic_of(|| *dual);
    assert!(message.starts_with(REFUSED), "{message}");
    assert!(
        message.contains("Was an `.await` forgotten? Write `dual.await` here"),
        "{message}"
    );
    assert!(panic_of(|| *Dual::in_place(|| 5).boxed()).starts_with(REFUSED));
    assert!(panic_of(|| *Dual::blocking(|| 5).boxed()).starts_with(REFUSED));
    assert_eq!(*Dual::ready(5).boxed(), 5);
    assert_eq!(dual.await, 5);
}

/// In a task a deref is refused, also where a get goes through; the handle is awaited nevertheless.
#[test]
fn deref_in_a_task() {
    limit(|| {
        pollster::block_on(context::inside(refused_deref()));
        #[cfg(feature = "executor")]
        {
            let ex = smartcall::Executor::builder().threads(1).build();
            ex.spawn(refused_deref()).get();
            ex.block_on(refused_deref());
            let local = smartcall::LocalExecutor::new();
            local.block_on(local.spawn(refused_deref()));
            local.block_on(refused_deref());
        }
        #[cfg(feature = "tokio")]
        {
            let many = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .build()
                .expect("a runtime");
            many.block_on(many.spawn(refused_deref())).expect("it ends");
            let one = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime");
            one.block_on(refused_deref());
            one.block_on(one.spawn(refused_deref())).expect("it ends");
        }
    });
}

/// A boxed handle that lives longer is used where one is wanted that lives shorter, polled or not.
#[test]
fn narrowed() {
    fn sum<'a>(duals: [Dual<usize, Boxed<'a, usize>>; 2]) -> usize {
        duals.into_iter().map(|dual| dual.get()).sum()
    }

    fn sum_local<'a>(duals: [Dual<usize, LocalBoxed<'a, usize>>; 2]) -> usize {
        duals.into_iter().map(|dual| dual.get()).sum()
    }

    limit(|| {
        let text = String::from("text");
        let borrows = || Dual::in_place(|| text.len());
        let owns: Dual<usize> = Dual::future(async { 1 }).boxed();
        assert_eq!(sum([borrows().boxed(), owns.narrow()]), 5);

        // With the value of a deref.
        let owns: Dual<usize> = Dual::future(async { 2 }).boxed();
        assert_eq!(*owns, 2);
        assert_eq!(sum([borrows().boxed(), owns.narrow()]), 6);

        // One that was polled, and came back.
        let owns: Dual<usize> = Dual::future(async {
            yield_now().await;
            3
        })
        .boxed();
        let owns = owns.now_or_later().expect_err("it waits");
        assert_eq!(sum([borrows().boxed(), owns.narrow()]), 7);

        let owns: Dual<usize, LocalBoxed<'static, usize>> = Dual::ready(4).boxed_local();
        assert_eq!(sum_local([borrows().boxed_local(), owns.narrow()]), 8);
    });
}
