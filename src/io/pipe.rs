//! The pipe from a handle to the job that writes: what a caller writes while its writer is on a pool.
//!
//! The handle sends its writer to a pool as one job, together with some bytes. While the job is queued or runs, further bytes go into
//! the pipe. The job takes them when it has written what it had, and ends when there are none. So a pool is asked once for many writes.
//!
//! One end, the [`Inlet`], is the handle's. The other one, the [`Outlet`], goes with the writer. All changes are made under one lock:
//!
//! | state | `is_open` | `bytes` | the handle | the job |
//! |---|---|---|---|---|
//! | closed | no | none | it has the writer, or waits for the end of the job | there is none, or it is about to end |
//! | open | yes | up to the room | `poll_push` adds bytes. If the room is full, it leaves a waker. `seal` seals the pipe | `take` takes all bytes at once, or closes the pipe if there are none |
//! | sealed | no | up to the room | it waits for the end of the job | `take` takes all bytes, and the next one closes the pipe |
//!
//! | from | to | who changes it |
//! |---|---|---|
//! | closed | open | the handle, by `open`, while it has both ends: it is about to send the job |
//! | open | sealed | the handle, by `seal`: a call waits for the writer, and others must not keep it from returning |
//! | open | sealed | the job, by a `take` that is its last one: other jobs of the pool have their turn |
//! | open, sealed | closed | the job, by `take`, if all is written |
//! | open, sealed | closed | the job, by `close`, if the writer has failed: what is in the pipe is lost |
//! | open, sealed | closed | whoever drops the outlet, likewise: a writer that panics, or a pool that refuses or drops the job |
//!
//! `take` looks for bytes and closes under one lock. So bytes are either added before, and the job goes on, or the handle finds the
//! pipe closed and sends the next job. Nothing is added to a pipe that nobody empties.
//!
//! A flush that finds the pipe open would be a job of its own. So the handle notes in `flushes` that it wants one, and seals the pipe. The
//! job looks once it has closed the pipe. If it has looked too early, the handle sends a job that flushes. A note that no job has seen
//! counts no more once the pipe is opened again.
//!
//! The waker is left under the lock under which the full room was seen. Whoever makes room or closes the pipe takes the waker out under
//! its lock, and wakes it after that. So the change is either seen by the look before the wait, or it wakes. A handle that finds the
//! pipe closed waits for the end of the job, which wakes by itself.
//!
//! No lock is held while a waker is dropped or woken: it is code of the program. A waker that panics harms neither the job nor a panic
//! that is under way.

use std::mem;
use std::task::{Context, Poll, Waker};

use crate::offload::spawn_blocking::quietly;
use crate::sync::{Arc, Mutex, MutexGuard, ignore_poison};

struct State {
    /// What was written and not taken.
    bytes: Vec<u8>,
    /// Whether bytes may be added.
    is_open: bool,
    /// Whether the job is asked to flush at its end.
    flushes: bool,
    /// Wakes the caller that waits for room.
    caller: Option<Waker>,
}

struct Pipe(Mutex<State>);

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        ignore_poison(self.0.lock())
    }

    /// Takes out the waker that was left here, and drops it.
    fn forget_caller(&self) {
        let caller = self.lock().caller.take();
        drop(caller);
    }
}

/// Makes a pipe for so many bytes. It is closed.
pub(crate) fn pipe(room: usize) -> (Inlet, Outlet) {
    let pipe = Arc::new(Pipe(Mutex::new(State {
        bytes: Vec::new(),
        is_open: false,
        flushes: false,
        caller: None,
    })));
    let outlet = Outlet(Arc::clone(&pipe));
    (Inlet { pipe, room }, outlet)
}

/// The pipe is closed or sealed: the job is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IsClosed;

/// The handle's end.
pub(crate) struct Inlet {
    pipe: Arc<Pipe>,
    room: usize,
}

impl Inlet {
    /// Lets bytes be added. The job is sent after that.
    pub(crate) fn open(&self) {
        let mut state = self.pipe.lock();
        state.is_open = true;
        state.flushes = false;
    }

    /// Adds as many bytes as there is room for, and returns how many. If there is no room, it adds none and leaves the waker.
    pub(crate) fn poll_push(
        &self,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<Result<usize, IsClosed>> {
        let mut state = self.pipe.lock();
        if !state.is_open {
            return Poll::Ready(Err(IsClosed));
        }
        let room = self.room - state.bytes.len();
        if room == 0 {
            let previous = state.caller.replace(cx.waker().clone());
            drop(state);
            drop(previous);
            return Poll::Pending;
        }
        let count = room.min(bytes.len());
        let needed = state.bytes.len() + count;
        if needed > state.bytes.capacity() && needed > self.room / 16 {
            // Memory that is not touched costs nothing, and to move what is there would.
            let most = self.room - state.bytes.len();
            state.bytes.reserve_exact(most);
        }
        state.bytes.extend_from_slice(&bytes[..count]);
        // Whoever counts the clones of a waker shall not find one that is not needed any more.
        let previous = state.caller.take();
        drop(state);
        drop(previous);
        Poll::Ready(Ok(count))
    }

    /// Lets no more bytes be added: the job ends when it has written those that there are.
    pub(crate) fn seal(&self) {
        self.pipe.lock().is_open = false;
    }

    /// Asks the job to flush when all is written. It may have looked before: how it has ended tells whether it has flushed.
    pub(crate) fn ask_to_flush(&self) {
        self.pipe.lock().flushes = true;
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        // The job goes on.
        self.pipe.forget_caller();
    }
}

/// The writer's end. Dropping it closes the pipe.
pub(crate) struct Outlet(Arc<Pipe>);

impl Outlet {
    /// Takes all bytes, in exchange for an empty buffer. If there are none, it closes the pipe and returns `false`.
    ///
    /// If it is the last one, it seals the pipe.
    pub(crate) fn take(&self, to: &mut Vec<u8>, is_last: bool) -> bool {
        to.clear();
        let mut state = self.0.lock();
        mem::swap(&mut state.bytes, to);
        if to.is_empty() || is_last {
            state.is_open = false;
        }
        let caller = state.caller.take();
        drop(state);
        wake(caller);
        !to.is_empty()
    }

    /// Returns whether to flush. All is written, and the pipe is closed.
    pub(crate) fn flushes(&self) -> bool {
        self.0.lock().flushes
    }

    /// Closes the pipe. Bytes that are in it are lost.
    pub(crate) fn close(&self) {
        let mut state = self.0.lock();
        state.is_open = false;
        state.bytes.clear();
        let caller = state.caller.take();
        drop(state);
        wake(caller);
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.close();
    }
}

fn wake(caller: Option<Waker>) {
    if let Some(waker) = caller {
        quietly(|| waker.wake());
    }
}
