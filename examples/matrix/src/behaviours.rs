//! The behaviours: what a task does with handles, and what it observes.

use std::collections::HashSet;
use std::fmt;
use std::future::pending;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt, abortable, select};
use smartcall::context::{self, Host, Place};
use smartcall::offload::{self, Job, Limited, Pool, SingleThread};
use smartcall::{
    CannotBlock, Dual, DualOf, Executor, SmartCall, SmartCallMut, SmartFn, Work, join, kind, race,
    smart, try_join,
};

use crate::executors::Spawn;
use crate::probe::{blocks, derefs, elsewhere, gets, pending_once, place_of, words, works};
use crate::promises::{Ask, Outcome};

/// The body of a behaviour: a future that runs in a task.
#[derive(Clone, Copy)]
pub enum Body {
    /// It needs no other task.
    Alone(fn() -> BoxFuture<'static, Outcome>),
    /// It spawns others.
    Tasks(fn(Spawn) -> BoxFuture<'static, Outcome>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Body::Alone(_) => "Alone",
            Body::Tasks(_) => "Tasks",
        })
    }
}

/// A behaviour: its id, its subject, what it asks, and its body.
pub type Behaviour = (&'static str, &'static str, Ask, Body);

use Ask::{Derefs, Gets, GetsHere, GetsTask, Here, Place as Stands, Refused, Through, Works};
use Body::{Alone, Tasks};

