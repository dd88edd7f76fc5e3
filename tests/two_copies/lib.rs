//! Two versions of smartcall in one program, as a dependency of a dependency makes them: they share the context.
//!
//! The copy is built of the same sources, and has types and thread-locals of its own. Each test is there twice: with
//! the executor of the one and the handles of the other, and the other way round.

#![cfg(test)]

use std::future::Future;
use std::sync::{Arc, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use smartcall_context::{self as context, Host, Place};

/// How long a test waits for what must come.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a test's body in a thread. If it hangs, the test fails.
fn limit(body: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let body = thread::spawn(move || {
        body();
        let _ = done.send(());
    });
    match ended.recv_timeout(LIMIT) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs: no end after {LIMIT:?}"),
        // A body that panics drops its sender.
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(payload) = body.join() {
                std::panic::resume_unwind(payload);
            }
        }
    }
}

/// The rows of the context table, with the handles of `$theirs` where `$ours` drives or polls.
macro_rules! rows {
    ($module:ident: $ours:ident, $theirs:ident) => {
        mod $module {
            use super::*;

            #[test]
            fn outside_a_get_runs_on_this_thread() {
                let this = thread::current().id();
                assert_eq!($theirs::Dual::blocking(|| thread::current().id()).get(), this);
                assert_eq!($theirs::Dual::future(async { thread::current().id() }).get(), this);
            }

            #[test]
            fn outside_blocking_code_that_is_awaited_runs_on_a_pool() {
                let this = thread::current().id();
                let there = pollster::block_on(async {
                    $theirs::Dual::blocking(|| thread::current().id()).await
                });
                assert_ne!(there, this);
            }

            #[test]
            fn driven_async_code_is_polled_on_this_thread() {
                let dual = $ours::Dual::future(async {
                    $theirs::Dual::future(async { context::current() }).await
                });
                assert_eq!(dual.get(), Place::Driving);
            }

            #[test]
            fn driven_blocking_code_that_is_alone_runs_on_this_thread() {
                let this = thread::current().id();
                let dual = $ours::Dual::future(async {
                    let here = $theirs::Dual::blocking(|| (thread::current().id(), context::current()));
                    here.await
                });
                assert_eq!(dual.get(), (this, Place::Outside));
            }

            #[test]
            fn driven_blocking_code_of_both_overlaps() {
                limit(|| {
                    let (send, receive) = mpsc::channel();
                    // Each waits for the other, so neither may run on the thread that drives.
                    let both = $ours::Dual::future(async {
                        futures::join!(
                            $theirs::Dual::blocking(move || receive.recv()),
                            $ours::Dual::blocking(move || send.send(5)),
                        )
                    });
                    assert_eq!(both.get(), (Ok(5), Ok(())));
                });
            }

            #[test]
            fn driven_a_nested_get_runs_on_this_thread() {
                let this = thread::current().id();
                let dual = $ours::Dual::future(async {
                    $theirs::Dual::future(async {
                        $ours::Dual::blocking(|| thread::current().id()).await
                    })
                    .get()
                });
                assert_eq!(dual.get(), this);
            }

            #[test]
            fn inside_a_ready_value_is_returned() {
                let value = context::inside_executor(|| $theirs::Dual::ready(5).get());
                assert_eq!(value, 5);
            }

            #[test]
            fn in_a_task_of_a_host_that_cannot_block_a_get_is_refused() {
                struct OneThread;

                impl Host for OneThread {
                    fn can_block(&self) -> bool {
                        false
                    }
                    fn block_in_place(&self, block: &mut dyn FnMut()) {
                        block();
                    }
                }

                let refused = $ours::context::with_host(&Arc::new(OneThread), || {
                    $theirs::Dual::future(async { 5 }).try_get().unwrap_err()
                });
                assert_eq!(
                    refused.to_string(),
                    "cannot block here: this thread is polling a task of an executor that can't go on without it"
                );
                assert_eq!(refused.into_handle().get(), 5);
            }

            /// A hook of one is called for the blocking code of both.
            #[test]
            fn what_is_carried_follows_both() {
                use std::cell::Cell;

                thread_local! {
                    static REQUEST: Cell<u32> = const { Cell::new(0) };
                }

                static REGISTERED: std::sync::Once = std::sync::Once::new();
                REGISTERED.call_once(|| {
                    $ours::context::carry(|| {
                        let request = REQUEST.get();
                        move |body: &mut dyn FnMut()| {
                            let previous = REQUEST.replace(request);
                            body();
                            REQUEST.set(previous);
                        }
                    });
                });
                REQUEST.set(7);
                let seen = pollster::block_on($theirs::Dual::blocking(|| REQUEST.get()));
                assert_eq!(seen, 7);
            }

            /// A handle's own pool is known to its own version only.
            #[test]
            fn a_binding_to_a_pool_does_not_cross() {
                let pool = $ours::offload::SingleThread::named("bound", || ()).unwrap();
                let name = || thread::current().name().map(String::from);
                let dual = $ours::Dual::future(async move {
                    futures::join!(
                        $ours::Dual::blocking(name),
                        $theirs::Dual::blocking(name),
                    )
                });
                let (bound, free) = dual.on(&pool).get();
                assert_eq!(bound.as_deref(), Some("bound"));
                assert_ne!(free.as_deref(), Some("bound"));
            }

            /// Nor does what tells blocking code that its handle was dropped.
            #[test]
            fn cancelling_does_not_cross() {
                let (begins, begun) = mpsc::channel();
                let (send, receive) = mpsc::channel();
                let mut dual = Box::pin($ours::Dual::blocking(move || {
                    let _ = begins.send(());
                    while !$ours::offload::is_cancelled() {
                        thread::yield_now();
                    }
                    let _ = send.send($theirs::offload::is_cancelled());
                }));
                let mut cx = Context::from_waker(Waker::noop());
                assert!(dual.as_mut().poll(&mut cx).is_pending());
                assert_eq!(begun.recv_timeout(LIMIT), Ok(()));
                drop(dual);
                assert_eq!(receive.recv_timeout(LIMIT), Ok(false));
            }

            #[cfg(feature = "executor")]
            mod inside {
                use super::*;

                /// With one version's flag unknown to the other, this would hang: the only worker waits for a task of its
                /// own queue.
                #[test]
                fn a_get_in_a_task_of_an_executor_of_one_thread_goes_on() {
                    limit(|| {
                        let ex = Arc::new($ours::Executor::builder().threads(1).build());
                        let spawner = Arc::clone(&ex);
                        let task = ex.spawn(async move {
                            let other = spawner.spawn(async { 5 });
                            $theirs::Dual::future(other).get()
                        });
                        assert_eq!(pollster::block_on(task), 5);
                    });
                }

                /// The other tasks go on meanwhile, too, if the code does not park.
                #[test]
                fn in_place_code_is_watched() {
                    limit(|| {
                        let ex = Arc::new($ours::Executor::builder().threads(1).build());
                        let (send, receive) = mpsc::channel();
                        let blocks = ex.spawn(async move {
                            $theirs::Dual::in_place(move || receive.recv()).await
                        });
                        let sends = ex.spawn(async move { send.send(5) });
                        assert_eq!(pollster::block_on(blocks), Ok(5));
                        assert_eq!(pollster::block_on(sends), Ok(()));
                    });
                }

                #[test]
                fn a_get_in_a_task_of_a_local_executor_is_refused_in_words() {
                    let ex = $ours::LocalExecutor::new();
                    let text = ex.block_on(async {
                        let refused = $theirs::Dual::future(async { 5 }).try_get().unwrap_err();
                        assert!($theirs::context::can_block().is_err());
                        refused.to_string()
                    });
                    assert_eq!(
                        text,
                        "cannot block here: this thread is polling a task of an executor that can't go on without it"
                    );
                }

                #[test]
                fn blocking_code_that_is_awaited_runs_on_a_pool() {
                    limit(|| {
                        let ex = $ours::Executor::builder().threads(1).build();
                        let threads = ex.spawn(async {
                            let there = $theirs::Dual::blocking(|| thread::current().id()).await;
                            (thread::current().id(), there)
                        });
                        let (worker, there) = pollster::block_on(threads);
                        assert_ne!(there, worker);
                    });
                }

                #[test]
                fn a_started_handle_is_known_to_run_in_an_executor() {
                    limit(|| {
                        let place = $ours::Dual::future(async {
                            $theirs::Dual::future(async { context::current() }).await
                        });
                        assert_eq!(place.start().get(), Place::Inside);
                    });
                }

                #[test]
                fn a_parked_get_ends_when_the_executor_is_dropped() {
                    limit(|| {
                        let ex = $ours::Executor::builder().threads(1).build();
                        let (panics, text) = mpsc::channel();
                        let (parks, begun) = mpsc::channel();
                        ex.spawn(async move {
                            parks.send(()).unwrap();
                            let get = || {
                                let mut kept = None;
                                let never = std::future::poll_fn(|cx| {
                                    let _ = kept.insert(cx.waker().clone());
                                    std::task::Poll::<()>::Pending
                                });
                                $theirs::Dual::future(never).get();
                            };
                            let payload = std::panic::catch_unwind(get).unwrap_err();
                            let words = payload.downcast_ref::<String>().cloned();
                            panics.send(words.unwrap_or_default()).unwrap();
                        })
                        .detach();
                        begun.recv().unwrap();
                        drop(ex);
                        // The drop does not wait for a poll that is blocked, as by another panic that is being printed.
                        let text: String = text.recv().unwrap();
                        assert!(text.starts_with("the executor was dropped"), "{text:?}");
                    });
                }
            }
        }
    };
}

rows!(the_copy_in_the_original: smartcall, smartcall_copy);
rows!(the_original_in_the_copy: smartcall_copy, smartcall);
