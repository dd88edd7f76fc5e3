//! What makes the items of a stream and what takes them, under loom: `queue.rs` with `fed.rs`, and `emit.rs` with `generate.rs`.

extern crate self as smartcall_context;

macro_rules! thread_local {
    ($($locals:tt)*) => { smartcall_models::loom_local! { $($locals)* } };
}

mod sync {
    pub(crate) use smartcall_models::loom_sync::*;
    pub(crate) use std::sync::Arc;
}

pub(crate) mod caller;
#[path = "../../../src/stream/emit.rs"]
#[allow(dead_code, unreachable_pub)]
pub(crate) mod emit;
#[path = "../../../src/stream/fed.rs"]
#[allow(dead_code)]
pub(crate) mod fed;
#[path = "../../../src/stream/generate.rs"]
#[allow(dead_code, unreachable_pub)]
pub(crate) mod generate;
pub(crate) mod handle;
pub(crate) mod internal;
#[path = "../../../src/stream/queue.rs"]
#[allow(dead_code)]
pub(crate) mod queue;
pub(crate) mod scenarios;
#[path = "../../../context/src/scoped.rs"]
#[allow(dead_code)]
pub(crate) mod scoped;
pub(crate) mod slot;
pub(crate) mod traits;

// The crate's folders, and a module for each fault.
include!(concat!(env!("OUT_DIR"), "/streams.rs"));

/// Every item of a queue arrives once and in order, and no more are made ahead than there is room for.
#[test]
fn each_item_once() {
    scenarios::each_item_once();
}

/// What waits for room is told that the taker was dropped. What is pushed after that comes back.
#[test]
fn taker_is_dropped() {
    scenarios::taker_is_dropped();
}

/// What was pushed before the maker ended is taken first.
#[test]
fn maker_ends() {
    scenarios::maker_ends();
}

/// What is pushed while the taker is dropped is taken, dropped, or comes back.
#[test]
fn push_into_a_closed_queue() {
    scenarios::push_into_a_closed_queue();
}

/// The body emits, and so does another task, until the body ends.
#[test]
fn body_and_another_task() {
    scenarios::body_and_another_task();
}

/// Another task emits while the body waits, and so the stream.
#[test]
fn stream_waits_for_another_task() {
    scenarios::stream_waits_for_another_task();
}

/// Two other tasks emit at the same time.
#[test]
fn two_other_tasks() {
    scenarios::two_other_tasks();
}

/// The stream is dropped while another task emits.
#[test]
fn stream_is_dropped() {
    scenarios::stream_is_dropped();
}

/// The stream is dropped while another task emits several items at once.
#[test]
fn stream_is_dropped_amid_a_batch() {
    scenarios::stream_is_dropped_amid_a_batch();
}

/// What another task has emitted is taken after the end of the body, though the task looks before.
#[test]
fn body_ends_before_the_item_is_taken() {
    scenarios::body_ends_before_the_item_is_taken();
}

/// What was emitted before is taken before the item in the slot.
#[test]
fn slot_after_the_queue() {
    scenarios::slot_after_the_queue();
}

/// A future that is dropped after its first poll loses nothing.
#[test]
fn emission_is_dropped() {
    scenarios::emission_is_dropped();
}

/// An emission that is polled under one waker and then under another one is woken by the latter.
#[test]
fn under_another_waker() {
    scenarios::under_another_waker();
}

/// An emission that was first polled by the stream goes to another task.
#[test]
fn from_the_body_to_another_task() {
    scenarios::from_the_body_to_another_task();
}

/// A part of the body that is polled only if its own waker was woken.
#[test]
fn part_with_its_own_waker() {
    scenarios::part_with_its_own_waker();
}

/// Each emitter is woken when its item is taken, however many wait.
#[test]
fn emitters_in_turn() {
    scenarios::emitters_in_turn();
}

/// The body goes on, though other tasks emit faster than items are taken.
#[test]
fn body_goes_on_though_others_emit() {
    scenarios::body_goes_on_though_others_emit();
}

/// An emitter whose item was taken sees what was done before.
#[test]
fn done_before_it_was_taken() {
    scenarios::done_before_it_was_taken();
}