/// The behaviours. An id is a short key, defined here alone: it names the row in the table and on
/// the command line.
#[rustfmt::skip]
pub const BEHAVIOURS: &[Behaviour] = &[
    // Awaited handles: where they run, and that nothing stalls.
    ("A2a",  "await async",              Here,      Alone(|| await_async().boxed())),
    ("A4a",  "await sync",               Ask::Pool, Alone(|| await_sync().boxed())),
    ("A2b",  "await in place",           Here,      Alone(|| await_in_place().boxed())),
    ("A2c",  "await a pair",             Here,      Alone(|| await_pair().boxed())),
    ("A4b",  "await boxed sync",         Ask::Pool, Alone(|| await_boxed().boxed())),
    ("A11a", "await; tasks go on",       Works,     Tasks(|spawn| tasks_go_on(spawn).boxed())),
    ("A11b", "await; a sibling goes on", Works,     Alone(|| sibling_goes_on().boxed())),
    ("A4c",  "await 100 sync at once",   Works,     Alone(|| hundred_at_once().boxed())),
    ("A5a",  "await retry of sync",      Ask::Pool, Alone(|| retry_of_sync().boxed())),
    ("A5b",  "await retry of async",     Here,      Alone(|| retry_of_async().boxed())),
    ("A5c",  "SmartFn in a struct",      Works,     Alone(|| smart_fn_in_a_struct().boxed())),
    ("A5d",  "middleware in middleware", Works,     Alone(|| middlewares().boxed())),
    ("A5e",  "callbacks in turn",        Works,     Alone(|| callbacks().boxed())),
    ("C1",   "async, sync, async, sync", Ask::Pool, Alone(|| sandwich().boxed())),
    // The handle.
    ("B1",   "lazy until resolved",      Works,     Alone(|| lazy().boxed())),
    ("B3",   "ready: await, get, deref", Works,     Alone(|| ready().boxed())),
    // In a task a deref panics even where a get works: an implicit wait is never intended there.
    ("B5",   "deref, then await",        Derefs,    Alone(|| deref().boxed())),
    ("B6a",  "made on another thread",   Works,     Alone(|| made_elsewhere().boxed())),
    ("B6b",  "spawned as a task",        Works,     Tasks(|spawn| spawned(spawn).boxed())),
    // `.get()` in a task.
    ("A12a", "get async, ready",         Gets,      Alone(|| get_ready_future().boxed())),
    ("A12b", "get sync",                 GetsHere,  Alone(|| get_sync().boxed())),
    ("A12c", "get in place",             Here,      Alone(|| get_in_place().boxed())),
    ("A12d", "get a pair",               Gets,      Alone(|| get_pair().boxed())),
    ("A12e", "get async, pending once",  Gets,      Alone(|| get_pending_once().boxed())),
    ("A12f", "get, woken by a thread",   Gets,      Alone(|| get_elsewhere().boxed())),
    ("A12g", "get, woken by a task",     GetsTask,  Tasks(|spawn| get_a_task(spawn).boxed())),
    ("C14",  "get in ten tasks at once", GetsTask,  Tasks(|spawn| get_in_ten(spawn).boxed())),
    ("C13",  "get in get",               Gets,      Alone(|| get_in_get().boxed())),
    ("C17a", "get two that meet",        Gets,      Alone(|| get_two_that_meet().boxed())),
    ("A12h", "get in awaited sync code", Through,   Tasks(|spawn| get_in_awaited(spawn).boxed())),
    ("A12i", "try_get, else await",      Gets,      Alone(|| try_get().boxed())),
    ("A12j", "get a task of another",    Gets,      Alone(|| get_a_task_of_another().boxed())),
    ("C19",  "Executor::block_on",       Gets,      Alone(|| block_on().boxed())),
    ("A12o", "context::can_block",       Gets,      Alone(|| can_block().boxed())),
    // Errors and panics.
    ("D3a",  "panic of async, awaited",  Works,     Alone(|| panic_of_async().boxed())),
    ("D3b",  "panic of sync, awaited",   Works,     Alone(|| panic_of_sync().boxed())),
    ("D3c",  "panic of sync, got",       Gets,      Alone(|| panic_got().boxed())),
    ("D1",   "errors keep their type",   Works,     Alone(|| errors().boxed())),
    // Cancelling.
    ("E2a",  "drop a handle; code told", Works,     Alone(|| dropped_handle().boxed())),
    ("E2b",  "drop a task; code told",   Works,     Tasks(|spawn| dropped_task(spawn).boxed())),
    // Several handles, and time.
    ("A4d",  "await two that meet",      Works,     Alone(|| await_two_that_meet().boxed())),
    ("J1",   "join, try_join, race",     Works,     Alone(|| several().boxed())),
    ("J2",   "map, then, and_then",      Works,     Alone(|| steps().boxed())),
    ("J3",   "await start",              Works,     Alone(|| await_started().boxed())),
    ("J4",   "get start",                Gets,      Alone(|| get_started().boxed())),
    ("J5",   "await a timeout of sync",  Works,     Alone(|| await_timeout().boxed())),
    ("C17b", "get a timeout of sync",    Gets,      Alone(|| get_a_timeout().boxed())),
    ("A4e",  "await a left part",        Works,     Alone(|| await_left().boxed())),
    ("C17c", "get a left part",          Gets,      Alone(|| get_left().boxed())),
    ("J6",   "get_timeout, then await",  Gets,      Alone(|| get_timeout().boxed())),
    ("J7",   "now_or_later",             Works,     Alone(|| now_or_later().boxed())),
    // The context of a task, and functions about it.
    ("A8a",  "context::current",         Stands,    Alone(|| stands().boxed())),
    ("A12k", "inside: get a task",       Refused,   Tasks(|spawn| inside_gets(spawn).boxed())),
    ("A12l", "inside: try_get, await",   Refused,   Alone(|| inside_tries().boxed())),
    ("A12m", "blocking_region: get",     Through,   Alone(|| region().boxed())),
    ("A12n", "hosted: get",              Through,   Alone(|| hosted_gets().boxed())),
    ("C5a",  "hosted: its pool",         Works,     Alone(|| hosted_pool().boxed())),
    ("A8b",  "current, under a get",     Gets,      Alone(|| driving().boxed())),
    ("A8c",  "current, in awaited sync", Works,     Alone(|| outside_on_the_pool().boxed())),
    ("A9",   "flag restored",            Works,     Alone(|| restored().boxed())),
    // Pools.
    ("C4",   "await on Limited(1)",      Works,     Alone(|| limited().boxed())),
    ("P1",   "await on SingleThread",    Ask::Pool, Alone(|| single_thread().boxed())),
    ("P2",   "get on SingleThread",      Gets,      Alone(|| get_on_single_thread().boxed())),
    ("C5b",  "await on one's own pool",  Works,     Alone(|| own_pool().boxed())),
    // `#[smart]`.
    ("S1",   "#[smart] async, awaited",  Here,      Alone(|| smart_async().boxed())),
    ("S2",   "#[smart] sync, awaited",   Ask::Pool, Alone(|| smart_sync().boxed())),
    ("S3",   "#[smart] calls #[smart]",  Gets,      Alone(|| smart_got().boxed())),
    ("S4",   "#[smart(boxed)] recurses", Works,     Alone(|| smart_boxed().boxed())),
];

