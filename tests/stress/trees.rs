//! Random trees of what handles can be put together of, against a sequential model.
//!
//! The seed is random and printed; `SMARTCALL_TREES_SEED=…` sets it.

use std::env;
use std::future;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::pin::pin;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use async_io::Timer;
use futures::StreamExt;
use futures::future::{join_all, select};
use futures::stream::FuturesUnordered;
use futures_lite::future::yield_now;
use smartcall::{Dual, Executor, offload};

use crate::common::in_child;

/// How long one tree may take before it counts as hung.
const TREE_LIMIT: Duration = Duration::from_secs(60);

/// The deepest tree.
const DEPTH: u32 = 6;

/// Where spawned parts run.
static EXECUTOR: LazyLock<Executor> = LazyLock::new(|| Executor::builder().threads(2).build());

/// How many leaves of the current tree have run, of those that are counted.
static RUNS: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
enum Tree {
    Leaf(Leaf),
    /// One after the other.
    Sequence(Vec<Arc<Tree>>),
    /// All at once, polled with the waker that is there.
    Join(Vec<Arc<Tree>>),
    /// All at once, polled with wakers of their own.
    Unordered(Vec<Arc<Tree>>),
    /// Beside a rival that never ends, or gives the same value.
    Select {
        tree: Arc<Tree>,
        rival: Rival,
    },
    /// By a nested get in a poll, where one is allowed.
    Get(Arc<Tree>),
    /// By a get in a blocking part.
    Blocking(Arc<Tree>),
    /// By a get in an in-place part, where one is allowed.
    InPlace(Arc<Tree>),
    /// By a get in the sync path, by await in the async one.
    Pair(Arc<Tree>),
    /// In a task of the executor.
    Spawn(Arc<Tree>),
    /// After so many microseconds.
    Timer(u64, Arc<Tree>),
    /// After so many wake-ups of its own.
    Yield(u64, Arc<Tree>),
}

#[derive(Debug)]
struct Leaf {
    value: u64,
    form: Form,
    /// Whether it runs exactly once, which is not known of a leaf below a select.
    counted: bool,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Future,
    Blocking,
    InPlace,
    Pair,
}

#[derive(Clone, Copy, Debug)]
enum Rival {
    NeverFirst,
    NeverLast,
    Twin,
}

/// Random numbers, by xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// Makes a tree. `counted` is true unless a select is above.
fn tree(random: &mut Random, depth: u32, counted: bool) -> Arc<Tree> {
    let kind = if depth == 0 { 0 } else { random.below(16) };
    let mut one = |counted| tree(random, depth - 1, counted);
    Arc::new(match kind {
        0 | 1 => Tree::Leaf(Leaf {
            value: random.below(1 << 30),
            form: random.pick(&[Form::Future, Form::Blocking, Form::InPlace, Form::Pair]),
            counted,
        }),
        2 | 3 => Tree::Sequence(several(random, depth, counted)),
        4..7 => Tree::Join(several(random, depth, counted)),
        7 => Tree::Unordered(several(random, depth, counted)),
        8 => Tree::Select {
            tree: one(false),
            rival: random.pick(&[Rival::NeverFirst, Rival::NeverLast, Rival::Twin]),
        },
        9 => Tree::Get(one(counted)),
        10 => Tree::Blocking(one(counted)),
        11 => Tree::InPlace(one(counted)),
        12 => Tree::Pair(one(counted)),
        13 => Tree::Spawn(one(counted)),
        14 => {
            let tree = one(counted);
            Tree::Timer(random.below(300), tree)
        }
        _ => {
            let tree = one(counted);
            Tree::Yield(random.below(3) + 1, tree)
        }
    })
}

fn several(random: &mut Random, depth: u32, counted: bool) -> Vec<Arc<Tree>> {
    let n = random.below(3) + 2;
    (0..n).map(|_| tree(random, depth - 1, counted)).collect()
}

/// Puts the values of parts together, so that their order matters.
fn mix(values: impl IntoIterator<Item = u64>) -> u64 {
    values.into_iter().fold(1, |mixed: u64, value| {
        (mixed ^ value)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(23)
    })
}

/// The value of a tree.
fn model(tree: &Tree) -> u64 {
    match tree {
        Tree::Leaf(leaf) => leaf.value,
        Tree::Sequence(trees) | Tree::Join(trees) | Tree::Unordered(trees) => {
            mix(trees.iter().map(|tree| model(tree)))
        }
        Tree::Select { tree, .. }
        | Tree::Get(tree)
        | Tree::Blocking(tree)
        | Tree::InPlace(tree)
        | Tree::Pair(tree)
        | Tree::Spawn(tree)
        | Tree::Timer(_, tree)
        | Tree::Yield(_, tree) => mix([model(tree)]),
    }
}

/// The number of leaves that run exactly once.
fn counted(tree: &Tree) -> usize {
    match tree {
        Tree::Leaf(leaf) => leaf.counted.into(),
        Tree::Sequence(trees) | Tree::Join(trees) | Tree::Unordered(trees) => {
            trees.iter().map(|tree| counted(tree)).sum()
        }
        Tree::Select { tree, .. }
        | Tree::Get(tree)
        | Tree::Blocking(tree)
        | Tree::InPlace(tree)
        | Tree::Pair(tree)
        | Tree::Spawn(tree)
        | Tree::Timer(_, tree)
        | Tree::Yield(_, tree) => counted(tree),
    }
}

fn leaf(value: u64, counted: bool) -> u64 {
    RUNS.fetch_add(counted.into(), Ordering::Relaxed);
    value
}

