//! Blocking code whose caller is gone.

use std::future::{self, Future};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use crate::common::{limit, polled, wait_until};
use smartcall::{Dual, offload};

/// Code that asks sees that its handle was dropped, and not before.
#[test]
fn code_that_asks() {
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

/// Outside of a pool's code there is nothing to cancel, nor where the caller waits itself.
#[test]
fn nothing_to_cancel() {
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

/// Dropping passes through sync code into the async code that it waits for, two layers deep.
#[test]
fn async_in_sync_in_async() {
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

/// So it is for a task of the shim that is dropped.
#[test]
#[cfg(feature = "executor")]
fn task_that_is_dropped() {
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

/// A shield keeps what is in it from being cancelled, and no more than that.
#[test]
fn shielded() {
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

/// A destructor that waits while the code unwinds waits to its end, and aborts nothing.
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

/// Code that catches the unwinding sees no panic of anybody's, and is stopped at its next wait again.
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

/// The drop races with the park; it is seen before it or wakes it.
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