fn id() -> ThreadId {
    thread::current().id()
}

// A ------------------------------------------------------------------------------------

async fn await_async() -> Outcome {
    let here = id();
    place_of(Dual::future(async { id() }).await, here)
}

async fn await_sync() -> Outcome {
    let here = id();
    place_of(Dual::blocking(id).await, here)
}

async fn await_in_place() -> Outcome {
    let here = id();
    place_of(Dual::in_place(id).await, here)
}

async fn await_pair() -> Outcome {
    let here = id();
    let pair = Dual::pair(5, |_| None, async |five| (five == 5).then(id));
    match pair.await {
        Some(body) => place_of(body, here),
        None => Outcome::Wrong("the sync path was taken".into()),
    }
}

async fn await_boxed() -> Outcome {
    let here = id();
    let boxed: Dual<ThreadId> = Dual::blocking(id).boxed();
    place_of(boxed.await, here)
}

/// As many sync parts as the executor has threads wait for this task. It can run only if none of them occupies a
/// thread of the executor.
async fn tasks_go_on(spawn: Spawn) -> Outcome {
    let parts = (0..2).map(|_| {
        let (begin, begun) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        let part = Dual::blocking(move || {
            begin.send(()).expect("somebody waits");
            told.recv()
        });
        spawn(Box::pin(async move {
            end.send(part.await).expect("somebody waits");
        }));
        (begun, tell, ended)
    });
    let parts: Vec<_> = parts.collect();
    let mut told = Vec::new();
    for (begun, tell, ended) in parts {
        if begun.await.is_err() {
            return Outcome::Wrong("a part was dropped".into());
        }
        told.push((tell, ended));
    }
    for (tell, ended) in told {
        let sent = tell.send(5);
        if sent.is_err() || ended.await != Ok(Ok(5)) {
            return Outcome::Wrong("a part has no value".into());
        }
    }
    Outcome::Works
}

async fn sibling_goes_on() -> Outcome {
    let (tell, told) = mpsc::channel();
    let waits = Dual::blocking(move || told.recv());
    let goes_on = Dual::future(async move {
        pending_once().await;
        tell.send(5)
    });
    works(
        join((waits, goes_on)).await == (Ok(5), Ok(())),
        "the values differ",
    )
}

async fn hundred_at_once() -> Outcome {
    let meeting = Arc::new(Barrier::new(100));
    let handles: Vec<_> = (0..100)
        .map(|n| {
            let meeting = Arc::clone(&meeting);
            Dual::blocking(move || {
                meeting.wait();
                n
            })
        })
        .collect();
    let values = join(handles).await;
    works(values == Vec::from_iter(0..100), "the values differ")
}

/// Calls an operation until it succeeds.
fn retry<T, E, K>(
    op: impl SmartCall<Result<T, E>, K>,
    attempts: u32,
) -> DualOf<impl Work<Output = Result<T, E>>> {
    Dual::future(async move {
        for _ in 1..attempts {
            if let Ok(value) = op.invoke().await {
                return Ok(value);
            }
        }
        op.invoke().await
    })
}

/// Succeeds on the third call.
fn third_time(calls: &AtomicUsize) -> Result<ThreadId, String> {
    match calls.fetch_add(1, Ordering::Relaxed) {
        2 => Ok(id()),
        _ => Err("not yet".into()),
    }
}

async fn retry_of_sync() -> Outcome {
    let here = id();
    let calls = Arc::new(AtomicUsize::new(0));
    match retry(move || third_time(&calls), 3).await {
        Ok(body) => place_of(body, here),
        Err(error) => Outcome::Wrong(error),
    }
}

