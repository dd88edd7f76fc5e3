//! `join_on_drop`: handles that wait for their blocking code when they are dropped.

use std::any::Any;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use smartcall::context::{self, Host};
use smartcall::offload::{self, CancellationToken, Limited, interrupt_on_drop, join_on_drop};
use smartcall::{Dual, DualOf, Work, join, race};

use crate::common::{limit, polled, wait_until};

/// Code that says when it begins, and runs until it is cancelled. It holds what it is given.
fn runs(
    begun: &mpsc::Sender<()>,
    held: &Arc<()>,
) -> DualOf<impl Work<Output = Arc<()>> + Send + use<>> {
    let (begun, held) = (begun.clone(), Arc::clone(held));
    Dual::blocking(move || {
        begun.send(()).expect("it waits");
        wait_until(offload::is_cancelled);
        // The leaver has left by now, if it does.
        thread::sleep(Duration::from_millis(5));
        held
    })
}

/// Drops what waits for such code once that has begun, and looks whether it was waited for.
#[track_caller]
fn assert_joined<F>(waits: F, begins: &mpsc::Receiver<()>, held: &Arc<()>) {
    begins.recv().expect("it begins");
    drop(waits);
    assert_eq!(Arc::strong_count(held), 1);
}

fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// The code has ended, and its value is dropped, when the drop returns.
#[test]
fn dropped_while_it_runs() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        let waits = polled(join_on_drop(runs(&begun, &held)));
        assert_joined(waits, &begins, &held);
    });
}

/// The drop waits for code on each pool, for both ways to bind to it.
#[test]
fn on_each_pool() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        let pool = Limited::new(one());
        for inside in [true, false] {
            let code = runs(&begun, &held);
            let waits = if inside {
                join_on_drop(code.on(&pool)).boxed()
            } else {
                join_on_drop(code).on(&pool).boxed()
            };
            assert_joined(polled(waits), &begins, &held);
        }
    });
}

/// Code that has not begun never runs, and the drop does not wait for it.
#[test]
fn dropped_in_the_queue() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        let (go, goes) = mpsc::channel::<()>();
        let pool = Limited::new(one());
        let first = polled(
            Dual::blocking(move || {
                begun.send(()).expect("it waits");
                goes.recv()
            })
            .on(&pool),
        );
        begins.recv().expect("it begins");
        let (late, _begins) = mpsc::channel();
        drop(polled(join_on_drop(runs(&late, &held)).on(&pool)));
        assert_eq!(Arc::strong_count(&held), 1, "nothing of it is left");
        go.send(()).expect("it waits");
        assert_eq!(pollster::block_on(first), Ok(()));
        // The place goes to the next one.
        pollster::block_on(Dual::blocking(|| ()).on(&pool));
    });
}

/// The drop does not wait for a value that is ready or was taken.
#[test]
fn dropped_when_it_has_ended() {
    limit(|| {
        let held = Arc::new(());
        let value = {
            let held = Arc::clone(&held);
            join_on_drop(Dual::blocking(move || held))
        };
        let value = pollster::block_on(value);
        assert_eq!(Arc::strong_count(&held), 2);
        drop(value);
        let (end, ended) = mpsc::channel();
        let untaken = polled(join_on_drop(Dual::blocking({
            let held = Arc::clone(&held);
            move || {
                ended.recv().expect("it waits");
                held
            }
        })));
        end.send(()).expect("it waits");
        thread::sleep(Duration::from_millis(5));
        drop(untaken);
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// The drop waits for the code that the code waits for. That code is told by an interrupted `.get()`.
#[test]
fn code_in_code() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        // Two, which both go to the pool: one would run on the thread of the outer code.
        let inner = join((runs(&begun, &held), runs(&begun, &held)));
        let outer = interrupt_on_drop(Dual::blocking(move || inner.get()));
        let waits = polled(join_on_drop(outer));
        begins.recv().expect("it begins");
        assert_joined(waits, &begins, &held);
    });
}

/// Code without `join_on_drop` is abandoned, also beside a handle with it.
#[test]
fn others_are_abandoned() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        let (go, goes) = mpsc::channel::<()>();
        let other = Dual::blocking(move || goes.recv());
        let both = polled(join((join_on_drop(runs(&begun, &held)), other)));
        assert_joined(both, &begins, &held);
        drop(go);
    });
}

