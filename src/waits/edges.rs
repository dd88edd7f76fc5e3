//! What the latest poll of a wait has waited for.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::task::Context;

/// A line of the program.
pub(crate) type Line = &'static Location<'static>;

/// Whether waits are noted at all. Without threads nothing can wait, and there may be no clock.
pub(crate) const NOTED: bool = cfg!(all(
    feature = "diagnose",
    any(not(target_family = "wasm"), target_feature = "atomics")
));

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

/// With so many edges on a thread, the next one takes the place of the first. A poll that loses edges so is taken for one that waits
/// for something else.
const MOST: usize = 1024;

thread_local! {
    /// How many entries of `EDGES` count. It has no destructor.
    static COUNT: Cell<usize> = const { Cell::new(0) };

    /// The edges of all polls on this thread's stack, the outermost first.
    static EDGES: RefCell<Vec<Edge>> = const { RefCell::new(Vec::new()) };
}

/// Notes that what was just polled has returned `Pending`.
#[inline]
pub(crate) fn add(target: Target, cx: &Context<'_>) {
    if !NOTED {
        return;
    }
    let count = match COUNT.get() {
        count if count < MOST => count,
        _ => 0,
    };
    let waker = cx.waker().data().addr();
    let _ = EDGES.try_with(|edges| {
        if let Ok(mut edges) = edges.try_borrow_mut() {
            edges.truncate(count);
            edges.push(Edge { target, waker });
            COUNT.set(edges.len());
        }
    });
}

/// The edges of one poll: those that were added since this was made, until it is dropped.
///
/// Making it and dropping it are a load each: that is all that a value which is ready pays.
pub(crate) struct Edges {
    first: usize,
}

impl Edges {
    #[inline]
    pub(crate) fn begin() -> Self {
        Edges {
            first: if NOTED { COUNT.get() } else { 0 },
        }
    }

    /// Forgets them, since the next poll begins.
    #[inline]
    pub(crate) fn clear(&self) {
        if NOTED && COUNT.get() != self.first {
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
        self.clear();
    }
}
