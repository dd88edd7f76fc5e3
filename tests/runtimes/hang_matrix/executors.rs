//! The executors of the hang matrix, behind one face.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use futures::channel::oneshot;
use futures::executor::{LocalPool, LocalSpawner, ThreadPool};
use futures::future::{BoxFuture, abortable};
use futures::task::{LocalSpawnExt, SpawnExt};
use smartcall::context;
use smartcall::{Dual, Executor, LocalExecutor};

pub(super) type Run = BoxFuture<'static, ()>;
pub(super) type Scenario = fn(Ex) -> Run;

/// Ends a task's handle: by cancelling the task, or not.
pub(super) type End = Box<dyn FnOnce(Cancel) + Send>;

pub(super) enum Cancel {
    Yes,
    No,
}

/// An executor, as the scenarios see it.
#[derive(Clone)]
pub(super) struct Ex {
    name: &'static str,
    pub(super) workers: usize,
    spawn: Arc<dyn Fn(Run) -> End + Send + Sync>,
    pub(super) shim: Option<Arc<Executor>>,
}

impl Ex {
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, T> {
        let (sender, receiver) = oneshot::channel();
        let task = async move { drop(sender.send(future.await)) };
        (self.spawn)(Box::pin(task))(Cancel::No);
        Box::pin(async { receiver.await.expect("the task ends") })
    }

    /// Spawns a task that can be cancelled.
    pub(super) fn spawn_to_cancel(&self, future: impl Future<Output = ()> + Send + 'static) -> End {
        (self.spawn)(Box::pin(future))
    }

    pub(super) fn is_tokio(&self) -> bool {
        self.name.starts_with("tokio")
    }
}

thread_local! {
    /// The executors of one thread, whose handles can't leave it.
    static LOCAL_EXECUTOR: OnceCell<Rc<LocalExecutor>> = const { OnceCell::new() };
    static LOCAL_POOL: OnceCell<LocalSpawner> = const { OnceCell::new() };
}

/// Runs a scenario as the root of an executor.
pub(super) fn run(name: &'static str, workers: usize, scenario: Scenario) {
    let ex = |spawn: Arc<dyn Fn(Run) -> End + Send + Sync>| Ex {
        name,
        workers,
        spawn,
        shim: None,
    };
    match name {
        "shim" => {
            let shim = Arc::new(Executor::builder().threads(workers).build());
            let spawner = Arc::clone(&shim);
            let ex = Ex {
                shim: Some(Arc::clone(&shim)),
                ..ex(Arc::new(move |run| {
                    let task = spawner.spawn(run);
                    Box::new(|cancel| match cancel {
                        Cancel::Yes => drop(task),
                        Cancel::No => task.detach(),
                    })
                }))
            };
            shim.block_on(scenario(ex));
        }
        "LocalExecutor" => {
            let local = Rc::new(LocalExecutor::new());
            LOCAL_EXECUTOR.with(|cell| cell.set(Rc::clone(&local)).expect("it is new"));
            let ex = ex(Arc::new(|run| {
                let task = LOCAL_EXECUTOR.with(|cell| cell.get().expect(OTHER_THREAD).spawn(run));
                Box::new(|cancel| match cancel {
                    Cancel::Yes => drop(task),
                    Cancel::No => task.detach(),
                })
            }));
            local.block_on(scenario(ex));
        }
        "tokio" => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(workers)
                // Each worker that blocks takes one, and at the default of 512 tokio has no
                // more of them: a 513th get would hang.
                .max_blocking_threads(4096)
                .enable_all()
                .build()
                .expect("it starts");
            let handle = runtime.handle().clone();
            let ex = ex(Arc::new(move |run| abort(handle.spawn(run))));
            runtime.block_on(scenario(ex));
        }
        "tokio, one thread" => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .max_blocking_threads(4096)
                .enable_all()
                .build()
                .expect("it starts");
            let ex = ex(Arc::new(|run| abort(tokio::task::spawn_local(run))));
            tokio::task::LocalSet::new().block_on(&runtime, scenario(ex));
        }
        "smol" => smol::block_on(scenario(ex(Arc::new(|run| cancel(smol::spawn(run)))))),
        "smol+" => smol::block_on(context::inside(scenario(ex(Arc::new(|run| {
            cancel(smol::spawn(context::inside(run)))
        }))))),
        "ThreadPool" => {
            let pool = ThreadPool::builder()
                .pool_size(workers)
                .create()
                .expect("it starts");
            let spawner = pool.clone();
            let ex = ex(Arc::new(move |run| {
                let handle = spawner.spawn_with_handle(run).expect("it runs");
                Box::new(|cancel| match cancel {
                    Cancel::Yes => drop(handle),
                    Cancel::No => handle.forget(),
                })
            }));
            futures::executor::block_on(scenario(ex));
        }
        "LocalPool" => {
            let mut pool = LocalPool::new();
            LOCAL_POOL.with(|cell| cell.set(pool.spawner()).expect("it is new"));
            let ex = ex(Arc::new(|run| {
                let handle = LOCAL_POOL.with(|cell| {
                    let spawner = cell.get().expect(OTHER_THREAD);
                    spawner.spawn_local_with_handle(run).expect("it runs")
                });
                Box::new(|cancel| match cancel {
                    Cancel::Yes => drop(handle),
                    Cancel::No => handle.forget(),
                })
            }));
            pool.run_until(scenario(ex));
        }
        "pollster" => {
            let ex = ex(Arc::new(|run| on_a_thread(run, pollster::block_on)));
            pollster::block_on(scenario(ex));
        }
        "pollster+" => {
            let ex = ex(Arc::new(|run| {
                on_a_thread(run, |run| pollster::block_on(context::inside(run)))
            }));
            pollster::block_on(context::inside(scenario(ex)));
        }
        "thread" => {
            let ex = ex(Arc::new(|run| {
                on_a_thread(run, |run| Dual::future(run).get())
            }));
            Dual::future(scenario(ex)).get();
        }
        name => panic!("there is no executor {name}"),
    }
}

const OTHER_THREAD: &str = "only the executor's thread can spawn";

fn abort(task: tokio::task::JoinHandle<()>) -> End {
    Box::new(move |cancel| match cancel {
        Cancel::Yes => task.abort(),
        Cancel::No => drop(task),
    })
}

fn cancel(task: smol::Task<()>) -> End {
    Box::new(|cancel| match cancel {
        Cancel::Yes => drop(task),
        Cancel::No => task.detach(),
    })
}

/// Runs a task on a thread of its own.
fn on_a_thread(run: Run, block_on: fn(Run)) -> End {
    let (run, handle) = abortable(run);
    thread::spawn(move || block_on(Box::pin(async { run.await.unwrap_or(()) })));
    Box::new(move |cancel| match cancel {
        Cancel::Yes => handle.abort(),
        Cancel::No => drop(handle),
    })
}
