//! The executors, and how each of them runs a task.

use std::cell::RefCell;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use embassy_executor::raw::TaskStorage;
use futures::channel::oneshot;
use futures::executor::{LocalPool, ThreadPool};
use futures::future::{BoxFuture, FutureExt};
use futures::task::LocalSpawnExt;
use tokio::runtime::{self, Runtime};
use tokio::task::LocalSet;

use crate::behaviours::Body;
use crate::probe;
use crate::promises::{Class, Outcome};

/// An executor.
pub struct Executor {
    /// The name.
    pub name: &'static str,
    /// How smartcall sees the executor.
    pub class: Class,
    /// Whether it has tasks, or only drives one future.
    pub has_tasks: bool,
    /// Runs a behaviour in a task. An error is the reason why this system can't.
    pub run: fn(Body) -> Result<Outcome, String>,
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Executor").field(&self.name).finish()
    }
}

/// The classes of tokio with two workers, and with one thread.
const TOKIO: (Class, Class) = match cfg!(feature = "recognise") {
    true => (Class::SeenHost, Class::SeenAlone),
    false => (Class::Stranger, Class::Stranger),
};

/// The class of the executors of the `futures` crate.
const FUTURES: Class = match cfg!(feature = "recognise") {
    true => Class::SeenAlone,
    false => Class::Stranger,
};

/// The executors. Those with several threads have two, if that can be set.
#[rustfmt::skip]
pub const EXECUTORS: &[Executor] = &[
    Executor { name: "Executor",             class: Class::Host,     has_tasks: true,  run: shim },
    Executor { name: "LocalExecutor",        class: Class::Alone,    has_tasks: true,  run: local_shim },
    Executor { name: "tokio-multi-thread",   class: TOKIO.0,         has_tasks: true,  run: tokio_multi_thread },
    Executor { name: "tokio-current-thread", class: TOKIO.1,         has_tasks: true,  run: tokio_current_thread },
    Executor { name: "tokio-LocalSet",       class: TOKIO.1,         has_tasks: true,  run: tokio_local_set },
    Executor { name: "smol",                 class: Class::Stranger, has_tasks: true,  run: smol },
    Executor { name: "async-std",            class: Class::Stranger, has_tasks: true,  run: async_std },
    Executor { name: "LocalPool",            class: FUTURES,         has_tasks: true,  run: local_pool },
    Executor { name: "ThreadPool",           class: FUTURES,         has_tasks: true,  run: thread_pool },
    Executor { name: "pollster",             class: Class::Stranger, has_tasks: false, run: pollster },
    Executor { name: "embassy",              class: Class::Stranger, has_tasks: true,  run: embassy },
    Executor { name: "monoio-epoll",         class: Class::Stranger, has_tasks: true,  run: monoio_epoll },
    Executor { name: "monoio-io_uring",      class: Class::Stranger, has_tasks: true,  run: monoio_io_uring },
    Executor { name: "glommio",              class: Class::Stranger, has_tasks: true,  run: glommio },
];

/// Spawns a task on the executor of the behaviour, and detaches it.
pub type Spawn = Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>;

/// Makes a behaviour into a future that never panics.
fn whole(body: Body, spawn: Option<Spawn>) -> BoxFuture<'static, Outcome> {
    let run = async move {
        match (body, spawn) {
            (Body::Alone(run), _) => run().await,
            (Body::Tasks(run), Some(spawn)) => run(spawn).await,
            (Body::Tasks(_), None) => Outcome::Wrong("there are no tasks".into()),
        }
    };
    let run = AssertUnwindSafe(run).catch_unwind();
    run.map(|ran| {
        ran.unwrap_or_else(|panic| Outcome::Wrong(format!("panicked: {}", probe::words(&*panic))))
    })
    .boxed()
}

