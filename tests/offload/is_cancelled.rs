//! `is_cancelled`: blocking code whose handle is dropped while it runs.

use std::future::{self, Future};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use smartcall::{Dual, offload};

use crate::common::{limit, polled, wait_until};

/// `is_cancelled` is true once the handle is dropped, and not before.
#[test]
fn is_cancelled_once_the_handle_is_dropped() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (sender, receiver) = mpsc::channel();
        let waits = polled(Dual::blocking(move || {
            begun.send(offload::is_cancelled()).expect("it waits");
            wait_until(offload::is_cancelled);
            sender.send(()).expect("it waits");
        }));
        assert!(!begins.recv().expect("it begins"));
        drop(waits);
        receiver.recv().expect("it is told");
    });
}

/// `is_cancelled` is false outside of pool jobs, and where the caller waits itself.
#[test]
fn is_cancelled_where_nothing_can_cancel() {
    limit(|| {
        assert!(!offload::is_cancelled());
        assert!(!Dual::blocking(offload::is_cancelled).get());
        assert!(!pollster::block_on(Dual::blocking(offload::is_cancelled)));
        // A thread that runs one job after another tells them apart.
        for _ in 0..100 {
            drop(polled(Dual::blocking(|| wait_until(offload::is_cancelled))));
            let fresh = Dual::blocking(offload::is_cancelled);
            assert!(!pollster::block_on(fresh));
        }
    });
}

/// A future that never ends, and what tells that it was dropped.
fn held(held: &Arc<()>) -> impl Future<Output = ()> + Send + 'static {
    let held = Arc::clone(held);
    async move {
        future::pending::<()>().await;
        drop(held);
    }
}

/// The drop cancels the async code that the sync code waits for, two layers deep.
#[test]
fn drop_passes_through_sync_code() {
    limit(|| {
        let kept = Arc::new(());
        let inner = held(&kept);
        let outer = polled(Dual::blocking(move || Dual::future(inner).get()));
        drop(outer);
        wait_until(|| Arc::strong_count(&kept) == 1);

        let inner = held(&kept);
        let (parked, parks) = mpsc::channel();
        let outer = polled(Dual::blocking(move || {
            Dual::future(async move {
                Dual::blocking(move || {
                    parked.send(()).expect("it waits");
                    Dual::future(inner).get();
                })
                .await;
                future::pending::<()>().await;
            })
            .get();
        }));
        parks.recv().expect("it gets there");
        drop(outer);
        wait_until(|| Arc::strong_count(&kept) == 1);
    });
}

/// The drop of a task of an executor cancels the blocking code that it awaits.
#[test]
#[cfg(feature = "executor")]
fn drop_of_a_task() {
    limit(|| {
        let kept = Arc::new(());
        let ex = smartcall::Executor::builder().threads(1).build();
        let (begun, begins) = mpsc::channel();
        let inner = held(&kept);
        let task = ex.spawn(Dual::blocking(move || {
            begun.send(()).expect("it waits");
            Dual::future(inner).get();
        }));
        begins.recv().expect("it begins");
        drop(task);
        wait_until(|| Arc::strong_count(&kept) == 1);
    });
}

/// A shield keeps the code in it from being cancelled, and no other code.
#[test]
fn shield() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (tell, told) = futures::channel::oneshot::channel::<u32>();
        let (sender, receiver) = mpsc::channel();
        let outer = polled(Dual::blocking(move || {
            let got = offload::shield(|| {
                begun.send(()).expect("it waits");
                let got = Dual::future(told).get();
                (got, offload::is_cancelled())
            });
            sender
                .send((got, offload::is_cancelled()))
                .expect("it waits");
        }));
        begins.recv().expect("it begins");
        drop(outer);
        tell.send(5).expect("it still waits");
        assert_eq!(receiver.recv().expect("it ends"), ((Ok(5), false), true));
    });
}

/// A destructor that waits while the code unwinds waits to its end, and does not abort the process.
#[test]
fn get_in_a_destructor_that_unwinds() {
    struct Waits(mpsc::Sender<u32>);

    impl Drop for Waits {
        fn drop(&mut self) {
            let (tell, told) = futures::channel::oneshot::channel::<u32>();
            let tells = thread::spawn(|| tell.send(5));
            let got = Dual::future(told).get().expect("it is told");
            let _ = tells.join();
            self.0.send(got).expect("it waits");
        }
    }

    limit(|| {
        let (sender, receiver) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        let outer = polled(Dual::blocking(move || {
            let _waits = Waits(sender);
            begun.send(()).expect("it waits");
            Dual::future(future::pending::<()>()).get();
        }));
        begins.recv().expect("it begins");
        drop(outer);
        assert_eq!(receiver.recv(), Ok(5));
    });
}

/// Code that catches the unwinding sees no panic message, and is stopped again at its next wait.
#[test]
fn unwinding_that_is_caught() {
    limit(|| {
        let (sender, receiver) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        let outer = polled(Dual::blocking(move || {
            begun.send(()).expect("it waits");
            let waits = || Dual::future(future::pending::<()>()).get();
            let first = catch_unwind(AssertUnwindSafe(waits)).expect_err("it never ends");
            let second = catch_unwind(AssertUnwindSafe(waits)).is_err();
            sender.send((first.is::<&str>(), second)).expect("it waits");
        }));
        begins.recv().expect("it begins");
        drop(outer);
        assert_eq!(receiver.recv(), Ok((false, true)));
    });
}

/// The drop races with the park: the wait sees it before it parks, or is woken.
#[test]
fn drop_races_with_the_park() {
    limit(|| {
        let kept = Arc::new(());
        for round in 0..2_000_u32 {
            let inner = held(&kept);
            let began = Arc::new(AtomicBool::new(false));
            let begins = Arc::clone(&began);
            let outer = polled(Dual::blocking(move || {
                begins.store(true, Ordering::Relaxed);
                Dual::future(inner).get();
            }));
            while round % 2 == 0 && !began.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            for _ in 0..(round % 64) * 8 {
                std::hint::spin_loop();
            }
            drop(outer);
        }
        wait_until(|| Arc::strong_count(&kept) == 1);
    });
}
