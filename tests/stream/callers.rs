//! Callers that change at each item: every item comes once, in order.

use std::iter;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_lite::future::yield_now;
use smartcall::offload::{Limited, SingleThread};
use smartcall::{Dual, DualStream, Emit, Source};

use super::support::Counting;
use crate::common::limit;

const LONG: Duration = Duration::from_secs(600);

/// A stream that is passed from caller to caller.
type Numbers = DualStream<u32>;

/// Numbers that look random, the same ones each time.
fn choices(seed: u32) -> impl Iterator<Item = u32> {
    iter::successors(Some(seed), |n| {
        Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    })
    .map(|n| n >> 16)
}

/// Where the other executors are.
struct Executors {
    #[cfg(feature = "executor")]
    own: smartcall::Executor,
    #[cfg(feature = "executor")]
    local: smartcall::LocalExecutor,
    tokio: tokio::runtime::Runtime,
}

impl Executors {
    fn new() -> Self {
        Executors {
            #[cfg(feature = "executor")]
            own: crate::common::one_thread(),
            #[cfg(feature = "executor")]
            local: smartcall::LocalExecutor::new(),
            tokio: super::support::multi_thread(1),
        }
    }

    /// Takes the next item in one of the ways that there are.
    fn take(&self, way: u32, mut stream: Numbers) -> (Numbers, Option<u32>) {
        let item = match way % 16 {
            0 => stream.next().get(),
            1 => stream.next().try_get().expect("it may block here"),
            2 => stream.iter().next(),
            3 => (&mut stream).into_iter().next(),
            4 => pollster::block_on(stream.next()),
            5 => pollster::block_on(futures::StreamExt::next(&mut stream)),
            6 => Dual::future(async { stream.next().await }).get(),
            7 => {
                let both = async { futures::join!(stream.next(), Dual::blocking(|| ())) };
                Dual::future(both).get().0
            }
            8 => match stream.next().get_timeout(LONG) {
                Ok(item) => item,
                Err(_) => panic!("it comes before that"),
            },
            9 => stream.next().timeout(LONG).get().expect("it comes"),
            10 => match stream.next().now_or_later() {
                Ok(item) => item,
                // It was begun, and goes on with another caller.
                Err(later) => later.get(),
            },
            11 => {
                // It was begun, and is given up.
                match stream.next().now_or_later() {
                    Ok(item) => item,
                    Err(later) => {
                        drop(later);
                        stream.next().get()
                    }
                }
            }
            12 => {
                return thread::spawn(move || {
                    let item = pollster::block_on(stream.next());
                    (stream, item)
                })
                .join()
                .expect("no panic");
            }
            13 => {
                let task = async move {
                    let item = stream.next().await;
                    (stream, item)
                };
                return self
                    .tokio
                    .block_on(self.tokio.spawn(task))
                    .expect("no panic");
            }
            #[cfg(feature = "executor")]
            14 => {
                let gets = way & 16 == 0;
                return self.own.block_on(self.own.spawn(async move {
                    let item = match gets {
                        true => stream.next().get(),
                        false => stream.next().await,
                    };
                    (stream, item)
                }));
            }
            #[cfg(feature = "executor")]
            15 => self.local.block_on(stream.next()),
            _ => pollster::block_on(stream.next()),
        };
        (stream, item)
    }
}

/// Takes 300 items by callers that change, and then the end.
fn changes(
    seed: u32,
    name: &str,
    stream: DualStream<u32, impl Source<Item = u32> + Send + 'static>,
) {
    let executors = Executors::new();
    let mut stream = stream.boxed();
    let mut ways = choices(seed);
    let mut way = || ways.next().expect("there is no end");
    for n in 0..300 {
        let (back, item) = executors.take(way(), stream);
        assert_eq!(item, Some(n), "{name}, from {seed}");
        stream = back;
    }
    for _ in 0..3 {
        let (back, item) = executors.take(way(), stream);
        assert_eq!(item, None, "{name}, from {seed}");
        stream = back;
    }
}

