//! What the system knows of a thread: whether it is blocked, and how long it has computed.
//!
//! A worker that is stuck in a poll either waits for something, or computes. To `std` the two are the same. Linux tells them
//! apart, in a file for each thread. On other systems it is not known.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::str;
use std::time::Duration;

/// The unit of the times in that file: `USER_HZ`, which is 100 on all architectures of Linux that Rust is for.
const TICK: Duration = Duration::from_millis(10);

/// A thread, as the system knows it.
#[derive(Debug)]
pub(crate) struct OsThread {
    /// The file with the thread's state.
    stat: PathBuf,
}

impl OsThread {
    /// Returns the current thread, if the system shows the states of threads.
    pub(crate) fn current() -> Option<Self> {
        // It reads "<process>/task/<thread>".
        let thread = fs::read_link("/proc/thread-self").ok()?;
        let stat = PathBuf::from("/proc").join(thread).join("stat");
        Some(OsThread { stat })
    }

    /// Returns what the thread does, if that is known. It allocates nothing, since it is looked at again and again.
    pub(crate) fn activity(&self) -> Option<Activity> {
        // The fields up to the 15th: the name has up to 64 bytes, and a number up to 20.
        let mut stat = [0; 512];
        let length = File::open(&self.stat).ok()?.read(&mut stat).ok()?;
        // "<thread> (<name>) <state> …". The name may have parentheses in it, and Linux cuts a long one, which may be in the
        // middle of a character.
        let name_end = stat[..length].iter().rposition(|&byte| byte == b')')?;
        let rest = str::from_utf8(stat[..length].get(name_end + 2..)?).ok()?;
        let mut fields = rest.split(' ');
        let is_blocked = fields.next()? != "R";
        // The times in user code and in the kernel: fields 14 and 15 of proc(5), where the state is field 3.
        let times = fields.skip(10).take(2);
        let ticks: u32 = times.filter_map(|time| time.parse::<u32>().ok()).sum();
        Some(Activity {
            is_blocked,
            computed: ticks * TICK,
        })
    }
}

/// What a thread does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activity {
    /// Whether it waits for something.
    pub(crate) is_blocked: bool,
    /// For how long it has used a core since it was started.
    pub(crate) computed: Duration,
}