async fn retry_of_async() -> Outcome {
    let here = id();
    let calls = Arc::new(AtomicUsize::new(0));
    let op = move || {
        let calls = Arc::clone(&calls);
        async move { third_time(&calls) }
    };
    match retry(op, 3).await {
        Ok(body) => place_of(body, here),
        Err(error) => Outcome::Wrong(error),
    }
}

/// A struct that stores operations of any kind.
struct Source {
    load: SmartFn<u32, (u32,)>,
}

async fn smart_fn_in_a_struct() -> Outcome {
    let sources = [
        Source {
            load: SmartFn::new(|n: u32| n + 1),
        },
        Source {
            load: SmartFn::new(async |n: u32| pending_once().await + n),
        },
    ];
    let mut sum = 0;
    for source in sources {
        sum += source.load.invoke_with((2,)).await;
    }
    works(sum == 10, "the sum differs")
}

/// Adds one to the value of a callable.
fn one_more<K>(
    op: impl SmartCall<u32, K, (), Work: Send> + Send + Sync + 'static,
) -> impl SmartCall<u32, kind::Async, Work: Send> + Send + Sync + 'static {
    move || op.invoke().map(|n| n + 1)
}

async fn middlewares() -> Outcome {
    let sync = one_more(one_more(|| 5)).invoke().await;
    let asynchronous = one_more(one_more(pending_once)).invoke().await;
    works((sync, asynchronous) == (7, 7), "the values differ")
}

/// Calls a callback for each of three numbers, which it borrows.
fn visit<K>(
    mut visitor: impl for<'a> SmartCallMut<(), K, (&'a u32,)>,
) -> DualOf<impl Work<Output = ()>> {
    Dual::future(async move {
        for n in [1, 2, 3] {
            visitor.invoke_mut_with((&n,)).await;
        }
    })
}

async fn callbacks() -> Outcome {
    let here = id();
    // A sync callback borrows and mutates, and stays on this thread.
    let mut seen = Vec::new();
    visit(|n: &u32| seen.push((*n, id()))).await;
    let sum = AtomicUsize::new(0);
    visit(async |n: &u32| {
        pending_once().await;
        sum.fetch_add(*n as usize, Ordering::Relaxed);
    })
    .await;
    works(
        seen == [(1, here), (2, here), (3, here)] && sum.into_inner() == 6,
        "the callbacks saw something else",
    )
}

async fn sandwich() -> Outcome {
    let here = id();
    let sync = || {
        // Under a `.get()` on the pool's thread.
        let inner = Dual::future(async {
            let deeper = Dual::future(async { Dual::blocking(id).await });
            (pending_once().await, deeper.await)
        });
        (id(), inner.get())
    };
    let (outer, (five, inner)) = Dual::future(async { Dual::blocking(sync).await }).await;
    if five != 5 || inner == here {
        return Outcome::Wrong("the inner part ran on the executor's thread".into());
    }
    place_of(outer, here)
}

// B ------------------------------------------------------------------------------------

async fn lazy() -> Outcome {
    let runs = Arc::new(AtomicUsize::new(0));
    let (sync, asynchronous) = (Arc::clone(&runs), Arc::clone(&runs));
    let handles = (
        Dual::blocking(move || sync.fetch_add(1, Ordering::Relaxed)),
        Dual::future(async move { asynchronous.fetch_add(1, Ordering::Relaxed) }),
    );
    pending_once().await;
    drop(handles);
    works(
        runs.load(Ordering::Relaxed) == 0 && Arc::strong_count(&runs) == 1,
        "a body has run",
    )
}

async fn ready() -> Outcome {
    let got = blocks(|| Dual::ready(5).get() + *Dual::ready(5).boxed());
    let awaited = Dual::ready(5).await;
    works(got == Ok(10) && awaited == 5, "a ready value was refused")
}

async fn deref() -> Outcome {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let handle = Dual::future(async move {
        count.fetch_add(1, Ordering::Relaxed);
        "abc".to_string()
    });
    let handle = handle.boxed();
    let outcome = derefs(3, || handle.len());
    // A body whose deref panicked has not run before. One whose deref worked keeps the value.
    match (handle.await.as_str(), runs.load(Ordering::Relaxed)) {
        ("abc", 1) => outcome,
        (value, runs) => Outcome::Wrong(format!("gave {value:?} in {runs} runs")),
    }
}

