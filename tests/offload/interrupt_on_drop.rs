//! `interrupt_on_drop`: a `.get()` in blocking code unwinds when the handle is dropped.

use std::future::{self, Future};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures_lite::future::yield_now;
use smartcall::offload::{self, interrupt_on_drop, join_on_drop};
use smartcall::{Dual, DualOf, Work, join};

use crate::common::{limit, polled, wait_until};

/// A future that never ends, and what tells that it was dropped.
fn held(held: &Arc<()>) -> impl Future<Output = ()> + Send + use<> {
    let held = Arc::clone(held);
    async move {
        future::pending::<()>().await;
        drop(held);
    }
}

/// The drop cancels the async code that the sync code waits for, two layers deep: code that interruptible code resolves is
/// interruptible.
#[test]
fn drop_passes_through_sync_code() {
    limit(|| {
        let kept = Arc::new(());
        let inner = held(&kept);
        let outer = polled(interrupt_on_drop(Dual::blocking(move || {
            Dual::future(inner).get();
        })));
        drop(outer);
        wait_until(|| Arc::strong_count(&kept) == 1);

        let inner = held(&kept);
        let (parked, parks) = mpsc::channel();
        let outer = polled(interrupt_on_drop(Dual::blocking(move || {
            let waits = Dual::blocking(move || {
                parked.send(()).expect("it waits");
                Dual::future(inner).get();
            });
            // Of two, each has a thread of its own.
            let both = async { futures::join!(waits, Dual::blocking(|| ())) };
            Dual::future(both).get();
        })));
        parks.recv().expect("it gets there");
        drop(outer);
        wait_until(|| Arc::strong_count(&kept) == 1);
    });
}

/// The drop of a task of an executor interrupts the blocking code that it awaits.
#[test]
#[cfg(feature = "executor")]
fn drop_of_a_task() {
    limit(|| {
        let kept = Arc::new(());
        let ex = smartcall::Executor::builder().threads(1).build();
        let (begun, begins) = mpsc::channel();
        let inner = held(&kept);
        let task = ex.spawn(interrupt_on_drop(Dual::blocking(move || {
            begun.send(()).expect("it waits");
            Dual::future(inner).get();
        })));
        begins.recv().expect("it begins");
        drop(task);
        wait_until(|| Arc::strong_count(&kept) == 1);
    });
}

/// A shield keeps the code in it from being interrupted, and no other code.
#[test]
fn shield() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (tell, told) = oneshot::channel::<u32>();
        let (sender, receiver) = mpsc::channel();
        let outer = polled(interrupt_on_drop(Dual::blocking(move || {
            let got = offload::shield(|| {
                begun.send(()).expect("it waits");
                let got = Dual::future(told).get();
                (got, offload::is_cancelled())
            });
            sender
                .send((got, offload::is_cancelled()))
                .expect("it waits");
        })));
        begins.recv().expect("it begins");
        drop(outer);
        // Code that is interrupted ends at once.
        let ended = receiver.recv_timeout(Duration::from_millis(50));
        assert_eq!(ended, Err(mpsc::RecvTimeoutError::Timeout));
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
            let (tell, told) = oneshot::channel::<u32>();
            let tells = thread::spawn(|| tell.send(5));
            let got = Dual::future(told).get().expect("it is told");
            let _ = tells.join();
            self.0.send(got).expect("it waits");
        }
    }

    limit(|| {
        let (sender, receiver) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        let outer = polled(interrupt_on_drop(Dual::blocking(move || {
            let _waits = Waits(sender);
            begun.send(()).expect("it waits");
            Dual::future(future::pending::<()>()).get();
        })));
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
        let outer = polled(interrupt_on_drop(Dual::blocking(move || {
            begun.send(()).expect("it waits");
            let waits = || Dual::future(future::pending::<()>()).get();
            let first = catch_unwind(AssertUnwindSafe(waits)).expect_err("it never ends");
            let second = catch_unwind(AssertUnwindSafe(waits)).is_err();
            sender.send((first.is::<&str>(), second)).expect("it waits");
        })));
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
            let outer = polled(interrupt_on_drop(Dual::blocking(move || {
                begins.store(true, Ordering::Relaxed);
                Dual::future(inner).get();
            })));
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

/// A wait whose future wakes itself never parks, and is interrupted all the same.
#[test]
fn wait_that_never_parks() {
    limit(|| {
        let kept = Arc::new(());
        let (begun, begins) = mpsc::channel();
        let held = Arc::clone(&kept);
        let outer = polled(interrupt_on_drop(Dual::blocking(move || {
            begun.send(()).expect("it waits");
            Dual::future(async move {
                let _held = held;
                loop {
                    yield_now().await;
                }
            })
            .get()
        })));
        begins.recv().expect("it begins");
        drop(outer);
        wait_until(|| Arc::strong_count(&kept) == 1);
    });
}

/// Code that waits for ever, holds what it is given, and says when it begins.
fn waits(
    begun: &mpsc::Sender<()>,
    kept: &Arc<()>,
) -> DualOf<impl Work<Output = ()> + Send + use<>> {
    let (begun, inner) = (begun.clone(), held(kept));
    Dual::blocking(move || {
        begun.send(()).expect("it waits");
        Dual::future(inner).get();
    })
}

/// The drop of a handle that is joined as well interrupts the code, and waits for its end, in both orders.
#[test]
fn interrupted_and_joined() {
    limit(|| {
        let ((begun, begins), kept) = (mpsc::channel(), Arc::new(()));
        for joined_outside in [true, false] {
            let code = waits(&begun, &kept);
            let both = if joined_outside {
                join_on_drop(interrupt_on_drop(code)).boxed()
            } else {
                interrupt_on_drop(join_on_drop(code)).boxed()
            };
            let both = polled(both);
            begins.recv().expect("it begins");
            drop(both);
            assert_eq!(Arc::strong_count(&kept), 1);
        }
    });
}

/// The drop of a handle without it does not interrupt, beside a handle with it.
#[test]
fn others_go_on() {
    limit(|| {
        let ((begun, begins), kept) = (mpsc::channel(), Arc::new(()));
        let (tell, told) = oneshot::channel::<u32>();
        let (ended, ends) = mpsc::channel();
        let other = Dual::blocking(move || {
            let got = Dual::future(told).get();
            ended
                .send((got, offload::is_cancelled()))
                .expect("it waits");
        });
        let both = polled(join((interrupt_on_drop(waits(&begun, &kept)), other)));
        begins.recv().expect("it begins");
        drop(both);
        wait_until(|| Arc::strong_count(&kept) == 1);
        // The other one never began, or it waits to its end.
        if tell.send(5).is_ok() {
            assert_eq!(ends.recv(), Ok((Ok(5), true)));
        }
    });
}

/// Code that interruptible code starts in the background is not interrupted.
#[test]
#[cfg(feature = "executor")]
fn started_code_goes_on() {
    limit(|| {
        let (tell, told) = oneshot::channel::<u32>();
        let (begun, begins) = mpsc::channel();
        let (ended, ends) = mpsc::channel();
        let outer = polled(interrupt_on_drop(Dual::blocking(move || {
            let inner = Dual::blocking(move || {
                begun.send(()).expect("it waits");
                ended.send(Dual::future(told).get()).expect("it waits");
            });
            inner.start().detach();
            Dual::future(future::pending::<()>()).get();
        })));
        begins.recv().expect("it begins");
        drop(outer);
        tell.send(5).expect("it still waits");
        assert_eq!(ends.recv(), Ok(Ok(5)));
    });
}
