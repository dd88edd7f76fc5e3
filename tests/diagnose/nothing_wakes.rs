//! A `.get()` that nothing can wake panics, at its line. One that anything may wake waits.

use std::future::{self, Future};
use std::mem;
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use smartcall::{Dual, Work, context, join, offload, race, sleep};

use crate::common::{assert_contains, here, limit, never, panicked_at, polled};

const WORDS: &str = "nothing can wake this `.get()`";

/// Checks what a panic says, and at which line.
#[track_caller]
fn assert_said((at, said): (String, String), line: &str) {
    assert_eq!(at, line, "{said}");
    assert_contains(&said, WORDS);
}

/// A future that is never ready, and keeps no waker.
fn forgets() -> future::Pending<u32> {
    future::pending()
}

/// Each form of handle says it, at the line of the `.get()`.
#[test]
fn at_the_line_of_the_get() {
    macro_rules! cases {
        ($($dual:expr),* $(,)?) => {
            $(
                let dual = $dual;
                assert_said(panicked_at(|| dual.get()), here!());
            )*
        };
    }
    limit(|| {
        cases!(
            Dual::future(forgets()),
            Dual::future(forgets()).boxed(),
            Dual::future(forgets()).boxed().map(|n| n + 1).boxed_local(),
            Dual::future(forgets()).map(|n| n + 1),
            Dual::future(forgets()).then(async |n| n + 1),
            Dual::ready(5).then(async |_| forgets().await),
            Dual::pair((), |()| 5, async |()| forgets().await)
                .on(&offload::Limited::new(NonZeroUsize::MIN)),
            Dual::new(Box::pin(Dual::future(forgets()))),
            join((Dual::future(forgets()), Dual::ready(5))),
            race((Dual::future(forgets()), Dual::future(forgets()))),
            offload::join_on_drop(Dual::future(forgets())),
            Dual::future(forgets())
                .now_or_later()
                .expect_err("it waits"),
        );
    });
}

/// `try_get`, and a deref of a boxed handle, say it, too.
#[test]
fn other_ways_to_wait() {
    limit(|| {
        let dual = Dual::future(forgets());
        assert_said(panicked_at(|| dual.try_get()), here!());
        let dual: Dual<u32> = Dual::future(forgets()).boxed();
        assert_said(panicked_at(|| *dual + 1), here!());
        assert_contains(&crate::common::panic_of(|| *dual + 1), "its body panicked");
    });
}

/// It panics after any number of polls, and the thread is as before.
#[test]
fn after_some_polls() {
    limit(|| {
        let mut polls = 0;
        let forgets_later = future::poll_fn(|cx| {
            polls += 1;
            match polls {
                // It is woken while it is polled, by another thread while it waits, and from a clone that is gone.
                1 => cx.waker().wake_by_ref(),
                2 => {
                    let waker = cx.waker().clone();
                    thread::spawn(move || {
                        thread::sleep(Duration::from_millis(5));
                        waker.wake();
                    });
                }
                3 => {
                    let waker = cx.waker().clone();
                    waker.wake();
                }
                _ => drop(cx.waker().clone()),
            }
            Poll::<()>::Pending
        });
        let (_, said) = panicked_at(|| Dual::future(forgets_later).get());
        assert_contains(&said, WORDS);
        assert_eq!(polls, 4);
        assert_eq!(context::current(), context::Place::Outside);
        assert_eq!(
            Dual::future(async { sleep(Duration::from_millis(1)).await }).get(),
            ()
        );
    });
}

/// It panics in nested gets, in jobs of pools, and in the tasks of executors.
#[test]
fn wherever_it_waits() {
    limit(|| {
        let get = || panicked_at(|| Dual::future(forgets()).get()).1;
        let nested = Dual::future(async { get() }).get();
        let in_job = pollster::block_on(Dual::blocking(get));
        assert_contains(&nested, WORDS);
        assert_contains(&in_job, WORDS);
    });
}

#[cfg(feature = "executor")]
mod executor {
    use smartcall::{Executor, LocalExecutor};

    use super::*;

    /// It panics in a task, where the drop of the executor would end it.
    #[test]
    fn in_a_task() {
        limit(|| {
            let ex = Executor::builder().threads(1).build();
            let task = ex.spawn(async {
                let dual = Dual::future(forgets());
                assert_said(panicked_at(|| dual.get()), here!());
            });
            task.get();
            assert_eq!(ex.spawn(async { 5 }).get(), 5);
        });
    }