async fn made_elsewhere() -> Outcome {
    let made = thread::spawn(|| (Dual::blocking(|| 5), Dual::future(elsewhere())));
    let (sync, asynchronous) = made.join().expect("it makes two handles");
    works(sync.await + asynchronous.await == 10, "the values differ")
}

async fn spawned(spawn: Spawn) -> Outcome {
    let (tell, told) = oneshot::channel();
    let handle = Dual::blocking(|| 5).map(|five| tell.send(five).is_ok());
    spawn(Box::pin(handle.map(|_| ())));
    works(told.await == Ok(5), "no value has come")
}

// C ------------------------------------------------------------------------------------

async fn get_ready_future() -> Outcome {
    gets(5, || Dual::future(async { 5 }).get())
}

async fn get_sync() -> Outcome {
    let here = id();
    blocks(|| Dual::blocking(id).get()).map_or_else(|other| other, |body| place_of(body, here))
}

async fn get_in_place() -> Outcome {
    let here = id();
    blocks(|| Dual::in_place(id).get()).map_or_else(|other| other, |body| place_of(body, here))
}

async fn get_pair() -> Outcome {
    gets("sync", || {
        Dual::pair((), |()| "sync", async |()| "async").get()
    })
}

async fn get_pending_once() -> Outcome {
    gets(5, || Dual::future(pending_once()).get())
}

async fn get_elsewhere() -> Outcome {
    gets(5, || Dual::future(elsewhere()).get())
}

/// Spawns a task, and gets the value that it sends.
fn get_what_a_task_sends(spawn: &Spawn) -> Outcome {
    let (tell, told) = oneshot::channel();
    spawn(Box::pin(async move {
        // Some executors poll a new task at once, so it needs a second poll.
        let five = pending_once().await;
        // If the get panicked, the receiver is gone.
        let _ = tell.send(five);
    }));
    gets(Ok(5), || Dual::future(told).get())
}

async fn get_a_task(spawn: Spawn) -> Outcome {
    get_what_a_task_sends(&spawn)
}

async fn get_in_ten(spawn: Spawn) -> Outcome {
    let (tell, told) = mpsc::channel();
    for _ in 0..10 {
        let (inner, tell) = (Arc::clone(&spawn), tell.clone());
        spawn(Box::pin(async move {
            let _ = tell.send(get_what_a_task_sends(&inner));
        }));
    }
    drop(tell);
    let outcomes = Dual::blocking(move || told.iter().collect::<Vec<_>>()).await;
    let first = outcomes[0].clone();
    match outcomes.len() == 10 && outcomes.iter().all(|outcome| *outcome == first) {
        true => first,
        false => Outcome::Wrong(format!("{outcomes:?}")),
    }
}

async fn get_in_get() -> Outcome {
    gets(10, || {
        Dual::future(async { pending_once().await + Dual::future(elsewhere()).get() }).get()
    })
}

/// Two sync parts, each of which ends only once the other has begun.
fn two_that_meet() -> DualOf<impl Work<Output = (u32, u32)>> {
    let meeting = Arc::new(Barrier::new(2));
    let part = |n| {
        let meeting = Arc::clone(&meeting);
        Dual::blocking(move || {
            meeting.wait();
            n
        })
    };
    join((part(2), part(3)))
}

async fn get_two_that_meet() -> Outcome {
    gets((2, 3), || two_that_meet().get())
}

async fn get_in_awaited(spawn: Spawn) -> Outcome {
    let (tell, told) = oneshot::channel();
    spawn(Box::pin(async move {
        let _ = tell.send(pending_once().await);
    }));
    Dual::blocking(move || gets(Ok(5), || Dual::future(told).get())).await
}

/// Awaits the returned handle, which still works.
async fn await_refused<D>(refused: CannotBlock<D>) -> Outcome
where
    D: Future<Output = u32>,
{
    if !refused.to_string().starts_with("cannot block here: ") {
        return Outcome::Wrong(refused.to_string());
    }
    match refused.into_handle().await {
        5 => Outcome::Refused,
        other => Outcome::Wrong(format!("gave {other}")),
    }
}

