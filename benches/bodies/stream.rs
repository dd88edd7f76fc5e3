//! Subjects with many items. Each makes one stream of `items` numbers, and takes them all.

use std::hint::black_box;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use blocking::Unblock;
use futures::channel::mpsc;
use futures::executor::block_on_stream;
use futures::stream::{self, Stream};
use futures::{SinkExt, StreamExt};
use smartcall::{DualStream, DualStreamOf, Emit, Source};
use tokio::runtime::{Handle, Runtime};

use super::block::Executors;
use super::call::operation;

/// How many items a page has.
const PAGE: u64 = 1_000;

/// How many items are emitted at once.
const BATCH: u64 = 100;

/// An iterator whose items take the time of `rounds` rounds, or none.
fn iterator(items: u64, rounds: u32) -> impl Iterator<Item = u64> + Send + 'static {
    (0..items).map(move |x| operation(black_box(x), rounds))
}

/// The same without an operation.
fn numbers(items: u64) -> impl Iterator<Item = u64> + Send + 'static {
    (0..items).map(black_box)
}

/// A stream whose items are ready.
fn ready(items: u64) -> impl Stream<Item = u64> + Send + Unpin + 'static {
    stream::iter(numbers(items))
}

/// What every subject does with its items.
fn drain<T>(items: impl IntoIterator<Item = T>) {
    for item in items {
        black_box(item);
    }
}

/// The same for an async caller.
async fn drain_stream(mut items: impl Stream<Item = u64> + Unpin) {
    while let Some(item) = items.next().await {
        black_box(item);
    }
}

/// The same by the handle's own `next`.
async fn drain_dual<S: Source<Item = u64>>(mut items: DualStream<u64, S>) {
    while let Some(item) = items.next().await {
        black_box(item);
    }
}

/// An iterator by tokio's `block_on`.
fn by_handle(handle: &Handle, mut items: impl Stream<Item = u64> + Unpin) {
    while let Some(item) = handle.block_on(items.next()) {
        black_box(item);
    }
}

// A `for` on a plain thread ------------------------------------------------------------

pub(crate) fn for_bare(items: u64) {
    drain(numbers(items));
}

pub(crate) fn for_ready(items: u64) {
    drain(DualStream::ready(numbers(items)));
}

pub(crate) fn for_blocking(items: u64) {
    drain(DualStream::blocking(numbers(items)));
}

pub(crate) fn for_stream(items: u64) {
    drain(DualStream::stream(ready(items)));
}

pub(crate) fn for_block_on_stream(items: u64) {
    drain(block_on_stream(ready(items)));
}

pub(crate) fn for_futures_lite(items: u64) {
    drain(futures_lite::stream::block_on(ready(items)));
}

pub(crate) fn for_tokio(handle: &Handle, items: u64) {
    by_handle(handle, ready(items));
}

fn page(cursor: Option<u64>, items: u64) -> (Range<u64>, Option<u64>) {
    let begin = cursor.unwrap_or(0);
    let end = items.min(begin + PAGE);
    (begin..end, (end < items).then_some(end))
}

pub(crate) fn for_pages(items: u64) {
    drain(DualStream::pages(move |cursor: Option<u64>| {
        Ok::<_, ()>(page(cursor, items))
    }));
}

/// The loop as written by hand.
pub(crate) fn for_pages_bare(items: u64) {
    let mut cursor = None;
    loop {
        let (page, next) = page(black_box(cursor), items);
        drain(page);
        match next {
            Some(_) => cursor = next,
            None => return,
        }
    }
}

// Items from another thread ------------------------------------------------------------

/// A channel that a thread feeds.
fn channel(items: u64, room: usize) -> mpsc::Receiver<u64> {
    let (mut sender, receiver) = mpsc::channel(room);
    thread::spawn(move || {
        pollster::block_on(async {
            for item in numbers(items) {
                if sender.send(item).await.is_err() {
                    return;
                }
            }
        });
    });
    receiver
}

pub(crate) fn for_channel(items: u64, room: usize) {
    drain(DualStream::stream(channel(items, room)));
}

pub(crate) fn for_channel_block_on_stream(items: u64, room: usize) {
    drain(block_on_stream(channel(items, room)));
}

// An awaited blocking iterator ---------------------------------------------------------

pub(crate) fn await_blocking(items: u64, rounds: u32) {
    pollster::block_on(drain_dual(DualStream::blocking(iterator(items, rounds))));
}

/// As far ahead as `Unblock`.
pub(crate) fn await_blocking_ahead(items: u64, rounds: u32) {
    let stream = DualStream::blocking(iterator(items, rounds)).ahead(8_192);
    pollster::block_on(drain_dual(stream));
}

pub(crate) fn await_unblock(items: u64, rounds: u32) {
    pollster::block_on(drain_stream(Unblock::new(iterator(items, rounds))));
}

/// A channel of the same size, which a job of tokio's pool feeds.
pub(crate) fn await_tokio_channel(runtime: &Runtime, items: u64, rounds: u32) {
    runtime.block_on(async {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1_024);
        tokio::task::spawn_blocking(move || {
            for item in iterator(items, rounds) {
                if sender.blocking_send(item).is_err() {
                    return;
                }
            }
        });
        while let Some(item) = receiver.recv().await {
            black_box(item);
        }
    });
}