/// The handle of a tree. `inside` says that no get is allowed where it is awaited.
fn dual(tree: &Arc<Tree>, inside: bool) -> Dual<u64> {
    let tree = Arc::clone(tree);
    if let Tree::Leaf(Leaf {
        value,
        form,
        counted,
    }) = *tree
    {
        return match form {
            Form::Future => Dual::future(async move { leaf(value, counted) }).boxed(),
            Form::Blocking => Dual::blocking(move || leaf(value, counted)).boxed(),
            Form::InPlace => Dual::in_place(move || leaf(value, counted)).boxed(),
            Form::Pair => {
                let sync = move |value| leaf(value, counted);
                Dual::pair(value, sync, async move |value| leaf(value, counted)).boxed()
            }
        };
    }
    Dual::future(async move { run(&tree, inside).await }).boxed()
}

async fn run(tree: &Tree, inside: bool) -> u64 {
    let value = match tree {
        Tree::Leaf(_) => unreachable!("a leaf has a handle of its own"),
        Tree::Sequence(trees) => {
            let mut values = Vec::new();
            for tree in trees {
                values.push(dual(tree, inside).await);
            }
            return mix(values);
        }
        Tree::Join(trees) => {
            let parts: Vec<_> = trees.iter().map(|tree| dual(tree, inside)).collect();
            return mix(join_all(parts).await);
        }
        Tree::Unordered(trees) => {
            let parts = FuturesUnordered::new();
            for (i, tree) in trees.iter().enumerate() {
                let part = dual(tree, inside);
                parts.push(async move { (i, part.await) });
            }
            let mut values: Vec<_> = parts.collect().await;
            values.sort_unstable();
            return mix(values.into_iter().map(|(_, value)| value));
        }
        Tree::Select { tree, rival } => {
            let part = pin!(dual(tree, inside));
            match rival {
                Rival::NeverFirst => select(future::pending(), part).await.factor_first().0,
                Rival::NeverLast => select(part, future::pending()).await.factor_first().0,
                Rival::Twin => {
                    let twin = pin!(dual(tree, inside));
                    select(part, twin).await.factor_first().0
                }
            }
        }
        Tree::Get(tree) if inside => dual(tree, inside).await,
        Tree::Get(tree) => dual(tree, inside).get(),
        Tree::Blocking(tree) => {
            let part = dual(tree, false);
            Dual::blocking(move || part.get()).boxed().await
        }
        Tree::InPlace(tree) if inside => dual(tree, inside).await,
        Tree::InPlace(tree) => {
            let part = dual(tree, inside);
            Dual::in_place(move || part.get()).await
        }
        Tree::Pair(tree) => {
            // The sync path is only ever taken where a get is allowed.
            let sync = |tree: Arc<Tree>| dual(&tree, false).get();
            let future = async move |tree: Arc<Tree>| dual(&tree, inside).await;
            Dual::pair(Arc::clone(tree), sync, future).await
        }
        Tree::Spawn(tree) => EXECUTOR.spawn(dual(tree, true)).await,
        Tree::Timer(micros, tree) => {
            Timer::after(Duration::from_micros(*micros)).await;
            dual(tree, inside).await
        }
        Tree::Yield(times, tree) => {
            for _ in 0..*times {
                yield_now().await;
            }
            dual(tree, inside).await
        }
    };
    mix([value])
}

/// Resolves a tree, in a way that depends on its number.
fn resolve(tree: &Arc<Tree>, number: u64) -> u64 {
    match number % 8 {
        0 => EXECUTOR.block_on(dual(tree, true)),
        1 => pollster::block_on(dual(tree, false)),
        2 => *dual(tree, false),
        3 => EXECUTOR.spawn(dual(tree, true)).get(),
        _ => dual(tree, false).get(),
    }
}

/// Resolves so many trees, each of which must give what the model gives.
fn run_trees(count: u64) {
    let seed = match env::var("SMARTCALL_TREES_SEED") {
        Ok(seed) => seed.parse().expect("SMARTCALL_TREES_SEED is a number"),
        Err(_) => RandomState::new().hash_one(count),
    };
    println!("SMARTCALL_TREES_SEED={seed}");

    let (begun, begins) = mpsc::channel();
    let watchdog = thread::spawn(move || {
        let mut current = 0;
        loop {
            match begins.recv_timeout(TREE_LIMIT) {
                Ok(number) => current = number,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    // Not by `eprintln!`, which the harness keeps to itself.
                    let _ = writeln!(
                        io::stderr(),
                        "tree {current} hangs: SMARTCALL_TREES_SEED={seed}"
                    );
                    process::abort();
                }
            }
        }
    });
    for number in 0..count {
        begun.send(number).expect("the watchdog watches");
        // Neighbouring seeds make similar numbers at first, and zero none but zeros.
        let tree = tree(&mut Random(mix([seed, number]) | 1), DEPTH, true);
        RUNS.store(0, Ordering::Relaxed);
        assert_eq!(
            (resolve(&tree, number), RUNS.load(Ordering::Relaxed)),
            (model(&tree), counted(&tree)),
            "value and leaves run of tree {number}, SMARTCALL_TREES_SEED={seed}: {tree:#?}"
        );
    }
    drop(begun);
    watchdog.join().expect("no panic");
}

/// Trees give the values of the model, and each leaf runs once.
#[test]
fn trees() {
    in_child(|| run_trees(4_000));
}

/// The same with `set_max_jobs(2)`.
#[test]
fn trees_on_a_pool_of_two() {
    in_child(|| {
        offload::set_max_jobs(2.try_into().expect("it is not zero"));
        run_trees(500);
    });
}