async fn try_get() -> Outcome {
    match Dual::future(elsewhere()).try_get() {
        Ok(5) => Outcome::Through,
        Ok(other) => Outcome::Wrong(format!("gave {other}")),
        Err(refused) => await_refused(refused).await,
    }
}

async fn can_block() -> Outcome {
    match context::can_block() {
        Ok(()) => Outcome::Through,
        Err(refused) if refused.to_string().starts_with("cannot block here: ") => Outcome::Refused,
        Err(refused) => Outcome::Wrong(refused.to_string()),
    }
}

async fn get_a_task_of_another() -> Outcome {
    let another = Executor::builder().threads(1).build();
    let task = another.spawn(elsewhere());
    gets(5, || task.get())
}

async fn block_on() -> Outcome {
    let another = Executor::builder().threads(1).build();
    gets(5, || another.block_on(elsewhere()))
}

// D ------------------------------------------------------------------------------------

/// Panics without a message on the terminal.
fn fail() -> u32 {
    panic::resume_unwind(Box::new("the body's own words"))
}

/// Checks that a handle panics with the body's text, and that sync code works afterwards.
async fn panics<W: Work<Output = u32>>(handle: DualOf<W>) -> Outcome {
    let said = AssertUnwindSafe(handle).catch_unwind().await;
    let said = said.map_err(|panic| words(&*panic));
    let after = Dual::blocking(|| 5).await;
    works(
        said == Err("the body's own words".into()) && after == 5,
        "the words differ",
    )
}

async fn panic_of_async() -> Outcome {
    panics(Dual::future(async { pending_once().await + fail() })).await
}

async fn panic_of_sync() -> Outcome {
    panics(Dual::blocking(fail)).await
}

async fn panic_got() -> Outcome {
    match blocks(|| Dual::blocking(fail).get()) {
        Err(Outcome::Wrong(said)) if said == "panicked: the body's own words" => Outcome::Through,
        Err(outcome) => outcome,
        Ok(value) => Outcome::Wrong(format!("gave {value}")),
    }
}

async fn errors() -> Outcome {
    let sync = Dual::blocking(|| "five".parse::<u32>()).await;
    let asynchronous = retry(async || "five".parse::<u32>(), 2).await;
    works(
        sync.is_err() && sync == asynchronous && sync == "five".parse(),
        "the errors differ",
    )
}

// E ------------------------------------------------------------------------------------

/// Returns sync code that runs until it is cancelled, and receivers for its begin and for its end.
fn goes_on() -> (
    DualOf<impl Work<Output = ()> + Send + use<>>,
    oneshot::Receiver<()>,
    oneshot::Receiver<()>,
) {
    let (begin, begun) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    let code = move || {
        begin.send(()).expect("somebody waits");
        while !offload::is_cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
        tell.send(()).expect("somebody waits");
    };
    (Dual::blocking(code), begun, told)
}

async fn dropped_handle() -> Outcome {
    let (handle, begun, told) = goes_on();
    // The code begins at its first poll.
    drop(select(Box::pin(handle), begun).await);
    works(told.await.is_ok(), "the code was not told")
}

async fn dropped_task(spawn: Spawn) -> Outcome {
    let (handle, begun, told) = goes_on();
    let (task, abort) = abortable(handle);
    spawn(task.map(|_| ()).boxed());
    let begun = begun.await;
    abort.abort();
    works(begun.is_ok() && told.await.is_ok(), "the code was not told")
}

// F ------------------------------------------------------------------------------------

async fn await_two_that_meet() -> Outcome {
    works(two_that_meet().await == (2, 3), "the values differ")
}

/// An error.
#[derive(Debug, PartialEq)]
struct Late;

async fn several() -> Outcome {
    let joined = join((Dual::blocking(|| 2), Dual::future(elsewhere()))).await;
    let failed = try_join((
        Dual::future(pending::<Result<u32, Late>>()),
        Dual::blocking(|| Err::<u32, _>(Late)),
    ));
    let failed = failed.await;
    let first = race((Dual::future(pending()), Dual::blocking(|| 3))).await;
    works(
        (joined, failed, first) == ((2, 5), Err(Late), 3),
        "the values differ",
    )
}

