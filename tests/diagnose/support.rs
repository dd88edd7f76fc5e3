//! What the tests of the graph share.

use std::thread;
use std::time::{Duration, Instant};

use smartcall::diagnose::{self, Waits};

/// After this time, what is waited for never comes.
const LIMIT: Duration = Duration::from_secs(20);

/// Looks at the waits until they are as wanted.
#[track_caller]
pub(crate) fn waits_until(are_so: impl Fn(&Waits) -> bool) -> Waits {
    let begun = Instant::now();
    loop {
        let waits = diagnose::waits();
        if are_so(&waits) {
            return waits;
        }
        assert!(begun.elapsed() < LIMIT, "they never are so: {waits}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Returns the one line about the wait at a line of this crate.
pub(crate) fn text_at(waits: &Waits, line: u32) -> Option<String> {
    let mut all = waits.iter();
    let wait = all.find(|wait| wait.line().is_some_and(|at| at.line() == line))?;
    Some(wait.to_string())
}

/// Waits until there is a wait at a line whose text has all these parts, and returns the text.
pub(crate) fn text_with(line: u32, parts: &[&str]) -> String {
    let has = |waits: &Waits| {
        text_at(waits, line).filter(|text| parts.iter().all(|part| text.contains(part)))
    };
    let waits = waits_until(|waits| has(waits).is_some());
    has(&waits).expect("it was there")
}