/// Callers change at each item, at each distance ahead.
#[test]
fn at_each_item_of_an_iterator() {
    limit(|| {
        for (seed, ahead) in [1, 2, 3, 8, 64, 1_024].into_iter().enumerate() {
            let seed = seed as u32;
            changes(seed, "blocking", DualStream::blocking(0..300).ahead(ahead));
            let slow = (0..300).inspect(|_| thread::sleep(Duration::from_micros(10)));
            changes(seed, "slow", DualStream::blocking(slow).ahead(ahead));
        }
    });
}

/// The same with the other sources.
#[test]
fn at_each_item_of_other_sources() {
    limit(|| {
        let generated = |yields: bool| {
            DualStream::generate(async move |mut out: Emit<u32>| {
                for n in 0..100 {
                    if yields {
                        yield_now().await;
                    }
                    out.emit(n).await;
                }
                out.emit_all(100..200).await;
                let mut other = out.clone();
                for n in (200..300).step_by(2) {
                    futures::join!(out.emit(n), other.emit(n + 1));
                }
            })
        };
        let paged = || {
            DualStream::pages(|page: Option<u32>| {
                let page = page.unwrap_or(0);
                Ok::<_, ()>((page * 50..page * 50 + 50, (page < 5).then_some(page + 1)))
            })
        };
        let produced = |ahead| {
            DualStream::produce(ahead, |out| {
                for n in 0..300 {
                    out.send(n)?;
                }
                Ok(())
            })
        };
        for seed in 100..104 {
            changes(seed, "ready", DualStream::ready(0..300));
            let bare = futures::stream::iter(0..300);
            changes(seed, "stream", DualStream::stream(bare));
            changes(seed, "generate", generated(false));
            changes(seed, "generate", generated(true));
            changes(seed, "pages", paged().map(|item| item.expect("no error")));
            changes(seed, "produce", produced(1));
            changes(seed, "produce", produced(64));
            changes(seed, "then", DualStream::blocking(0..300).then(|n| n));
            let opened = Dual::blocking(|| DualStream::blocking(0..300));
            changes(seed, "flatten", DualStream::flatten(opened));
            let chained = DualStream::blocking(0..150).chain(DualStream::blocking(150..300));
            changes(seed, "chain", chained);
            let filtered = DualStream::blocking(0..600).filter(|_| async { true });
            let filtered = filtered.filter(|n| n % 2 == 0).map(|n| n / 2);
            changes(seed, "filter", filtered);
            let buffered = DualStream::ready(0..300).map(|n| Dual::blocking(move || n));
            changes(seed, "buffered", buffered.buffered(3));
            let twice =
                DualStream::ready(0..150).flat_map(|n| DualStream::blocking([2 * n, 2 * n + 1]));
            changes(seed, "flat_map", twice);
            #[cfg(feature = "executor")]
            changes(seed, "start", DualStream::blocking(0..300).start(3));
        }
    });
}

/// The same, bound to pools.
#[test]
fn at_each_item_on_a_pool() {
    limit(|| {
        let limited = Limited::new(1.try_into().expect("not 0"));
        let single = SingleThread::new(|| ());
        for seed in 200..204 {
            changes(seed, "limited", DualStream::blocking(0..300).on(&limited));
            changes(seed, "single", DualStream::blocking(0..300).on(&single));
            let counting = Counting::new();
            changes(
                seed,
                "counting",
                DualStream::blocking(0..300).ahead(3).on(&counting),
            );
        }
    });
}

/// A caller on the very thread of the pool: code for the pool runs there at once, and what was made ahead comes first.
#[test]
fn on_the_thread_of_its_pool() {
    limit(|| {
        let single = Arc::new(SingleThread::new(|| ()));
        let stream = DualStream::blocking(0..300).on(&*single).boxed();
        let (mut stream, mut next) = (stream, 0);
        while next < 300 {
            // So many are made ahead by jobs of the pool.
            let awaited = pollster::block_on(stream.next());
            assert_eq!(awaited, Some(next));
            next += 1;
            let job = Dual::blocking(move || {
                let taken = (0..20).map_while(|_| pollster::block_on(stream.next()));
                let taken = Vec::from_iter(taken);
                (stream, taken)
            });
            let (back, taken) = job.on(&*single).get();
            for item in taken {
                assert_eq!(item, next);
                next += 1;
            }
            stream = back;
        }
        assert_eq!(stream.next().get(), None);
    });
}