async fn steps() -> Outcome {
    let steps = Dual::blocking(|| "5".to_string())
        .then(|text| text.parse::<u32>())
        .and_then(async |n| Ok(n + pending_once().await))
        .map_ok(|n| n + 1)
        .then(|result| Dual::ready(result.unwrap_or(0) * 2))
        .map(|n| n + 1);
    works(steps.await == 23, "the value differs")
}

async fn await_started() -> Outcome {
    let meeting = Arc::new(Barrier::new(3));
    let started: Vec<_> = (0..3)
        .map(|n| {
            let meeting = Arc::clone(&meeting);
            let code = move || {
                meeting.wait();
                n
            };
            Dual::blocking(code).start()
        })
        .collect();
    let mut sum = 0;
    for handle in started {
        sum += handle.await;
    }
    works(sum == 3, "the sum differs")
}

async fn get_started() -> Outcome {
    let started = Dual::future(elsewhere()).start();
    gets(5, || started.get())
}

/// Returns sync code that ends when the sender sends or is dropped.
fn ends_late() -> (
    DualOf<impl Work<Output = ()> + Send + use<>>,
    mpsc::Sender<()>,
) {
    let (end, ended) = mpsc::channel();
    (Dual::blocking(move || ended.recv().unwrap_or(())), end)
}

const SOON: Duration = Duration::from_millis(10);

async fn await_timeout() -> Outcome {
    let (late, end) = ends_late();
    let elapsed = late.timeout(SOON).await.is_err();
    drop(end);
    let in_time = Dual::blocking(|| 5).timeout(Duration::from_secs(10)).await;
    works(elapsed && in_time == Ok(5), "the bounds differ")
}

async fn get_a_timeout() -> Outcome {
    gets(true, || {
        let (late, _end) = ends_late();
        late.timeout(SOON).get().is_err()
    })
}

/// Polls blocking code once, and then waits until it has begun.
async fn left() -> u32 {
    let (begins, begun) = oneshot::channel();
    let mut part = pin!(Dual::blocking(move || {
        let _ = begins.send(());
        5
    }));
    if let Poll::Ready(value) = futures::poll!(part.as_mut()) {
        return value;
    }
    begun.await.expect("it begins");
    part.await
}

async fn await_left() -> Outcome {
    works(left().await == 5, "the value differs")
}

async fn get_left() -> Outcome {
    gets(5, || Dual::future(left()).get())
}

async fn get_timeout() -> Outcome {
    let (late, end) = ends_late();
    match blocks(|| late.get_timeout(SOON)) {
        Ok(Err(back)) => {
            drop(end);
            back.await;
            Outcome::Through
        }
        Ok(Ok(())) => Outcome::Wrong("it was there in time".into()),
        Err(outcome) => outcome,
    }
}

async fn now_or_later() -> Outcome {
    let now = Dual::future(async { 5 }).now_or_later().ok();
    let later = match Dual::future(elsewhere()).now_or_later() {
        Ok(_) => None,
        Err(later) => Some(later.await),
    };
    works(now == Some(5) && later == Some(5), "the values differ")
}

// G ------------------------------------------------------------------------------------

async fn stands() -> Outcome {
    match context::current() {
        Place::Inside => Outcome::Inside,
        Place::Outside => Outcome::Outside,
        other => Outcome::Wrong(format!("it is {other:?}")),
    }
}

async fn inside_gets(spawn: Spawn) -> Outcome {
    context::inside(async move { get_what_a_task_sends(&spawn) }).await
}

async fn inside_tries() -> Outcome {
    context::inside(try_get()).await
}

async fn region() -> Outcome {
    gets(5, || {
        context::blocking_region(|| Dual::future(elsewhere()).get())
    })
}

/// A host and a pool that starts a thread for each job.
#[derive(Default)]
struct Spares {
    jobs: AtomicUsize,
}

impl Host for Spares {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        Pool::offload(self, job)
    }
}

impl Pool for Spares {
    fn offload(&self, job: Job) -> Result<(), Job> {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        thread::spawn(|| job.run());
        Ok(())
    }
}

