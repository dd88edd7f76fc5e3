//! Which thread is where in which program. It is printed when a program hangs.

use std::cell::OnceCell;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use super::ledger::Run;

/// All threads that have been in a program, as long as they run.
static THREADS: Mutex<Vec<Weak<Place>>> = Mutex::new(Vec::new());

thread_local! {
    /// The place of this thread.
    static HERE: OnceCell<Arc<Place>> = const { OnceCell::new() };
}

/// The place of one thread: what it is in, from the outermost to the innermost.
struct Place {
    thread: String,
    frames: Mutex<Vec<Frame>>,
}

/// One thing that a thread is in.
struct Frame {
    /// The name of the run, which is not kept alive by being talked about.
    name: Arc<str>,
    id: usize,
    what: &'static str,
}

/// Says where the thread is, until it is dropped.
#[must_use = "the place is left as soon as the guard is dropped"]
pub struct Here(());

/// Notes that this thread is at a call, doing something.
pub fn enter(run: &Arc<Run>, id: usize, what: &'static str) -> Here {
    with_frames(|frames| {
        frames.push(Frame {
            name: Arc::clone(&run.name),
            id,
            what,
        });
    });
    Here(())
}

impl Drop for Here {
    fn drop(&mut self) {
        with_frames(|frames| {
            frames.pop();
        });
    }
}

/// Whether this thread is in no program.
pub fn is_nowhere() -> bool {
    let mut is_empty = true;
    with_frames(|frames| is_empty = frames.is_empty());
    is_empty
}

fn with_frames(f: impl FnOnce(&mut Vec<Frame>)) {
    // In a dying thread there is nothing to be noted.
    let _ = HERE.try_with(|here| f(&mut lock(&here.get_or_init(new_place).frames)));
}

fn new_place() -> Arc<Place> {
    let place = Arc::new(Place {
        thread: thread::current().name().unwrap_or("a thread").into(),
        frames: Mutex::default(),
    });
    let mut threads = lock(&THREADS);
    threads.retain(|place| place.strong_count() > 0);
    threads.push(Arc::downgrade(&place));
    place
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The places of all threads that are in a program, from the outermost to the innermost.
pub fn all() -> String {
    let mut lines = String::new();
    for place in lock(&THREADS).iter().filter_map(Weak::upgrade) {
        let frames = lock(&place.frames);
        if frames.is_empty() {
            continue;
        }
        let _ = write!(lines, "  {}", place.thread);
        let mut last: &str = "";
        for frame in frames.iter() {
            // The program is said once, unless one is in another.
            if *frame.name != *last {
                let _ = write!(lines, ", in {}", frame.name);
            }
            let _ = write!(lines, "\n      {} in call {}", frame.what, frame.id);
            last = &frame.name;
        }
        lines.push('\n');
    }
    lines
}
