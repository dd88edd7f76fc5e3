//! The rows of the scoreboard for streams: what an item takes.

use std::time::{Duration, Instant};

use crate::bodies::block::Executors;
use crate::bodies::{call, stream};
use crate::rounds::Subject;
use crate::{Row, Score, fitted, row};

/// A subject takes at least so many items, since the first ones of a stream take longer.
const ITEMS: u64 = 1_000;

/// Creates a subject from what takes a number of items. Its time is that of one item.
fn many<'a>(name: &'static str, mut take: impl FnMut(u64) + 'a) -> Subject<'a> {
    timed(name, move |items| {
        let start = Instant::now();
        take(items);
        start.elapsed()
    })
}

/// The same for what measures its time.
fn timed<'a>(name: &'static str, mut take: impl FnMut(u64) -> Duration + 'a) -> Subject<'a> {
    fitted(name, move |times| {
        let items = times.max(ITEMS);
        take(items).mul_f64(times as f64 / items as f64)
    })
}

/// P14.4 to P14.6, P15: items that come from another thread, on one core.
pub(crate) fn threads(scores: &mut Vec<Score>) {
    let runtime = tokio::runtime::Runtime::new().expect("tokio's runtime starts");
    let what = "an item of an awaited blocking iterator, on one core";
    ahead("P15", what, stream::await_blocking, &runtime, 0).score(scores);
    for (id, room) in [("P14.4", 16), ("P14.5", 64), ("P14.6", 1_024)] {
        row(
            id,
            format!("an item of a channel of {room}, `for`, on one core"),
            many("stream", move |n| stream::for_channel(n, room)),
        )
        .peer(many("futures block_on_stream", move |n| {
            stream::for_channel_block_on_stream(n, room)
        }))
        .score(scores);
    }
}

/// P14 to P18.
pub(crate) fn items(scores: &mut Vec<Score>) {
    iteration(scores);
    awaited(scores);
    generators(scores);
    tasks(scores);
}

/// P14: a `for` on a plain thread.
fn iteration(scores: &mut Vec<Score>) {
    let runtime = tokio::runtime::Runtime::new().expect("tokio's runtime starts");
    row(
        "P14",
        "a ready item, `for`",
        many("ready", stream::for_ready),
    )
    .limit(many("loop", stream::for_bare))
    .score(scores);
    row(
        "P14.1",
        "an item of a blocking iterator, `for`",
        many("blocking", stream::for_blocking),
    )
    .limit(many("loop", stream::for_bare))
    .score(scores);
    row(
        "P14.2",
        "an item of a ready async stream, `for`",
        many("stream", stream::for_stream),
    )
    .limit(many("loop", stream::for_bare))
    .peer(many("futures block_on_stream", stream::for_block_on_stream))
    .peer(many("futures-lite block_on", stream::for_futures_lite))
    .peer(many("tokio Handle::block_on", |n| {
        stream::for_tokio(runtime.handle(), n)
    }))
    .score(scores);
    row(
        "P14.3",
        "an item of a page of 1,000, `for`",
        many("pages", stream::for_pages),
    )
    .limit(many("loops", stream::for_pages_bare))
    .score(scores);
}

/// Awaits a blocking iterator, a read-ahead beside all its peers.
fn ahead<'a>(
    id: &'static str,
    what: impl Into<String>,
    ours: fn(u64, u32),
    runtime: &'a tokio::runtime::Runtime,
    rounds: u32,
) -> Row<'a> {
    row(id, what, many("blocking", move |n| ours(n, rounds)))
        .peer(many("Unblock", move |n| stream::await_unblock(n, rounds)))
        .peer(many("tokio spawn_blocking + mpsc", move |n| {
            stream::await_tokio_channel(runtime, n, rounds)
        }))
        .peer(many("unblock each", move |n| stream::await_hops(n, rounds)))
        .peer(many("tokio spawn_blocking each", move |n| {
            stream::await_tokio_hops(runtime, n, rounds)
        }))
}

/// P15, P16: awaited items.
fn awaited(scores: &mut Vec<Score>) {
    let runtime = tokio::runtime::Runtime::new().expect("tokio's runtime starts");
    let (rounds, _) = call::calibrate(25.0);
    let what = "an item of an awaited blocking iterator";
    let near = stream::await_blocking;
    ahead("P15.1", what, near, &runtime, 0).score(scores);
    ahead("P15.2", format!("{what}, 25 ns"), near, &runtime, rounds).score(scores);
    let far = stream::await_blocking_ahead;
    ahead("P15.3", format!("{what}, ahead(8192)"), far, &runtime, 0).score(scores);
    row(
        "P15.4",
        format!("{what}, driven by `get`"),
        many("blocking", stream::driven_blocking),
    )
    .limit(many("loop", stream::driven_bare))
    .score(scores);
    row(
        "P16",
        "an item of an awaited ready stream",
        many("handle", stream::await_ready_stream),
    )
    .limit(many("bare stream", stream::await_bare_stream))
    .score(scores);
}

/// P17: items that async code hands out.
fn generators(scores: &mut Vec<Score>) {
    row(
        "P17",
        "an item of an awaited generator",
        many("generate", stream::await_generator),
    )
    .peer(many("async-stream", stream::await_async_stream))
    .score(scores);
    row(
        "P17.1",
        "an item of an awaited generator, 100 at once",
        many("generate", stream::await_batches),
    )
    .peer(many("async-stream", stream::await_async_stream))
    .score(scores);
    row(
        "P17.2",
        "an item of a generator, `for`",
        many("generate", stream::for_generator),
    )
    .peer(many(
        "async-stream, block_on_stream",
        stream::for_async_stream,
    ))
    .score(scores);
    row(
        "P17.3",
        "an item of a generator, 100 at once, `for`",
        many("generate", stream::for_batches),
    )
    .peer(many(
        "async-stream, block_on_stream",
        stream::for_async_stream,
    ))
    .score(scores);
}

/// Takes so many items in a task, and returns how long that took.
type InTask = fn(&Executors, u64) -> Duration;

/// P18: a `for` in a task.
fn tasks(scores: &mut Vec<Score>) {
    let ex = &Executors::new();
    let in_task = |f: InTask| move |items| f(ex, items);
    let rows: [(_, _, InTask); 7] = [
        ("P18", "a ready item", stream::task_ready),
        (
            "P18.1",
            "an item of a generator, 100 at once",
            stream::task_batches,
        ),
        ("P18.2", "an item of a page of 1,000", stream::task_pages),
        ("P18.3", "an item that was made ahead", stream::task_ahead),
        (
            "P18.4",
            "an item of a ready async stream",
            stream::task_stream,
        ),
        ("P18.5", "an item of a generator", stream::task_generator),
        (
            "P18.6",
            "an item of a blocking iterator",
            stream::task_blocking,
        ),
    ];
    for (id, what, ours) in rows {
        row(
            id,
            format!("{what}, `for` in a task"),
            timed("for", in_task(ours)),
        )
        .limit(timed("loop", in_task(stream::task_bare)))
        .peer(timed(
            "tokio block_in_place + block_on",
            in_task(stream::task_tokio),
        ))
        .score(scores);
    }
}
