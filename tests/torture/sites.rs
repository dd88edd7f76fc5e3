//! The executors that programs run on, and what they spawn.

use std::cell::Cell;
use std::future::{self};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::{Mutex, OnceLock, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use smartcall::{Dual, Executor, Task, Work};
use tokio::runtime::{self, Runtime};

use super::generator::Site;
use super::ledger::Value;
use super::park_loop::park_loop;
use super::pools::Pools;

thread_local! {
    /// Whether this thread's outermost driver has nothing but the park token to go by.
    static TOKEN_ONLY: Cell<bool> = const { Cell::new(false) };

    /// Whether only the program itself waits for this thread, once tokio is told.
    static DEDICATED: Cell<bool> = const { Cell::new(false) };
}

/// The executors and pools of a batch of programs.
pub struct Sites {
    pub shim: Executor,
    pub tokio: Runtime,
    pub pools: Pools,
    echo: Echo,
    /// Locks that are held across gets. They protect an even number.
    pub locks: [Mutex<u64>; 2],
    /// Cells whose values are waited for, once each.
    pub cells: [OnceLock<u64>; 32],
}

impl Sites {
    pub fn new(workers: usize) -> Self {
        let tokio = runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name("torture-tokio")
            .on_thread_start(|| DEDICATED.set(true))
            .build();
        Sites {
            shim: Executor::builder().threads(workers).name("torture").build(),
            tokio: tokio.expect("a runtime starts"),
            pools: Pools::new(),
            echo: Echo::new(),
            locks: Default::default(),
            cells: Default::default(),
        }
    }

    /// Waits for the answer of another thread.
    pub async fn echo(&self) {
        let answer = self.ask();
        answer.await.expect("each question is answered");
    }

    /// Asks another thread for an answer.
    pub fn ask(&self) -> oneshot::Receiver<()> {
        let (answer, answered) = oneshot::channel();
        self.echo.ask(move || {
            // The thread that asked may be gone.
            let _ = answer.send(());
        });
        answered
    }

    /// Waits for the answer of another thread by parking this one, if no token is lost by
    /// that. Returns whether it did.
    ///
    /// Under a driver that has the token alone a wake-up is lost with any token that is taken in a poll: that
    /// is between the driver and the code that parks.
    pub fn echo_here(&self) -> bool {
        if TOKEN_ONLY.get() {
            thread::sleep(Duration::from_micros(20));
            return false;
        }
        let (answer, answered) = mpsc::channel();
        self.echo.ask(move || {
            // The thread that asked may be gone.
            let _ = answer.send(());
        });
        answered.recv().expect("each question is answered");
        true
    }

    /// Spawns a handle.
    pub fn spawn<W>(&self, site: Site, dual: Dual<Value, W>) -> Spawned
    where
        W: Work<Output = Value> + Send + 'static,
    {
        match site {
            Site::Shim => Spawned::Shim(self.shim.spawn(dual)),
            Site::Tokio => Spawned::Tokio(self.tokio.spawn(dual)),
            Site::Threads => Spawned::Thread(ThreadTask::spawn(dual)),
        }
    }
}

/// A thread that answers, sooner or later.
struct Echo {
    /// `None` once it is to end.
    questions: Option<mpsc::Sender<Question>>,
    thread: Option<JoinHandle<()>>,
}

type Question = Box<dyn FnOnce() + Send>;

impl Echo {
    fn new() -> Self {
        let (questions, asked) = mpsc::channel::<Question>();
        let answer_all = move || {
            for (i, answer) in asked.into_iter().enumerate() {
                // Some answers are there before the asker has parked, some are not.
                match i % 4 {
                    0 => {}
                    1 => thread::yield_now(),
                    2 => thread::sleep(Duration::from_micros(1)),
                    _ => thread::sleep(Duration::from_micros(60)),
                }
                answer();
            }
        };
        let thread = thread::Builder::new().name("torture-echo".into());
        Echo {
            questions: Some(questions),
            thread: Some(thread.spawn(answer_all).expect("a thread starts")),
        }
    }

    fn ask(&self, answer: impl FnOnce() + Send + 'static) {
        let questions = self.questions.as_ref().expect("it is not dropped");
        questions.send(Box::new(answer)).expect("it listens");
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}

/// A task of some site.
pub enum Spawned {
    Shim(Task<Value>),
    Tokio(tokio::task::JoinHandle<Value>),
    Thread(ThreadTask),
}

impl Spawned {
    /// Waits for the task's value, with its panic.
    pub async fn value(self) -> Value {
        match self {
            Spawned::Shim(task) => task.await,
            Spawned::Tokio(task) => match task.await {
                Ok(value) => value,
                Err(error) => panic::resume_unwind(error.into_panic()),
            },
            Spawned::Thread(task) => task.value().await,
        }
    }

    pub fn detach(self) {
        match self {
            Spawned::Shim(task) => task.detach(),
            Spawned::Tokio(task) => drop(task),
            Spawned::Thread(task) => task.detach(),
        }
    }

    pub fn cancel(self) {
        match self {
            Spawned::Shim(task) => drop(task),
            Spawned::Tokio(task) => task.abort(),
            Spawned::Thread(task) => drop(task),
        }
    }
}

/// A handle that is got by a thread of its own, and dropped there when this is.
pub struct ThreadTask {
    value: oneshot::Receiver<thread::Result<Value>>,
    /// Tells the thread by a message to run on, and by being dropped to stop.
    run_on: oneshot::Sender<()>,
}

impl ThreadTask {
    fn spawn<W>(dual: Dual<Value, W>) -> Self
    where
        W: Work<Output = Value> + Send + 'static,
    {
        let (send, value) = oneshot::channel();
        let (run_on, told) = oneshot::channel();
        let code = move || {
            DEDICATED.set(true);
            let result = panic::catch_unwind(AssertUnwindSafe(|| get_unless(dual, told)));
            if let Some(result) = result.transpose() {
                // The receiver may be gone.
                drop(send.send(result));
            }
        };
        let thread = thread::Builder::new().name("torture-thread".into());
        thread.spawn(code).expect("a thread starts");
        ThreadTask { value, run_on }
    }

    async fn value(self) -> Value {
        // Until then the thread is not told to stop.
        let _run_on = self.run_on;
        let result = self.value.await.expect("it is not cancelled");
        result.unwrap_or_else(|payload| panic::resume_unwind(payload))
    }

    fn detach(self) {
        // It may have ended.
        let _ = self.run_on.send(());
    }
}

/// Gets a handle, unless it is told to stop first.
fn get_unless<W>(dual: Dual<Value, W>, run_on: oneshot::Receiver<()>) -> Option<Value>
where
    W: Work<Output = Value>,
{
    let get = async {
        let stopped = pin!(async {
            if run_on.await.is_ok() {
                future::pending().await
            }
        });
        match select(pin!(dual), stopped).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(((), _)) => None,
        }
    };
    Dual::future(get).get()
}

/// Blocks this thread by some code. tokio is told of it, unless the crate does that.
pub fn block<R>(code: impl FnOnce() -> R) -> R {
    let known = cfg!(feature = "tokio");
    if !known && runtime::Handle::try_current().is_ok() {
        return tokio::task::block_in_place(code);
    }
    code()
}

/// Blocks this thread by some code in a `blocking_region`, if it is one where blocking is fine.
/// Returns whether it was.
pub fn block_in_region<R>(code: impl FnOnce() -> R) -> (R, bool) {
    if DEDICATED.get() {
        let region = || smartcall::context::blocking_region(code);
        return (tokio::task::block_in_place(region), true);
    }
    (block(code), false)
}

/// Runs a handle on the current thread as a program's outermost one, in one of all `WAYS`.
pub fn run<W>(sites: &Sites, way: usize, dual: Dual<Value, W>) -> u64
where
    W: Work<Output = Value> + Send + 'static,
{
    let value = match way {
        0 => sites.shim.spawn(dual).get(),
        1 => sites.shim.block_on(dual),
        2 => sites.shim.block_on(sites.shim.spawn(dual)),
        3 => sites.tokio.block_on(sites.spawn(Site::Tokio, dual).value()),
        4 => sites.tokio.block_on(dual),
        _ => return run_on_thread(way, dual),
    };
    value.number()
}

/// The ways of a site, by their numbers among all.
pub fn ways(site: Site) -> &'static [usize] {
    match site {
        Site::Shim => &[0, 1, 2],
        Site::Tokio => &[3, 4],
        // Those twice that park by the token, most of all the one with nothing else to go by: most is lost under them.
        Site::Threads => &[5, 6, 7, 8, 8, 9, 9, 10, 11],
    }
}

fn run_on_thread<W>(way: usize, dual: Dual<Value, W>) -> u64
where
    W: Work<Output = Value> + Send + 'static,
{
    let _dedicated = Flag::raise(&DEDICATED);
    let value = match way {
        5 => dual.get(),
        6 => match dual.try_get() {
            Ok(value) => value,
            Err(refused) => panic!("{refused}"),
        },
        7 => return dual.boxed().number(),
        8 => pollster::block_on(dual),
        9 => token_only(|| park_loop(dual)),
        10 => futures_lite::future::block_on(dual),
        _ => async_io::block_on(dual),
    };
    value.number()
}

fn token_only<R>(code: impl FnOnce() -> R) -> R {
    let _token_only = Flag::raise(&TOKEN_ONLY);
    code()
}

/// Puts a flag down when dropped.
#[must_use = "the flag is put down as soon as the guard is dropped"]
struct Flag(&'static thread::LocalKey<Cell<bool>>);

impl Flag {
    fn raise(flag: &'static thread::LocalKey<Cell<bool>>) -> Self {
        flag.set(true);
        Flag(flag)
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
