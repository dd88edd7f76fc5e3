//! Runtimes of tokio with few threads, with a `LocalSet`, and within each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures::channel::oneshot;
use futures::future::join_all;
use futures_lite::future::yield_now;
use smartcall::{Dual, context};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use super::generator::Call;
use super::ledger::Env;
use super::model::DROPPED;
use super::sites::block;
use super::tally::Extra;
use super::{places, pools, resolve};

/// Runs one of the scenarios on a thread of its own, unless this one must not wait.
pub fn run(variant: usize, call: &Call, env: &Env) {
    if pools::is_held() || context::can_block().is_err() {
        return;
    }
    env.run.tally.extra(Extra::Runtimes);
    let _here = places::enter(&env.run, call.id, "a runtime of its own");
    let (done, is_done) = oneshot::channel();
    let run = Arc::clone(&env.run);
    let code = move || {
        let failure = match variant % 3 {
            0 => few_blocking_threads(variant / 3 % 3 + 1),
            1 => local_set(),
            _ => entered(),
        };
        if let Some(failure) = failure {
            run.fail(failure.into());
        }
        drop(run);
        // Who waits for it may be gone.
        let _ = done.send(());
    };
    let thread = thread::Builder::new().name("torture-runtime".into());
    thread.spawn(code).expect("a thread starts");
    let comes = async move {
        is_done.await.expect("it does not panic");
        DROPPED
    };
    resolve::get(call.id, env, Dual::future(comes));
}

fn multi_thread(blocking: usize) -> Runtime {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(blocking)
        .build();
    runtime.expect("a runtime starts")
}

fn current_thread() -> Runtime {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime starts")
}

/// As many gets at once as the runtime has threads for.
fn few_blocking_threads(gets: usize) -> Option<&'static str> {
    let runtime = multi_thread(gets);
    let come = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..gets)
        .map(|_| {
            let come = Arc::clone(&come);
            runtime.spawn(async move {
                block(|| {
                    Dual::future(async move {
                        come.fetch_add(1, Ordering::Relaxed);
                        while come.load(Ordering::Relaxed) < gets {
                            yield_now().await;
                        }
                    })
                    .get();
                });
            })
        })
        .collect();
    let results = runtime.block_on(join_all(tasks));
    let fails = results.iter().any(Result::is_err);
    fails.then_some("a get fails that a runtime has a thread for")
}

/// A get in a task of a `LocalSet`, which is refused.
fn local_set() -> Option<&'static str> {
    if !cfg!(feature = "tokio") {
        return None;
    }
    let runtime = multi_thread(1);
    let local = LocalSet::new();
    let is_refused = local.block_on(&runtime, async {
        let task = tokio::task::spawn_local(async {
            match Dual::future(async { 5 }).try_get() {
                Ok(_) => false,
                Err(refused) => refused.into_handle().await == 5,
            }
        });
        task.await.unwrap_or(false)
    });
    (!is_refused).then_some("a get in a task of a `LocalSet` is not refused")
}

/// Gets where the runtime that is entered is not that of the thread.
fn entered() -> Option<&'static str> {
    if !cfg!(feature = "tokio") {
        return None;
    }
    let (multi, current) = (multi_thread(2), current_thread());
    let gets = multi.block_on(async {
        let handle = current.handle().clone();
        let task = tokio::spawn(async move {
            let _entered = handle.enter();
            Dual::future(async { 5 }).get()
        });
        task.await.unwrap_or(0)
    });
    (gets != 5).then_some("a worker that has entered another runtime is refused")
}