async fn hosted_gets() -> Outcome {
    let host = Arc::new(Spares::default());
    context::hosted(&host, async { gets(5, || Dual::future(elsewhere()).get()) }).await
}

async fn hosted_pool() -> Outcome {
    let host = Arc::new(Spares::default());
    let value = context::hosted(&host, Dual::blocking(|| 5)).await;
    let jobs = host.jobs.load(Ordering::Relaxed);
    works(value == 5 && jobs == 1, "the job went elsewhere")
}

async fn driving() -> Outcome {
    gets(Place::Driving, || {
        Dual::future(async { context::current() }).get()
    })
}

async fn outside_on_the_pool() -> Outcome {
    let place = Dual::blocking(context::current).await;
    works(place == Place::Outside, "it is not outside")
}

async fn restored() -> Outcome {
    let before = context::current();
    let inside = panic::catch_unwind(|| {
        context::inside_executor(|| match context::current() {
            Place::Inside => fail(),
            _ => 0,
        })
    });
    {
        let mut unfinished = pin!(context::inside(pending::<()>()));
        let mut cx = Context::from_waker(Waker::noop());
        if unfinished.as_mut().poll(&mut cx).is_ready() {
            return Outcome::Wrong("it has ended".into());
        }
    }
    let refused = blocks(|| Dual::future(async { fail() }).get());
    let after = context::current();
    works(
        inside.is_err() && refused.is_err() && before == after,
        "the place differs",
    )
}

// P ------------------------------------------------------------------------------------

async fn limited() -> Outcome {
    let pool = Limited::new(1.try_into().expect("it is not zero"));
    let running = Arc::new(AtomicUsize::new(0));
    let handles: Vec<_> = (0..5)
        .map(|_| {
            let running = Arc::clone(&running);
            let code = move || {
                let others = running.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(1));
                running.fetch_sub(1, Ordering::Relaxed);
                others
            };
            Dual::blocking(code).on(&pool)
        })
        .collect();
    works(join(handles).await == [0; 5], "two have run at once")
}

async fn single_thread() -> Outcome {
    let here = id();
    // A value that is not `Send`.
    let seen = SingleThread::new(|| (HashSet::new(), PhantomData::<*mut ()>));
    let mut body = here;
    for calls in 1..=3 {
        let (len, thread) = seen.run(|(seen, _)| (add(seen, id()), id())).await;
        if len != 1 {
            return Outcome::Wrong(format!("{calls} calls ran on {len} threads"));
        }
        body = thread;
    }
    place_of(body, here)
}

/// Adds a thread, and returns the number of threads.
fn add(seen: &mut HashSet<ThreadId>, thread: ThreadId) -> usize {
    seen.insert(thread);
    seen.len()
}

async fn get_on_single_thread() -> Outcome {
    let thread = SingleThread::new(|| 5);
    let five = thread.run(|five| *five);
    gets(5, || five.get())
}

async fn own_pool() -> Outcome {
    let pool = Arc::new(Spares::default());
    let value = Dual::blocking(|| 5).on(&pool).await;
    let jobs = pool.jobs.load(Ordering::Relaxed);
    works(value == 5 && jobs == 1, "the job went elsewhere")
}

// S ------------------------------------------------------------------------------------

/// An async function.
#[smart]
async fn asynchronous_id() -> ThreadId {
    id()
}

/// A sync function.
#[smart]
fn sync_id() -> ThreadId {
    id()
}

/// A function that calls another one.
#[smart]
async fn length(text: &str) -> usize {
    pending_once().await;
    first_word(text).await.len()
}

/// A function that borrows, and stays on its thread.
#[smart(in_place)]
fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or(text)
}

/// A function that calls itself.
#[smart(boxed)]
async fn factorial(n: u64) -> u64 {
    match n {
        0 => 1,
        n => n * factorial(n - 1).await,
    }
}

async fn smart_async() -> Outcome {
    let here = id();
    place_of(asynchronous_id().await, here)
}

async fn smart_sync() -> Outcome {
    let here = id();
    place_of(sync_id().await, here)
}

async fn smart_got() -> Outcome {
    gets(5, || length("seven eight").get())
}

async fn smart_boxed() -> Outcome {
    works(factorial(10).await == 3_628_800, "the value differs")
}
