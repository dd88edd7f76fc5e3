//! `context::current`: what a thread is doing, in tasks, wrappers, drops, pool threads and new threads.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

use futures_lite::future::yield_now;
use smartcall::Dual;
use smartcall::context::{self, Host, Place, current};

use crate::common::{AtExit, Helpful, Stubborn, limit, tells_drop};

/// A wrapped future is inside in each poll, and the thread is outside in between.
#[test]
fn inside_in_a_hand_polled_wrapper() {
    let host = Arc::new(Stubborn);
    let places = async || {
        let first = current();
        yield_now().await;
        [first, current()]
    };
    let mut cx = Context::from_waker(Waker::noop());
    let mut inside = pin!(context::inside(places()));
    let mut hosted = pin!(context::hosted(&host, places()));
    for wrapped in
        [inside.as_mut(), hosted.as_mut()] as [std::pin::Pin<&mut dyn Future<Output = _>>; 2]
    {
        let mut wrapped = wrapped;
        assert_eq!(wrapped.as_mut().poll(&mut cx), Poll::Pending);
        assert_eq!(current(), Place::Outside);
        assert_eq!(wrapped.poll(&mut cx), Poll::Ready([Place::Inside; 2]));
        assert_eq!(current(), Place::Outside);
    }
}

/// A wrapped future is dropped inside, whether it was polled or not.
#[test]
fn inside_in_the_drop_of_a_wrapped_future() {
    let host = Arc::new(Stubborn);
    let mut cx = Context::from_waker(Waker::noop());

    let (future, dropped) = tells_drop();
    drop(context::inside(future));
    assert_eq!(dropped.recv(), Ok(Place::Inside));

    let (future, dropped) = tells_drop();
    let mut wrapped = Box::pin(context::inside(future));
    assert_eq!(wrapped.as_mut().poll(&mut cx), Poll::Pending);
    drop(wrapped);
    assert_eq!(dropped.recv(), Ok(Place::Inside));

    let (future, dropped) = tells_drop();
    drop(context::hosted(&host, future));
    assert_eq!(dropped.recv(), Ok(Place::Inside));
    assert_eq!(current(), Place::Outside);
}

/// `inside_executor`, `with_host` and `blocking_region` set the place for their closures.
#[test]
fn each_closure_function_moves_the_thread() {
    let host = Arc::new(Stubborn);
    let shared: Arc<dyn Host> = Arc::new(Stubborn);
    assert_eq!(current(), Place::Outside);
    assert_eq!(context::inside_executor(current), Place::Inside);
    assert_eq!(context::with_host(&host, current), Place::Inside);
    assert_eq!(context::with_host(&shared, current), Place::Inside);
    assert_eq!(context::blocking_region(current), Place::Outside);
    assert_eq!(current(), Place::Outside);
}

/// A driven future is driving in each poll, the first and the later ones.
#[test]
fn driving_in_a_driven_poll() {
    let places = Dual::future(async {
        let first = current();
        yield_now().await;
        let nested = Dual::future(async { current() }).get();
        [first, current(), nested]
    });
    assert_eq!(places.get(), [Place::Driving; 3]);
    assert_eq!(current(), Place::Outside);
}

/// Sync code that a driver runs on its own thread is outside, and the driver drives on after it.
#[test]
fn outside_in_sync_code_run_by_a_driver() {
    let here = thread::current().id();
    let look = move || {
        assert_eq!(thread::current().id(), here);
        current()
    };
    Dual::future(async move {
        assert_eq!(Dual::blocking(look).await, Place::Outside);
        assert_eq!(current(), Place::Driving);
        assert_eq!(Dual::in_place(look).await, Place::Outside);
        assert_eq!(current(), Place::Driving);
        let pair = Dual::pair((), |()| look(), async |()| current());
        assert_eq!(pair.await, Place::Outside);
        assert_eq!(current(), Place::Driving);
    })
    .get();
    for dual in [Dual::blocking(look).boxed(), Dual::in_place(look).boxed()] {
        assert_eq!(dual.get(), Place::Outside);
    }
}

/// A pool thread is outside, for each kind of caller.
#[test]
fn outside_in_a_pool_thread() {
    limit(|| {
        let here = thread::current().id();
        let look = || (current(), thread::current().id());
        let (place, thread) = pollster::block_on(context::inside(Dual::blocking(look)));
        assert_eq!(place, Place::Outside);
        assert_ne!(thread, here);

        let both = async { futures::join!(Dual::blocking(look), Dual::blocking(look)) };
        let ((first, _), (second, _)) = Dual::future(both).get();
        assert_eq!([first, second], [Place::Outside; 2]);
    });
}

/// A wrapped future below a get is inside again, and its sync code goes to the pool.
#[test]
fn inside_in_a_wrapper_below_a_get() {
    limit(|| {
        let look = || (current(), thread::current().id());
        let wrapped = context::inside(async move { (current(), Dual::blocking(look).await) });
        let (outer, (inner, thread)) = Dual::future(wrapped).get();
        assert_eq!([outer, inner], [Place::Inside, Place::Outside]);
        assert_ne!(thread, thread::current().id());
    });
}

/// A new thread starts outside, in whatever place it was started.
#[test]
fn not_inherited_by_new_threads() {
    let in_new_thread = || {
        let look = || (current(), Dual::future(async { 5 }).get());
        thread::spawn(look).join().expect("a get is fine there")
    };
    let host = Arc::new(Stubborn);
    let fine = (Place::Outside, 5);
    assert_eq!(context::inside_executor(in_new_thread), fine);
    assert_eq!(context::with_host(&host, in_new_thread), fine);
    assert_eq!(context::blocking_region(in_new_thread), fine);
    assert_eq!(Dual::future(async { in_new_thread() }).get(), fine);
}

/// A thread whose locals are destroyed is outside, and the functions that move it work, before and
/// after the crate's own locals are destroyed.
#[test]
fn place_while_thread_locals_are_destroyed() {
    let look = || {
        let host = Helpful::new();
        [
            current(),
            context::inside_executor(current),
            context::with_host(&host, current),
            context::blocking_region(current),
            Dual::future(async { current() }).get(),
            current(),
        ]
    };
    let expected = [
        Place::Outside,
        Place::Inside,
        Place::Inside,
        Place::Outside,
        Place::Driving,
        Place::Outside,
    ];
    for ours_first in [false, true] {
        let (sender, seen) = mpsc::channel();
        let dying = thread::spawn(move || {
            // Locals are destroyed in the opposite order of their first use.
            if ours_first {
                look();
            }
            AtExit::set(move || {
                let refused =
                    context::inside_executor(|| Dual::future(async {}).try_get().is_err());
                let _ = sender.send((look(), refused));
            });
            look();
        });
        dying.join().expect("the thread dies in peace");
        assert_eq!(seen.recv(), Ok((expected, true)));
    }
}
