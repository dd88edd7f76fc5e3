//! The cost of blocking in a task: `cargo bench --bench block`.
//!
//! All executors have two workers. Ratios are relative to the first row of each group. "Under 1 ns" means that the
//! body takes less than that.

mod bodies;
mod rounds;

use bodies::block::*;
use rounds::{group, subject};

fn main() {
    let ex = &Executors::new();

    let tight = |f: fn(&Executors, Pace, u64) -> _| move |times| f(ex, Pace::Tight, times);
    group(
        "sync code under 1 ns in a task, in a tight loop",
        vec![
            subject("in_place", 100_000, tight(in_place)),
            subject("direct call", 100_000, tight(direct)),
            subject(
                "tokio block_in_place, again in a poll",
                100_000,
                tight(tokio_block_in_place_again),
            ),
            subject("tokio block_in_place, first in a poll", 500, |times| {
                tokio_block_in_place_first(ex, times)
            }),
            subject("pool", 500, tight(pool)),
            subject("unblock", 500, tight(unblock)),
            subject("tokio spawn_blocking", 500, tight(tokio_spawn_blocking)),
        ],
    );

    let slow = |f: fn(&Executors, Pace, u64) -> _| move |times| f(ex, Pace::Millisecond, times);
    group(
        "sync code under 1 ns in a task, one a millisecond",
        vec![
            subject("in_place", 50, slow(in_place)),
            subject("direct call", 50, slow(direct)),
            subject(
                "tokio block_in_place, first in a poll",
                50,
                slow(tokio_block_in_place_again),
            ),
            subject("pool", 50, slow(pool)),
            subject("unblock", 50, slow(unblock)),
            subject("tokio spawn_blocking", 50, slow(tokio_spawn_blocking)),
        ],
    );

    group(
        "a ready get in a worker",
        vec![
            subject("get", 100_000, |times| ready_get(ex, times)),
            subject("tokio block_in_place + block_on", 100_000, |times| {
                ready_tokio(ex, times)
            }),
        ],
    );
    group(
        "a pending get in a worker, of a task",
        vec![
            subject("get, first in a poll", 2000, |times| {
                pending_get_first(ex, times)
            }),
            subject("get, again in a poll", 2000, |times| pending_get(ex, times)),
            subject("tokio block_in_place, first in a poll", 2000, |times| {
                pending_tokio_first(ex, times)
            }),
            subject("tokio block_in_place, again in a poll", 2000, |times| {
                pending_tokio(ex, times)
            }),
        ],
    );
    group(
        "10,000 tasks that get a task, 64 in flight, each",
        vec![
            subject("get", 10_000, |tasks| throughput(ex, tasks)),
            subject("tokio block_in_place + block_on", 10_000, |tasks| {
                throughput_tokio(ex, tasks)
            }),
        ],
    );

    let ours = |holds| move |times| stall(ex, holds, times);
    let theirs = |holds| move |times| stall_tokio(ex, holds, times);
    group(
        "the worst stall of a task while others make calls of 100 ms",
        vec![
            subject("in_place", 1, ours(Holds::InPlace)),
            subject("get of sync code", 1, ours(Holds::Get)),
            subject("pool", 1, ours(Holds::Pool)),
            subject("nothing is called", 1, ours(Holds::Nothing)),
            subject("tokio block_in_place", 1, theirs(Holds::InPlace)),
            subject("tokio spawn_blocking", 1, theirs(Holds::Pool)),
            subject("tokio, nothing is called", 1, theirs(Holds::Nothing)),
        ],
    );
}
