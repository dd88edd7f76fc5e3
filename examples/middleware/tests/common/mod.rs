//! Shared test code: scripted operations, a clock that the test advances, and a macro that runs each scenario for
//! each caller.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::fmt;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use smartcall::{Dual, Elapsed, Executor, SmartCall, Work, kind, offload, smart};
use smartcall_middleware::{Clock, Open};
use tokio::runtime::Runtime;

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// How a caller resolves a handle.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    /// By `.get()`.
    Sync,
    /// By `.await`.
    Async,
}

impl Caller {
    /// Resolves a handle.
    pub async fn resolve<T, W: Work<Output = T>>(self, handle: Dual<T, W>) -> T {
        match self {
            Caller::Sync => handle.get(),
            Caller::Async => handle.await,
        }
    }
}

/// The context of a caller.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// On a thread of its own. A sync caller has no executor, an async one only a `block_on`.
    Thread,
    /// In a task of smartcall's executor.
    Executor,
    /// In a tokio task.
    Tokio,
}

impl Place {
    /// Runs a scenario.
    pub fn run(self, caller: Caller, scenario: impl Future<Output = ()> + Send + 'static) {
        match (self, caller) {
            // A sync caller never returns `Pending`: this is sync code that runs to its end.
            (Place::Thread, Caller::Sync) => {
                let mut cx = Context::from_waker(Waker::noop());
                assert_eq!(pin!(scenario).poll(&mut cx), Poll::Ready(()));
            }
            (Place::Thread, Caller::Async) => pollster::block_on(scenario),
            (Place::Executor, _) => {
                let ex = Executor::new();
                ex.block_on(ex.spawn(scenario));
            }
            (Place::Tokio, _) => {
                let runtime = Runtime::new().expect("it starts");
                let task = runtime.spawn(scenario);
                runtime.block_on(task).expect("it does not panic");
            }
        }
    }
}

/// Defines a test for each scenario, operation, caller and context.
///
/// A scenario is an async function that takes an operation, the script of the operation, and the caller.
#[macro_export]
macro_rules! everywhere {
    ($($scenario:ident),* $(,)?) => {
        $(mod $scenario {
            $crate::everywhere!(@leaf $scenario, sync_leaf, sync_operation);
            $crate::everywhere!(@leaf $scenario, async_leaf, async_operation);
        })*
    };
    (@leaf $scenario:ident, $leaf:ident, $operation:ident) => {
        mod $leaf {
            $crate::everywhere!(@test $scenario, $operation, Sync, Thread, got_by_a_thread);
            $crate::everywhere!(@test $scenario, $operation, Sync, Executor, got_in_a_task);
            $crate::everywhere!(@test $scenario, $operation, Sync, Tokio, got_in_tokio);
            $crate::everywhere!(@test $scenario, $operation, Async, Thread, awaited_by_a_thread);
            $crate::everywhere!(@test $scenario, $operation, Async, Executor, awaited_in_a_task);
            $crate::everywhere!(@test $scenario, $operation, Async, Tokio, awaited_in_tokio);
        }
    };
    (@test $scenario:ident, $operation:ident, $caller:ident, $place:ident, $name:ident) => {
        #[test]
        fn $name() {
            use $crate::common::{Caller, Place, Script, $operation, limit};
            let _limit = limit();
            let script = Script::default();
            let op = $operation(&script);
            let scenario = super::super::$scenario(op, script, Caller::$caller);
            Place::$place.run(Caller::$caller, scenario);
        }
    };
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The script told it to fail.
    Told,
    /// It took too long.
    Late(Elapsed),
    /// It was not called.
    Refused(Open),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Told => f.write_str("told to"),
            Failure::Late(elapsed) => elapsed.fmt(f),
            Failure::Refused(open) => open.fmt(f),
        }
    }
}

impl From<Elapsed> for Failure {
    fn from(elapsed: Elapsed) -> Self {
        Failure::Late(elapsed)
    }
}

impl From<Open> for Failure {
    fn from(open: Open) -> Self {
        Failure::Refused(open)
    }
}

/// What an operation shall do, and what it has done.
#[derive(Clone, Debug, Default)]
pub struct Script(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    /// How many of the next calls fail.
    failures: usize,
    /// How many of the next calls never end by themselves.
    hangs: usize,
    /// The requests of all calls.
    calls: Vec<u32>,
}

/// What a call shall do.
enum Answer {
    Now(Result<u32, Failure>),
    Never,
}

impl Script {
    /// Makes the next calls fail, `times` of them.
    pub fn fail(&self, times: usize) {
        self.0.lock().expect("no panic").failures = times;
    }

    /// Makes the next calls hang, `times` of them.
    pub fn hang(&self, times: usize) {
        self.0.lock().expect("no panic").hangs = times;
    }

    /// Returns how many calls there were.
    pub fn calls(&self) -> usize {
        self.0.lock().expect("no panic").calls.len()
    }

    /// Waits until there were `calls` calls.
    pub async fn begun(self, calls: usize) {
        while self.calls() < calls {
            yield_once().await;
        }
    }

    /// The answer to `n` is `n + 1`.
    fn answer(&self, n: u32) -> Answer {
        tracing::info!("asked {n}");
        let mut told = self.0.lock().expect("no panic");
        told.calls.push(n);
        if told.hangs > 0 {
            told.hangs -= 1;
            Answer::Never
        } else if told.failures > 0 {
            told.failures -= 1;
            Answer::Now(Err(Failure::Told))
        } else {
            Answer::Now(Ok(n + 1))
        }
    }
}

/// An operation of a blocking library.
pub fn sync_operation(
    script: &Script,
) -> impl SmartCall<Result<u32, Failure>, kind::Sync, (u32,), Work: Send> + Clone + Send + Sync + 'static
{
    let script = script.clone();
    kind::blocking(move |n: u32| match script.answer(n) {
        Answer::Now(answer) => answer,
        Answer::Never => {
            // Like code with a loop, it checks whether it was cancelled.
            while !offload::is_cancelled() {
                thread::yield_now();
            }
            Err(Failure::Told)
        }
    })
}

/// An operation of an async library, which waits in each call.
pub fn async_operation(
    script: &Script,
) -> impl SmartCall<Result<u32, Failure>, kind::Async, (u32,), Work: Send> + Clone + Send + Sync + 'static
{
    let script = script.clone();
    kind::asynchronous(move |n: u32| {
        let script = script.clone();
        async move {
            yield_once().await;
            match script.answer(n) {
                Answer::Now(answer) => answer,
                Answer::Never => std::future::pending().await,
            }
        }
    })
}

/// Waits once.
async fn yield_once() {
    let mut waited = false;
    std::future::poll_fn(|cx| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A clock that advances when something sleeps on it, without waiting, and when the test advances it.
#[derive(Clone, Debug, Default)]
pub struct TestClock(Arc<Mutex<Times>>);

#[derive(Debug, Default)]
struct Times {
    now: Duration,
    slept: Vec<Duration>,
}

impl TestClock {
    /// Advances the clock.
    pub fn pass(&self, time: Duration) {
        self.0.lock().expect("no panic").now += time;
    }

    /// Returns the durations of all sleeps since the last call.
    pub fn slept(&self) -> Vec<Duration> {
        mem::take(&mut self.0.lock().expect("no panic").slept)
    }
}

#[smart(send)]
impl Clock for TestClock {
    fn now(&self) -> Duration {
        self.0.lock().expect("no panic").now
    }

    async fn sleep(&self, time: Duration) {
        yield_once().await;
        let mut times = self.0.lock().expect("no panic");
        times.now += time;
        times.slept.push(time);
    }
}