/// One hop an item.
pub(crate) fn await_hops(items: u64, rounds: u32) {
    pollster::block_on(async {
        let mut iter = iterator(items, rounds);
        loop {
            let (item, back) = blocking::unblock(move || (iter.next(), iter)).await;
            let Some(item) = item else { return };
            black_box(item);
            iter = back;
        }
    });
}

pub(crate) fn await_tokio_hops(runtime: &Runtime, items: u64, rounds: u32) {
    runtime.block_on(async {
        let mut iter = iterator(items, rounds);
        loop {
            let hop = tokio::task::spawn_blocking(move || (iter.next(), iter));
            let (item, back) = hop.await.expect("the iterator does not panic");
            let Some(item) = item else { return };
            black_box(item);
            iter = back;
        }
    });
}

/// A driven future over a blocking iterator, which runs on this thread.
pub(crate) fn driven_blocking(items: u64) {
    smartcall::Dual::future(drain_dual(DualStream::blocking(numbers(items)))).get();
}

/// A driven future over a plain iterator.
pub(crate) fn driven_bare(items: u64) {
    smartcall::Dual::future(async move { drain(numbers(items)) }).get();
}

// An awaited stream --------------------------------------------------------------------

pub(crate) fn await_ready_stream(items: u64) {
    pollster::block_on(drain_dual(DualStream::stream(ready(items))));
}

pub(crate) fn await_bare_stream(items: u64) {
    pollster::block_on(drain_stream(ready(items)));
}

fn generator(items: u64) -> DualStreamOf<impl Source<Item = u64> + Send> {
    DualStream::generate(async move |mut out: Emit<u64>| {
        for item in numbers(items) {
            out.emit(item).await;
        }
    })
}

fn generator_of_batches(items: u64) -> DualStreamOf<impl Source<Item = u64> + Send> {
    DualStream::generate(async move |mut out: Emit<u64>| {
        let mut begin = 0;
        while begin < items {
            let end = items.min(begin + BATCH);
            out.emit_all((begin..end).map(black_box)).await;
            begin = end;
        }
    })
}

fn async_stream(items: u64) -> impl Stream<Item = u64> + Send {
    async_stream::stream! {
        for item in numbers(items) {
            yield item;
        }
    }
}

pub(crate) fn await_generator(items: u64) {
    pollster::block_on(drain_dual(generator(items)));
}

pub(crate) fn await_batches(items: u64) {
    pollster::block_on(drain_dual(generator_of_batches(items)));
}

pub(crate) fn await_async_stream(items: u64) {
    pollster::block_on(drain_stream(std::pin::pin!(async_stream(items))));
}

pub(crate) fn for_generator(items: u64) {
    drain(generator(items));
}

pub(crate) fn for_batches(items: u64) {
    drain(generator_of_batches(items));
}

pub(crate) fn for_async_stream(items: u64) {
    drain(block_on_stream(Box::pin(async_stream(items))));
}

// A `for` in a task --------------------------------------------------------------------

fn in_task(ex: &Executors, work: impl FnOnce() + Send + 'static) -> Duration {
    ex.on_shim(async move {
        let start = Instant::now();
        work();
        start.elapsed()
    })
}

pub(crate) fn task_bare(ex: &Executors, items: u64) -> Duration {
    in_task(ex, move || for_bare(items))
}

pub(crate) fn task_ready(ex: &Executors, items: u64) -> Duration {
    in_task(ex, move || for_ready(items))
}

pub(crate) fn task_batches(ex: &Executors, items: u64) -> Duration {
    in_task(ex, move || for_batches(items))
}

pub(crate) fn task_generator(ex: &Executors, items: u64) -> Duration {
    in_task(ex, move || for_generator(items))
}

pub(crate) fn task_pages(ex: &Executors, items: u64) -> Duration {
    in_task(ex, move || for_pages(items))
}

pub(crate) fn task_stream(ex: &Executors, items: u64) -> Duration {
    in_task(ex, move || for_stream(items))
}

pub(crate) fn task_blocking(ex: &Executors, items: u64) -> Duration {
    in_task(ex, move || for_blocking(items))
}

/// Items that were made ahead. Only the taking is measured.
pub(crate) fn task_ahead(ex: &Executors, items: u64) -> Duration {
    let mut left = items;
    let mut sum = Duration::ZERO;
    while left > 0 {
        let batch = left.min(PAGE);
        left -= batch;
        sum += ex.on_shim(async move {
            let batch = usize::try_from(batch).expect("a batch is small");
            let mut stream = DualStream::ready(numbers(batch as u64)).start(batch * 2);
            while stream.size_hint().0 < batch {
                futures_lite::future::yield_now().await;
            }
            let start = Instant::now();
            drain(stream.iter().take(batch));
            start.elapsed()
        });
    }
    sum
}

/// In a task of tokio.
pub(crate) fn task_tokio(ex: &Executors, items: u64) -> Duration {
    ex.on_tokio(async move {
        let handle = Handle::current();
        let mut stream = ready(items);
        let start = Instant::now();
        while let Some(item) =
            tokio::task::block_in_place(|| handle.block_on(StreamExt::next(&mut stream)))
        {
            black_box(item);
        }
        start.elapsed()
    })
}