    /// The `block_on` of an executor may serve for ever.
    #[test]
    fn a_server_waits() {
        limit(|| {
            let (ended, ends) = mpsc::channel();
            for multi in [true, false] {
                let ended = ended.clone();
                thread::spawn(move || {
                    let serves = async { forgets().await };
                    if multi {
                        Executor::builder().threads(1).build().block_on(serves);
                    } else {
                        LocalExecutor::new().block_on(serves);
                    }
                    ended.send(()).expect("the test waits");
                });
            }
            drop(ended);
            let waits = ends.recv_timeout(Duration::from_millis(200));
            assert_eq!(waits, Err(mpsc::RecvTimeoutError::Timeout));
        });
    }
}

/// A future that keeps its waker until it is told to wake it.
#[derive(Clone, Default)]
struct Bell(Arc<Mutex<(bool, Option<Waker>)>>);

impl Bell {
    fn ring(&self) {
        let waker = {
            let mut bell = self.0.lock().expect("it is not poisoned");
            bell.0 = true;
            bell.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Future for Bell {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut bell = self.0.lock().expect("it is not poisoned");
        if mem::take(&mut bell.0) {
            return Poll::Ready(());
        }
        bell.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// What may end waits: a limit, a timeout inside, another thread, a waker that the future itself keeps, and a timer that never ends.
#[test]
fn what_may_end_waits() {
    limit(|| {
        let short = Duration::from_millis(20);
        assert!(Dual::future(forgets()).get_timeout(short).is_err());
        assert!(Dual::future(forgets()).timeout(short).get().is_err());
        race((Dual::future(forgets()).map(drop), sleep(short))).get();
        assert!(sleep(Duration::MAX).get_timeout(short).is_err());
        let bell = Bell::default();
        let rings = bell.clone();
        let ringer = thread::spawn(move || {
            thread::sleep(short);
            rings.ring();
        });
        Dual::future(bell).get();
        ringer.join().expect("it does not panic");
        let (ended, ends) = mpsc::channel();
        for dual in [Dual::future(never()).boxed(), sleep(Duration::MAX).boxed()] {
            let ended = ended.clone();
            thread::spawn(move || {
                dual.get();
                ended.send(()).expect("the test waits");
            });
        }
        drop(ended);
        let waits = ends.recv_timeout(10 * short);
        assert_eq!(waits, Err(mpsc::RecvTimeoutError::Timeout));
    });
}

/// Interruptible code waits until its handle is dropped. A `shield` ends that.
#[test]
fn interruptible_code_waits() {
    limit(|| {
        let (begins, begun) = mpsc::channel();
        let (ends, ended) = mpsc::channel();
        let job = polled(offload::interrupt_on_drop(Dual::blocking(move || {
            struct Ends(mpsc::Sender<String>);
            impl Drop for Ends {
                fn drop(&mut self) {
                    self.0.send("unwound".into()).expect("the test waits");
                }
            }
            let _ends = Ends(ends.clone());
            let shielded = offload::shield(|| panicked_at(|| Dual::future(forgets()).get()).1);
            ends.send(shielded).expect("the test waits");
            begins.send(()).expect("the test waits");
            Dual::future(forgets()).get();
        })));
        begun.recv().expect("it is sent");
        assert_contains(&ended.recv().expect("it is sent"), WORDS);
        thread::sleep(Duration::from_millis(50));
        drop(job);
        assert_eq!(ended.recv().expect("it is sent"), "unwound");
    });
}

/// A destructor that gets while a panic unwinds must not panic: it would end the program. So it waits.
#[test]
fn destructor_waits_while_a_panic_unwinds() {
    limit(|| {
        struct Gets;
        impl Drop for Gets {
            fn drop(&mut self) {
                Dual::future(forgets()).get();
            }
        }
        let (ended, ends) = mpsc::channel::<()>();
        thread::spawn(move || {
            let _ended = ended;
            let _gets = Gets;
            panic!("the first panic of a test");
        });
        let waits = ends.recv_timeout(Duration::from_millis(200));
        assert_eq!(waits, Err(mpsc::RecvTimeoutError::Timeout));
    });
}

/// `Work::block` of a form of this crate says it at its caller's line.
#[test]
fn by_the_trait() {
    limit(|| {
        let work = pin!(Dual::future(forgets()));
        assert_said(panicked_at(|| Work::block(work)), here!());
    });
}
