//! The span and the dispatcher of `tracing` follow work, and do not stay with a thread.
//!
//! What tracing knows of callsites and dispatchers is process-wide, so each test runs as a child.

use std::panic::{self, AssertUnwindSafe};
#[cfg(feature = "executor")]
use std::sync::mpsc;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use futures::future::join_all;
use smartcall::Dual;
use tracing::dispatcher::{self, Dispatch};
use tracing::instrument::{Instrument, WithSubscriber};
use tracing::{Event, Subscriber, info, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::common::in_child;

// Helpers ------------------------------------------------------------------------------

/// What was logged: the spans from the outermost one, and the thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, thread::ThreadId)>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let spans = cx
            .event_scope(event)
            .into_iter()
            .flat_map(|it| it.from_root());
        let spans: Vec<_> = spans.map(|span| span.name()).collect();
        self.push(spans.join("/"));
    }

    fn on_close(&self, id: tracing::span::Id, cx: Context<'_, S>) {
        let name = cx.span(&id).map_or("", |span| span.name());
        self.push(format!("{name} closed"));
    }
}

impl Log {
    /// Makes a log, and a dispatcher that writes to it.
    fn new() -> (Self, Dispatch) {
        // While there is just one dispatcher, tracing takes what a thread without one thinks of
        // a callsite for everybody's word.
        static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));
        LazyLock::force(&SECOND);
        let log = Log::default();
        let dispatch = Dispatch::new(Registry::default().with(log.clone()));
        (log, dispatch)
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().expect("not poisoned");
        lines.push((line, thread::current().id()));
    }

    /// Takes the lines.
    fn take(&self) -> Vec<String> {
        let mut lines = self.0.lock().expect("not poisoned");
        lines.drain(..).map(|(line, _thread)| line).collect()
    }

    fn threads(&self) -> Vec<thread::ThreadId> {
        let lines = self.0.lock().expect("not poisoned");
        lines.iter().map(|(_line, thread)| *thread).collect()
    }
}

/// Logs one event on a pool's thread.
async fn log_there() {
    Dual::blocking(|| info!("there")).await;
}

// Work ---------------------------------------------------------------------------------

/// The span and the dispatcher follow to the pool, and are removed from its thread afterwards.
#[test]
fn span_and_dispatcher_follow_to_the_pool() {
    in_child(|| {
        let (log, dispatch) = Log::new();
        dispatcher::with_default(&dispatch, || {
            let work = async {
                log_there().await;
                // From one thread of the pool to another.
                Dual::blocking(|| pollster::block_on(log_there())).await;
            };
            pollster::block_on(work.instrument(info_span!("outer")));
        });
        assert!(!log.threads()[..2].contains(&thread::current().id()));
        assert_eq!(log.take(), ["outer", "outer", "outer closed"]);
        pollster::block_on(log_there());
        assert_eq!(log.take(), [""; 0]);
    });
}

/// After a panic of the body the span and the dispatcher are left as well, and the span closes.
#[test]
fn span_and_dispatcher_are_left_after_a_panic() {
    in_child(|| {
        let (log, dispatch) = Log::new();
        let fails = async { Dual::blocking(|| panic!("on purpose")).await };
        let fails = fails.instrument(dispatcher::with_default(&dispatch, || info_span!("fails")));
        let awaits = AssertUnwindSafe(|| {
            dispatcher::with_default(&dispatch, || pollster::block_on(fails));
        });
        assert!(panic::catch_unwind(awaits).is_err());
        assert_eq!(log.take(), ["fails closed"]);
    });
}

/// `Dispatch::none` follows as well, and hides the global dispatcher.
#[test]
fn the_dispatcher_none_follows() {
    in_child(|| {
        let (log, dispatch) = Log::new();
        dispatcher::set_global_default(dispatch).expect("it is the first");
        pollster::block_on(log_there());
        assert_eq!(log.take(), [""]);
        pollster::block_on(log_there().with_subscriber(Dispatch::none()));
        assert_eq!(log.take(), [""; 0]);
    });
}

