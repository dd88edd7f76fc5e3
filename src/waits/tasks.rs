//! Tasks, by number; and the nodes of those that are watched.
//!
//! A task that waits without a thread is known only to what it waits for. So a task that is *watched* is polled with a waker of its
//! own, an allocation, whose holders can be counted; and what its latest poll has waited for is noted. Which tasks are watched is
//! decided as they are spawned: whoever asks to be told of waits sets a flag first.

use std::cell::Cell;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use pin_project_lite::pin_project;

use crate::sync::ignore_poison;
use crate::waits::edges::{Edge, Edges, Line, NOTED, Target};

/// Whether tasks are watched that are spawned from now on.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Watches the tasks that are spawned from now on.
pub(crate) fn watch() {
    WATCHING.store(true, Ordering::Relaxed);
}

/// The number of a task, which no other task has. Its lowest bits say whether the task is watched, and on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Number(usize);

const WATCHED: usize = 1;
const LISTED: usize = 2;
const STEP: usize = 4;

impl Number {
    #[inline]
    pub(crate) fn get(self) -> usize {
        self.0
    }

    #[inline]
    pub(crate) fn is_watched(self) -> bool {
        self.0 & WATCHED != 0
    }

    /// Returns whether a list of its executor keeps its waker.
    fn is_listed(self) -> bool {
        self.0 & LISTED != 0
    }
}

/// Returns whether a task is watched, by its number.
pub(crate) fn is_watched(number: usize) -> bool {
    Number(number).is_watched()
}

/// What is known of a task where it is spawned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawned {
    pub(crate) number: Number,
    pub(crate) at: Line,
}

impl Spawned {
    /// Gives a task a number. `is_listed` tells whether a list of its executor keeps its waker.
    #[inline]
    pub(crate) fn new(at: Line, is_listed: bool) -> Self {
        let is_watched = NOTED && WATCHING.load(Ordering::Relaxed);
        let flags = usize::from(is_watched) * WATCHED + usize::from(is_listed) * LISTED;
        Spawned {
            number: Number(next() + flags),
            at,
        }
    }

    /// Returns the task as what something waits for.
    pub(crate) fn target(self) -> Target {
        Target::Task {
            number: self.number.get(),
            spawned_at: self.at,
        }
    }
}

/// Returns a number that is a multiple of `STEP`.
#[inline]
fn next() -> usize {
    /// So many numbers are a thread's at a time.
    const BLOCK: usize = 1024 * STEP;

    thread_local! {
        static NEXT: Cell<usize> = const { Cell::new(0) };
    }
    static BLOCKS: AtomicUsize = AtomicUsize::new(0);

    if !NOTED {
        return 0;
    }
    let mut number = NEXT.get();
    if number % BLOCK == 0 {
        number = BLOCKS
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(BLOCK)
            .wrapping_add(STEP);
    }
    NEXT.set(number + STEP);
    number
}

/// A watched task.
pub(crate) struct Node {
    spawned: Spawned,
    waker: OnceLock<(Arc<Counted>, Waker)>,
    state: Mutex<State>,
}

#[derive(Clone)]
pub(crate) struct State {
    /// How many polls have begun and ended: odd in a poll.
    pub(crate) polls: usize,
    /// Since when it waits.
    pub(crate) since: Instant,
    /// What its latest poll has waited for.
    pub(crate) edges: Vec<Edge>,
}

/// What the wakers of a watched task share.
pub(crate) struct Counted {
    task: Waker,
    is_woken: AtomicBool,
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        self.task.wake_by_ref();
    }
}

/// The watched tasks that were polled and are not done, by number.
static NODES: Mutex<Option<HashMap<Number, Arc<Node>>>> = Mutex::new(None);

pin_project! {
    /// The future of a task that no worker polls, which is watched if that was asked for.
    pub(crate) struct Watched<F> {
        #[pin]
        future: F,
        spawned: Spawned,
    }

    impl<F> PinnedDrop for Watched<F> {
        fn drop(this: Pin<&mut Self>) {
            forget(this.spawned.number);
        }
    }
}

impl<F> Watched<F> {
    pub(crate) fn new(future: F, spawned: Spawned) -> Self {
        Watched { future, spawned }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.spawned.number.is_watched() {
            return poll(*this.spawned, cx, |cx| this.future.poll(cx));
        }
        // What it waits for is nothing that the thread waits for that polls it.
        let _edges = Edges::begin();
        this.future.poll(cx)
    }
}

/// Polls a watched task.
#[cold]
pub(crate) fn poll<T>(
    spawned: Spawned,
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let node = {
        let mut nodes = ignore_poison(NODES.lock());
        let node = nodes
            .get_or_insert_default()
            .entry(spawned.number)
            .or_insert_with(|| Arc::new(Node::new(spawned)));
        Arc::clone(node)
    };
    let (counted, waker) = node.waker.get_or_init(|| {
        let counted = Arc::new(Counted {
            task: cx.waker().clone(),
            is_woken: AtomicBool::new(false),
        });
        (Arc::clone(&counted), Waker::from(counted))
    });
    counted.is_woken.store(false, Ordering::SeqCst);
    ignore_poison(node.state.lock()).polls += 1;
    let edges = Edges::begin();
    let result = poll(&mut Context::from_waker(waker));
    let mut state = ignore_poison(node.state.lock());
    state.polls += 1;
    state.since = Instant::now();
    edges.copy_to(&mut state.edges);
    result
}

/// Forgets a task, which is dropped.
#[inline]
pub(crate) fn forget(number: Number) {
    #[cold]
    fn forget_watched(number: Number) {
        let node = ignore_poison(NODES.lock())
            .as_mut()
            .and_then(|nodes| nodes.remove(&number));
        // Not under the lock: it may hold the last waker of the task.
        drop(node);
    }

    if number.is_watched() {
        forget_watched(number);
    }
}

impl Node {
    fn new(spawned: Spawned) -> Self {
        Node {
            spawned,
            waker: OnceLock::new(),
            state: Mutex::new(State {
                polls: 0,
                since: Instant::now(),
                edges: Vec::new(),
            }),
        }
    }

    pub(crate) fn spawned(&self) -> Spawned {
        self.spawned
    }

    pub(crate) fn state(&self) -> State {
        ignore_poison(self.state.lock()).clone()
    }

    /// Returns the address in its waker.
    pub(crate) fn waker(&self) -> usize {
        self.waker.get().map_or(0, |(_, waker)| waker.data().addr())
    }

    /// Returns how many hold its waker, besides this node and the list of its executor.
    pub(crate) fn holders(&self) -> usize {
        let is_listed = self.spawned.number.is_listed();
        self.waker.get().map_or(0, |(counted, _)| {
            Arc::strong_count(counted).saturating_sub(2 + usize::from(is_listed))
        })
    }

    /// Returns whether it was woken, and has not been polled since.
    pub(crate) fn is_woken(&self) -> bool {
        self.waker
            .get()
            .is_some_and(|(counted, _)| counted.is_woken.load(Ordering::SeqCst))
    }
}

/// Returns the watched tasks.
pub(crate) fn nodes() -> Vec<Arc<Node>> {
    ignore_poison(NODES.lock())
        .iter()
        .flat_map(|nodes| nodes.values().cloned())
        .collect()
}
