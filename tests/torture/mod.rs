//! Programs made at random of all that handles can be put together of, run on several executors
//! at once and checked against a sequential model.
//!
//! `generator` makes a program of a seed, or of the bytes of a fuzzer. `model` says what has to
//! come of it. `sites` are the executors, `body` and `resolve` run a program there, `streams` puts bodies among items and bytes, `bind` binds its
//! handles to `pools`. `waits` are what bodies wait for, `shutdown` and `runtimes` those with executors and runtimes
//! of their own. `ledger` notes what happens to each body and value, `pools` which jobs run,
//! `places` who is where, `tally` what was reached.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "the tests and the fuzz target each use some of it"
)]

pub mod bind;
pub mod body;
pub mod generator;
pub mod ledger;
pub mod model;
#[path = "../common/park_loop.rs"]
pub mod park_loop;
pub mod places;
#[path = "../common/polls.rs"]
pub mod polls;
pub mod pools;
pub mod resolve;
pub mod runner;
pub mod runtimes;
pub mod shutdown;
pub mod sites;
pub mod streams;
pub mod tally;
pub mod waits;