/// Code that runs on its caller's thread is in the current span.
#[test]
fn code_on_its_own_thread_is_in_the_current_span() {
    in_child(|| {
        let (log, dispatch) = Log::new();
        dispatcher::with_default(&dispatch, || {
            let _span = info_span!("here").entered();
            Dual::blocking(|| info!("here")).get();
            Dual::future(log_there()).get();
            assert_eq!(log.take(), ["here", "here"]);
        });
    });
}

/// 500 handles at once keep their spans apart.
#[test]
fn five_hundred_handles_in_spans() {
    in_child(|| {
        let (_log, dispatch) = Log::new();
        dispatcher::with_default(&dispatch, || {
            let one = |_| {
                let span = info_span!("one");
                let id = span.id();
                let work = async move {
                    for _ in 0..3 {
                        let there = Dual::blocking(|| tracing::Span::current().id()).await;
                        assert_eq!(there, id);
                    }
                };
                work.instrument(span)
            };
            pollster::block_on(join_all((0..500).map(one)));
        });
    });
}

// Threads ------------------------------------------------------------------------------

/// The threads of an executor have the dispatcher that it was built under, and not its span.
#[cfg(feature = "executor")]
#[test]
fn workers_have_the_dispatcher_of_the_build() {
    in_child(|| {
        let (log, dispatch) = Log::new();
        let ex = dispatcher::with_default(&dispatch, || {
            let _span = info_span!("building").entered();
            smartcall::Executor::builder().threads(1).build()
        });
        assert_eq!(log.take(), ["building closed"]);
        ex.block_on(ex.spawn(async { info!("in a task") }));
        ex.block_on(ex.spawn(log_there()));
        assert_eq!(log.take(), ["", ""]);
    });
}

/// A spare thread has the dispatcher of the worker that it replaces, and nothing of the task that
/// blocks there.
#[cfg(feature = "executor")]
#[test]
fn spare_has_the_dispatcher_of_the_worker() {
    in_child(|| {
        let (log, dispatch) = Log::new();
        let (private, private_dispatch) = Log::new();
        let ex = dispatcher::with_default(&dispatch, || {
            smartcall::Executor::builder().threads(1).build()
        });
        let (go, gate) = futures::channel::oneshot::channel::<()>();
        let (parks, parked) = mpsc::channel();
        let blocks = async move {
            let span = info_span!("blocks");
            let _span = span.enter();
            let (tell, told) = (parks, gate);
            Dual::future(async move {
                tell.send(thread::current().id()).expect("it is waited for");
                told.await.expect("it is told");
            })
            .get();
            info!("it goes on");
        };
        let blocks = ex.spawn(blocks.with_subscriber(private_dispatch));
        let worker = parked.recv().expect("it comes to park");
        let other = ex.spawn(async {
            info!("meanwhile");
            thread::current().id()
        });
        assert_ne!(ex.block_on(other), worker);
        assert_eq!(log.take(), [""]);
        go.send(()).expect("it waits");
        ex.block_on(blocks);
        assert_eq!(private.take(), ["blocks", "blocks closed"]);
        assert_eq!(log.take(), [""; 0]);
    });
}

/// An executor that is built before any dispatcher does not hide a later one.
#[cfg(feature = "executor")]
#[test]
fn executor_built_before_any_dispatcher() {
    in_child(|| {
        let (log, dispatch) = Log::new();
        // One that is set somewhere, so that there are some.
        dispatcher::with_default(&Dispatch::none(), || ());
        let ex = smartcall::Executor::builder().threads(1).build();
        dispatcher::set_global_default(dispatch).expect("it is the first");
        ex.block_on(ex.spawn(async { info!("in a task") }));
        pollster::block_on(Dual::future(log_there()));
        assert_eq!(log.take(), ["", ""]);
    });
}
