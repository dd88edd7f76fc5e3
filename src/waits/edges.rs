//! What the latest poll of a wait has waited for.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::task::Context;

/// A line of the program.
pub(crate) type Line = &'static Location<'static>;

/// Whether waits are noted at all.
pub(crate) const NOTED: bool = cfg!(feature = "diagnose");

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A task of an executor, by its number, and where it was spawned.
    Task { number: usize, spawned_at: Line },
    /// A job, by its address, and where its handle was made.
    Job { address: usize, made_at: Line },
}

/// A poll has waited for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) target: Target,
    /// The address in the waker with which it was polled.
    pub(crate) waker: usize,
}

/// The count outside of all polls whose edges are wanted: an executor of another crate may poll tasks and jobs of ours for ever.
const UNWANTED: usize = usize::MAX;

/// More edges than this are not noted in one poll.
const MOST: usize = 1024;

thread_local! {
    /// How many entries of `EDGES` count, or `UNWANTED`. It has no destructor.
    static COUNT: Cell<usize> = const { Cell::new(UNWANTED) };

    /// The edges of all polls on this thread's stack, the outermost first.
    static EDGES: RefCell<Vec<Edge>> = const { RefCell::new(Vec::new()) };
}

/// Notes that what was just polled has returned `Pending`.
#[inline]
pub(crate) fn add(target: Target, cx: &Context<'_>) {
    let count = COUNT.get();
    // `UNWANTED` is more, too.
    if !NOTED || count >= MOST {
        return;
    }
    let waker = cx.waker().data().addr();
    let _ = EDGES.try_with(|edges| {
        if let Ok(mut edges) = edges.try_borrow_mut() {
            edges.truncate(count);
            edges.push(Edge { target, waker });
            COUNT.set(edges.len());
        }
    });
}

/// The edges of one poll: those that were added since this was made. Dropping it forgets them.
pub(crate) struct Edges {
    /// The first of them.
    first: usize,
    /// The count of the poll around this one.
    outer: usize,
}

impl Edges {
    #[inline]
    pub(crate) fn begin() -> Self {
        let outer = COUNT.get();
        let edges = Edges {
            first: if outer == UNWANTED { 0 } else { outer },
            outer,
        };
        edges.clear();
        edges
    }

    /// Forgets them, since the next poll begins.
    #[inline]
    pub(crate) fn clear(&self) {
        if NOTED {
            COUNT.set(self.first);
        }
    }

    /// Copies them, each once.
    pub(crate) fn copy_to(&self, copy: &mut Vec<Edge>) {
        copy.clear();
        let _ = EDGES.try_with(|edges| {
            if let Ok(edges) = edges.try_borrow() {
                for edge in edges.iter().take(COUNT.get()).skip(self.first) {
                    if !copy.contains(edge) {
                        copy.push(*edge);
                    }
                }
            }
        });
    }
}

impl Drop for Edges {
    #[inline]
    fn drop(&mut self) {
        if NOTED {
            COUNT.set(self.outer);
        }
    }
}