/// Spawns a behaviour as a task of its own, and waits for it.
///
/// It is called where the executor is running already.
async fn play<S>(body: Body, spawn: S) -> Outcome
where
    S: Fn(BoxFuture<'static, ()>) + Send + Sync + 'static,
{
    let spawn: Spawn = Arc::new(spawn);
    let (tell, told) = oneshot::channel();
    let task = whole(body, Some(Arc::clone(&spawn)));
    spawn(Box::pin(async move {
        // The receiver is gone if the behaviour took too long.
        let _ = tell.send(task.await);
    }));
    told.await
        .unwrap_or_else(|_| Outcome::Wrong("the executor dropped the task".into()))
}

thread_local! {
    /// Spawns a task on this thread, for an executor whose handles must not leave it.
    static LOCAL: RefCell<Option<LocalSpawn>> = const { RefCell::new(None) };
}

type LocalSpawn = Rc<dyn Fn(BoxFuture<'static, ()>)>;

/// Runs a behaviour on an executor whose handles must not leave their thread.
async fn play_locally(body: Body, spawn: impl Fn(BoxFuture<'static, ()>) + 'static) -> Outcome {
    LOCAL.set(Some(Rc::new(spawn)));
    let outcome = play(body, |task| {
        let spawn = LOCAL.with_borrow(Clone::clone);
        spawn.expect("it is spawned from a task of the executor's")(task);
    });
    let outcome = outcome.await;
    LOCAL.set(None);
    outcome
}

fn shim(body: Body) -> Result<Outcome, String> {
    let ex = Arc::new(smartcall::Executor::builder().threads(2).build());
    let spawner = Arc::downgrade(&ex);
    let outcome = play(body, move |task| {
        let ex = spawner.upgrade().expect("it runs the task that spawns");
        ex.spawn(task).detach();
    });
    Ok(ex.block_on(outcome))
}

fn local_shim(body: Body) -> Result<Outcome, String> {
    let ex = Rc::new(smartcall::LocalExecutor::new());
    let spawner = Rc::clone(&ex);
    let outcome = play_locally(body, move |task| spawner.spawn(task).detach());
    Ok(ex.block_on(outcome))
}

fn on_tokio(runtime: &Runtime, body: Body) -> Outcome {
    let handle = runtime.handle().clone();
    runtime.block_on(play(body, move |task| drop(handle.spawn(task))))
}

fn tokio_multi_thread(body: Body) -> Result<Outcome, String> {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    Ok(on_tokio(&runtime.expect("it starts"), body))
}

fn tokio_current_thread(body: Body) -> Result<Outcome, String> {
    let runtime = runtime::Builder::new_current_thread().build();
    Ok(on_tokio(&runtime.expect("it starts"), body))
}

fn tokio_local_set(body: Body) -> Result<Outcome, String> {
    let runtime = runtime::Builder::new_current_thread().build();
    let outcome = play(body, |task| drop(tokio::task::spawn_local(task)));
    Ok(LocalSet::new().block_on(&runtime.expect("it starts"), outcome))
}

fn smol(body: Body) -> Result<Outcome, String> {
    let ex = Arc::new(smol::Executor::new());
    // The executor's second thread ends with this one.
    let (_running, ended) = smol::channel::unbounded::<()>();
    let second = Arc::clone(&ex);
    thread::spawn(move || smol::block_on(second.run(ended.recv())));
    let spawner = Arc::clone(&ex);
    let outcome = play(body, move |task| spawner.spawn(task).detach());
    Ok(smol::block_on(ex.run(outcome)))
}

fn async_std(body: Body) -> Result<Outcome, String> {
    let outcome = play(body, |task| drop(async_std::task::spawn(task)));
    Ok(async_std::task::block_on(outcome))
}

fn local_pool(body: Body) -> Result<Outcome, String> {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let outcome = play_locally(body, move |task| {
        spawner.spawn_local(task).expect("the pool is there");
    });
    Ok(pool.run_until(outcome))
}

fn thread_pool(body: Body) -> Result<Outcome, String> {
    let pool = ThreadPool::builder()
        .pool_size(2)
        .create()
        .expect("it starts");
    let spawner = pool.clone();
    // No executor runs on this thread: it only waits.
    Ok(pollster::block_on(play(body, move |task| {
        spawner.spawn_ok(task)
    })))
}

fn pollster(body: Body) -> Result<Outcome, String> {
    Ok(pollster::block_on(whole(body, None)))
}

fn embassy(body: Body) -> Result<Outcome, String> {
    // The tasks are static, and so is the executor. A boxed future is a task that can be made at run time.
    type Task = BoxFuture<'static, ()>;
    fn storage() -> &'static TaskStorage<Task> {
        Box::leak(Box::new(TaskStorage::new()))
    }

    let (tell, mut told) = oneshot::channel();
    let mut outcome = None;
    let ex = Box::leak(Box::new(embassy_executor::Executor::new()));
    ex.run_until(
        |spawner| {
            let send = spawner.make_send();
            let root = play(body, move |task| {
                send.spawn(storage().spawn(|| task).expect("it is a new one"));
            });
            let root: Task = Box::pin(async move {
                let _ = tell.send(root.await);
            });
            spawner.spawn(storage().spawn(|| root).expect("it is a new one"));
        },
        || {
            outcome = told.try_recv().ok().flatten();
            outcome.is_some()
        },
    );
    outcome.ok_or_else(|| "it ended before its time".into())
}

fn on_monoio<D>(
    built: std::io::Result<monoio::Runtime<D>>,
    body: Body,
    name: &str,
) -> Result<Outcome, String>
where
    D: monoio::Driver,
{
    let mut runtime = built.map_err(|error| format!("the system has no {name}: {error}"))?;
    Ok(runtime.block_on(play(body, |task| drop(monoio::spawn(task)))))
}

fn monoio_epoll(body: Body) -> Result<Outcome, String> {
    let built = monoio::RuntimeBuilder::<monoio::LegacyDriver>::new().build();
    on_monoio(built, body, "epoll")
}

#[cfg(target_os = "linux")]
fn monoio_io_uring(body: Body) -> Result<Outcome, String> {
    let built = monoio::RuntimeBuilder::<monoio::IoUringDriver>::new().build();
    on_monoio(built, body, "io_uring for monoio")
}

#[cfg(target_os = "linux")]
fn glommio(body: Body) -> Result<Outcome, String> {
    let ex = glommio::LocalExecutorBuilder::default()
        .make()
        .map_err(|error| format!("glommio does not start here: {error}"))?;
    Ok(ex.run(play(body, |task| {
        glommio::spawn_local(task).detach();
    })))
}

#[cfg(not(target_os = "linux"))]
fn monoio_io_uring(_: Body) -> Result<Outcome, String> {
    Err("io_uring is Linux's".into())
}

#[cfg(not(target_os = "linux"))]
fn glommio(_: Body) -> Result<Outcome, String> {
    Err("glommio is for Linux".into())
}