/// Code that drops its own handle does not wait for itself.
#[test]
fn dropped_by_itself() {
    limit(|| {
        let own = Arc::new(Mutex::new(None));
        let (ended, ends) = mpsc::channel();
        let (go, goes) = mpsc::channel::<()>();
        let waits = polled(
            join_on_drop(Dual::blocking({
                let own = Arc::clone(&own);
                move || {
                    goes.recv().expect("it is told");
                    drop(own.lock().expect("nobody panics").take());
                    ended.send(offload::is_cancelled()).expect("it waits");
                }
            }))
            .boxed(),
        );
        *own.lock().expect("nobody panics") = Some(waits);
        go.send(()).expect("it waits");
        assert_eq!(ends.recv(), Ok(true));
    });
}

/// The drop waits for code that panics, and waits while its thread unwinds.
#[test]
fn panics() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        let (holds, begun_too) = (Arc::clone(&held), begun.clone());
        let waits = polled(join_on_drop(Dual::blocking(move || {
            let _holds = holds;
            begun_too.send(()).expect("it waits");
            wait_until(offload::is_cancelled);
            std::panic::resume_unwind(Box::new("quietly"));
        })));
        assert_joined(waits, &begins, &held);

        let unwinds = catch_unwind(AssertUnwindSafe(|| {
            let _waits = polled(join_on_drop(runs(&begun, &held)));
            begins.recv().expect("it begins");
            std::panic::resume_unwind(Box::new("quietly"));
        }));
        assert!(unwinds.is_err());
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// A host that panics is not asked during an unwinding, since a second panic would abort the
/// process.
#[test]
fn host_that_panics() {
    struct Panics;

    impl Host for Panics {
        fn can_block(&self) -> bool {
            true
        }

        fn block_in_place(&self, _block: &mut dyn FnMut()) {
            std::panic::resume_unwind(Box::new("quietly"));
        }
    }

    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        context::with_host(&Arc::new(Panics), || {
            let unwinds = catch_unwind(AssertUnwindSafe(|| {
                let _waits = polled(join_on_drop(runs(&begun, &held)));
                begins.recv().expect("it begins");
                std::panic::resume_unwind(Box::new("quietly"));
            }));
            assert!(unwinds.is_err());
        });
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// The loser of a race under `get` is waited for.
#[test]
fn loses_a_race() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        let loses = join_on_drop(runs(&begun, &held)).map(|_| 1);
        let wins = Dual::blocking(move || begins.recv().map_or(0, |()| 2));
        assert_eq!(race((loses, wins)).get(), 2);
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// Drops a handle in a job of a pool of one, by some code. The code of the handle needs the place of that job.
#[track_caller]
fn assert_gives_its_place_back(drops: fn(Box<dyn Any>)) {
    let pool = Limited::new(one());
    let (begun, begins) = mpsc::channel();
    let (done, ends) = mpsc::channel();
    let job = Dual::blocking({
        let pool = pool.clone();
        move || {
            let inner = Dual::blocking({
                let pool = pool.clone();
                move || {
                    begun.send(()).expect("it waits");
                    Dual::future(async move { Dual::blocking(|| ()).on(&pool).await }).get();
                    done.send(()).expect("it waits");
                }
            });
            // Its own pool has the one place, so the inner job goes elsewhere.
            let waits = polled(join_on_drop(inner));
            begins.recv().expect("it begins");
            drops(Box::new(waits));
            ends.try_recv()
        }
    });
    assert_eq!(pollster::block_on(job.on(&pool)), Ok(()));
}

/// A job that waits in a drop gives its place back, since the other job may need it.
#[test]
fn waits_in_a_pool_of_one() {
    limit(|| assert_gives_its_place_back(drop));
}

/// So does a job that waits in a drop while it unwinds.
#[test]
fn waits_in_a_pool_of_one_as_it_unwinds() {
    limit(|| {
        assert_gives_its_place_back(|waits| {
            let unwinds = catch_unwind(AssertUnwindSafe(|| {
                let _waits = waits;
                std::panic::resume_unwind(Box::new("quietly"));
            }));
            assert!(unwinds.is_err());
        });
    });
}

/// While a drop waits in a task, the other tasks go on, with one worker. `cancel` waits as well.
#[test]
#[cfg(feature = "executor")]
fn in_a_task_of_an_executor() {
    limit(|| {
        let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
        let ex = smartcall::Executor::builder().threads(1).build();
        let (told, tell) = mpsc::channel();
        let (code_begun, code_begins) = mpsc::channel();
        let code = Dual::blocking(move || {
            code_begun.send(()).expect("it waits");
            tell.recv()
        });
        let leaves = ex.spawn(async move {
            let waits = polled(join_on_drop(code));
            code_begins.recv().expect("it begins");
            drop(waits);
        });
        // The code ends only once another task has run.
        let tells = ex.spawn(async move { told.send(()) });
        pollster::block_on(tells).expect("it waits");
        pollster::block_on(leaves);

        let task = ex.spawn(join_on_drop(runs(&begun, &held)));
        begins.recv().expect("it begins");
        assert!(pollster::block_on(task.cancel()).is_none());
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// While a drop waits in tokio, a current-thread runtime stalls, and a multi-thread one goes on.
#[test]
#[cfg(feature = "tokio")]
fn in_tokio() {
    use tokio::runtime::Builder;

    limit(|| {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let ((begun, begins), held) = (mpsc::channel(), Arc::new(()));
            let waits = join_on_drop(runs(&begun, &held));
            builder.build().expect("there are threads").block_on(async {
                let task = tokio::spawn(waits);
                tokio::task::spawn_blocking(move || begins.recv().expect("it begins"))
                    .await
                    .expect("nobody panics");
                task.abort();
                assert!(task.await.is_err());
                assert_eq!(Arc::strong_count(&held), 1);
            });
        }
    });
}

/// A token tells other threads of the cancelling, also after the end of the code.
#[test]
fn token() {
    limit(|| {
        let (sender, tokens) = mpsc::channel();
        let waits = polled(join_on_drop(Dual::blocking(move || {
            sender.send(CancellationToken::current()).expect("it waits");
            wait_until(offload::is_cancelled);
            // Who asks late is told as well.
            sender.send(CancellationToken::current()).expect("it waits");
            let shielded = offload::shield(CancellationToken::current);
            sender.send(shielded).expect("it waits");
        })));
        let token: CancellationToken = tokens.recv().expect("it begins");
        assert!(!token.is_cancelled());
        drop(waits);
        assert!(token.is_cancelled());
        assert!(token.clone().is_cancelled());
        let late: CancellationToken = tokens.recv().expect("it asks");
        assert!(late.is_cancelled());
        let shielded: CancellationToken = tokens.recv().expect("it asks");
        assert!(!shielded.is_cancelled());
    });
}

/// A token that is made after the cancelling tells of it.
#[test]
fn token_that_comes_late() {
    limit(|| {
        let (begun, begins) = mpsc::channel();
        let (sender, tokens) = mpsc::channel();
        let waits = polled(Dual::blocking(move || {
            begun.send(()).expect("it waits");
            wait_until(offload::is_cancelled);
            sender.send(CancellationToken::current()).expect("it waits");
        }));
        begins.recv().expect("it begins");
        drop(waits);
        assert!(tokens.recv().expect("it asks").is_cancelled());
    });
}

/// The token of code that ends by itself, or that cannot be cancelled, is never cancelled.
#[test]
fn token_that_is_never_cancelled() {
    limit(|| {
        assert!(!CancellationToken::current().is_cancelled());
        let here = Dual::blocking(CancellationToken::current).get();
        let pool = pollster::block_on(Dual::blocking(CancellationToken::current));
        assert!(!here.is_cancelled());
        assert!(!pool.is_cancelled());
    });
}

/// The drop races with the beginning: the code never runs, or it is waited for.
#[test]
fn drop_races_with_the_beginning() {
    limit(|| {
        for round in 0..2_000_u32 {
            let began = Arc::new(AtomicBool::new(false));
            let held = Arc::new(());
            let mut waits = Box::pin(join_on_drop(Dual::blocking({
                let (began, held) = (Arc::clone(&began), Arc::clone(&held));
                move || {
                    began.store(true, Ordering::Relaxed);
                    held
                }
            })));
            let cx = &mut Context::from_waker(Waker::noop());
            let _ = waits.as_mut().poll(cx);
            for _ in 0..(round % 64) * 8 {
                std::hint::spin_loop();
            }
            drop(waits);
            let ran = began.load(Ordering::Relaxed);
            if ran {
                assert_eq!(Arc::strong_count(&held), 1);
            }
            thread::yield_now();
            assert_eq!(
                began.load(Ordering::Relaxed),
                ran,
                "it was left before it began"
            );
        }
    });
}
