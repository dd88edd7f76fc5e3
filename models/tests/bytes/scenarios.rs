//! Scenarios of a pipe, explored for each order in which the threads can run.
//!
//! The thread of the model has the handle. It waits until something wakes it, so a lost wake-up is a deadlock. Where the pipe is full,
//! it waits for the pipe alone: the handle of the crate waits for the end of the job as well.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use loom::thread::{JoinHandle, spawn};
use smartcall_models::loom_explore::{Held, Unpark, explore, join, wait_for};

use crate::io::pipe::{self, Inlet, IsClosed, Outlet};
use crate::sync::{self, Mutex, MutexGuard};

/// How the writes of a job go.
#[derive(Clone, Copy, PartialEq)]
enum Goes {
    Well,
    /// The first write fails.
    Fails,
    /// The first write panics, or the job is dropped before it begins.
    IsDropped,
    /// It ends when it has taken from the pipe once.
    InTurns,
}

/// What comes back from a job: the writer, unless it is lost, and whether it has failed.
struct Back {
    outlet: Option<Held<Outlet>>,
    has_failed: bool,
}

/// The end of a job.
#[derive(Clone)]
struct End(Arc<Mutex<State>>);

struct State {
    back: Option<Back>,
    waker: Option<Waker>,
}

impl End {
    fn new() -> Self {
        End(Arc::new(Mutex::new(State {
            back: None,
            waker: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::ignore_poison(self.0.lock())
    }

    fn happen(&self, back: Back) {
        let mut state = self.lock();
        state.back = Some(back);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Back> {
        let mut state = self.lock();
        if let Some(back) = state.back.take() {
            return Poll::Ready(back);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// What the writer was given. It is not part of the protocol.
#[derive(Clone, Default)]
struct Written(Arc<std::sync::Mutex<Vec<u8>>>);

impl Written {
    fn add(&self, bytes: &[u8]) {
        sync::ignore_poison(self.0.lock()).extend_from_slice(bytes);
    }

    fn bytes(&self) -> Vec<u8> {
        sync::ignore_poison(self.0.lock()).clone()
    }
}

/// What a writer is given by a flush.
const FLUSHED: u8 = 100;

/// The code of a job, as `Inner` has it.
fn run(outlet: Held<Outlet>, mut taken: Vec<u8>, goes: Goes, written: &Written) -> Back {
    let has_failed = loop {
        match goes {
            Goes::Well | Goes::InTurns => written.add(&taken),
            Goes::Fails => {
                outlet.get().close();
                break true;
            }
            Goes::IsDropped => {
                drop(outlet);
                return Back {
                    outlet: None,
                    has_failed: true,
                };
            }
        }
        if !outlet.get().take(&mut taken, goes == Goes::InTurns) {
            if outlet.get().flushes() {
                written.add(&[FLUSHED]);
            }
            break false;
        }
    };
    Back {
        outlet: Some(outlet),
        has_failed,
    }
}

/// A handle of a writer, as `Blocking` is one.
struct Handle {
    inlet: Held<Inlet>,
    /// `None` while a job has it, or if it is lost.
    outlet: Option<Held<Outlet>>,
    end: End,
    jobs: Vec<JoinHandle<()>>,
    written: Written,
}

impl Handle {
    fn new(room: usize) -> Self {
        let (inlet, outlet) = pipe::pipe(room);
        Handle {
            inlet: Held::new(inlet),
            outlet: Some(Held::new(outlet)),
            end: End::new(),
            jobs: Vec::new(),
            written: Written::default(),
        }
    }

    /// Sends a job with a byte.
    fn send(&mut self, byte: u8, goes: Goes) {
        let outlet = self.outlet.take().expect("it is here");
        self.inlet.get().open();
        let (end, written) = (self.end.clone(), self.written.clone());
        let job = move || end.happen(run(outlet, vec![byte], goes, &written));
        self.jobs.push(spawn(job));
    }

    fn push(&self, byte: u8) -> Result<usize, IsClosed> {
        wait_for(|cx| self.inlet.get().poll_push(&[byte], cx))
    }

    /// Waits for the end of the job. Returns whether it has failed.
    fn wait(&mut self) -> bool {
        let back = wait_for(|cx| self.end.poll(cx));
        self.outlet = back.outlet;
        back.has_failed
    }

    /// Writes a byte. Jobs that are sent go well.
    fn write(&mut self, byte: u8) {
        if self.outlet.is_none() {
            if let Ok(count) = self.push(byte) {
                return assert_eq!(count, 1, "not taken");
            }
            assert!(!self.wait());
        }
        self.send(byte, Goes::Well);
    }

    /// Waits until all is written.
    fn flush(&mut self) {
        if self.outlet.is_none() {
            self.inlet.get().seal();
            assert!(!self.wait());
        }
        self.jobs.drain(..).for_each(join);
    }
}

pub(crate) fn each_byte_once() {
    for room in [1, 2] {
        explore(3, move || {
            let mut handle = Handle::new(room);
            for byte in 0..4 {
                // loom has so many threads.
                if handle.jobs.len() == 2 {
                    handle.flush();
                }
                handle.write(byte);
            }
            handle.flush();
            assert_eq!(handle.written.bytes(), [0, 1, 2, 3], "lost or not in order");
        });
    }
}

/// The handle writes until it is told.
fn is_told(goes: Goes, last: u8) -> Handle {
    let mut handle = Handle::new(1);
    handle.send(0, goes);
    for byte in 1..=last {
        if handle.push(byte).is_err() {
            break;
        }
        assert!(byte < last, "nobody takes it");
    }
    assert!(handle.wait(), "not told");
    handle.jobs.drain(..).for_each(join);
    handle
}

pub(crate) fn writer_fails() {
    explore(5, || {
        let mut handle = is_told(Goes::Fails, 2);
        handle.send(7, Goes::Well);
        handle.flush();
        assert_eq!(handle.written.bytes(), [7], "what was lost is written");
    });
}

pub(crate) fn job_is_dropped() {
    explore(5, || {
        let handle = is_told(Goes::IsDropped, 2);
        assert!(handle.outlet.is_none());
        assert_eq!(handle.push(9), Err(IsClosed), "nobody takes it");
    });
}

pub(crate) fn pipe_is_sealed() {
    explore(5, || {
        let mut handle = Handle::new(2);
        handle.send(0, Goes::Well);
        let is_taken = handle.push(1).is_ok();
        handle.inlet.get().seal();
        assert_eq!(handle.push(2), Err(IsClosed), "it has overtaken");
        assert!(!handle.wait());
        assert_eq!(handle.push(2), Err(IsClosed), "nobody takes it");
        let all: &[u8] = if is_taken { &[0, 1] } else { &[0] };
        assert_eq!(handle.written.bytes(), all, "lost");
        handle.flush();
    });
}

pub(crate) fn flush_joins_the_job() {
    explore(5, || {
        let mut handle = Handle::new(2);
        handle.write(0);
        handle.write(1);
        handle.inlet.get().ask_to_flush();
        handle.flush();
        let mut all = handle.written.bytes();
        if !all.contains(&FLUSHED) {
            // The job has looked before: the handle flushes.
            handle.written.add(&[FLUSHED]);
            all.push(FLUSHED);
        }
        assert_eq!(all, [0, 1, FLUSHED], "not flushed at the end");
        handle.write(2);
        handle.flush();
        assert_eq!(handle.written.bytes(), [0, 1, FLUSHED, 2], "flushed again");
    });
}

pub(crate) fn turn_ends() {
    explore(5, || {
        let mut handle = Handle::new(1);
        handle.send(0, Goes::InTurns);
        let taken = (1..4).take_while(|&byte| handle.push(byte).is_ok()).count();
        assert!(taken <= 1, "the job goes on");
        assert!(!handle.wait());
        let all: &[u8] = if taken == 1 { &[0, 1] } else { &[0] };
        assert_eq!(handle.written.bytes(), all, "lost");
        handle.flush();
    });
}

pub(crate) fn handle_is_dropped() {
    explore(5, || {
        let mut handle = Handle::new(1);
        handle.send(0, Goes::Well);
        let count = Arc::new(Unpark::here());
        let waker = Waker::from(Arc::clone(&count));
        let mut taken = vec![0];
        for byte in 1..3 {
            let mut cx = Context::from_waker(&waker);
            match handle.inlet.get().poll_push(&[byte], &mut cx) {
                Poll::Ready(Ok(_)) => taken.push(byte),
                Poll::Ready(Err(_)) | Poll::Pending => break,
            }
        }
        drop(waker);
        let (job, written) = (handle.jobs.remove(0), handle.written.clone());
        // The writer lives as long as the job.
        let end = handle.end.clone();
        drop(handle);
        let wakers = Arc::strong_count(&count) - 1;
        join(job);
        assert_eq!(written.bytes(), taken, "lost");
        // A job that has just taken it out may have it.
        assert!(wakers <= 1);
        assert_eq!(Arc::strong_count(&count), 1, "the waker is kept");
        drop(end);
    });
    // The same, while no job takes it out.
    explore(5, || {
        let (inlet, outlet) = pipe::pipe(1);
        let (inlet, outlet) = (Held::new(inlet), Held::new(outlet));
        inlet.get().open();
        let count = Arc::new(Unpark::here());
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        assert_eq!(inlet.get().poll_push(&[1], &mut cx), Poll::Ready(Ok(1)));
        assert_eq!(inlet.get().poll_push(&[2], &mut cx), Poll::Pending);
        drop(waker);
        drop(inlet);
        assert_eq!(Arc::strong_count(&count), 1, "the waker is kept");
        let mut taken = Vec::new();
        assert!(outlet.get().take(&mut taken, false));
        assert_eq!(taken, [1], "lost");
    });
}

pub(crate) fn full_pipe() {
    explore(5, || {
        let (inlet, outlet) = pipe::pipe(2);
        let (inlet, outlet) = (Held::new(inlet), Held::new(outlet));
        inlet.get().open();
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(inlet.get().poll_push(&[1], &mut cx), Poll::Ready(Ok(1)));
        let part = inlet.get().poll_push(&[2, 3], &mut cx);
        assert_eq!(part, Poll::Ready(Ok(1)), "not the part that fits");
        let full = inlet.get().poll_push(&[3], &mut cx);
        assert_eq!(full, Poll::Pending, "taken without room");
        let mut taken = Vec::new();
        assert!(outlet.get().take(&mut taken, false));
        assert_eq!(taken, [1, 2]);
        assert!(!outlet.get().take(&mut taken, false));
        let closed = inlet.get().poll_push(&[3], &mut cx);
        assert_eq!(closed, Poll::Ready(Err(IsClosed)), "nobody takes it");
    });
}
