//! Reports of waits that last.

use std::collections::{HashMap, HashSet};
use std::env;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use crate::diagnose::graph::{Graph, Key, TaskIs};
use crate::diagnose::waits::{Wait, Waits};
use crate::system::HAS_THREADS;
#[cfg(feature = "executor")]
use crate::waits::tasks;

/// The environment variable that asks for reports.
const VARIABLE: &str = "SMARTCALL_STUCK";

/// Calls a function when a wait lasts for long.
///
/// It is called once for each `.get()`, each `block_on` of an executor, each drop that waits, and each poll that holds a worker,
/// when it has lasted for this time: with all of them that are new, and what they lead to. It is called once more when such a
/// wait has ended: then [`Waits::ended`] has it. Call it early in the program: a task is watched only if it is spawned afterwards.
///
/// The function is called on a thread of its own, `smartcall-stuck`, which looks eight times in this time, but once in 10 ms at most
/// and once in a second at least. If the function panics, the panic hook reports it, and the thread goes on.
///
/// # Panics
///
/// Panics if the thread can't be started.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smartcall::diagnose;
///
/// diagnose::on_stuck(Duration::from_secs(10), |waits| {
///     for cycle in waits.cycles() {
///         eprintln!("{cycle}");
///     }
/// });
/// ```
#[track_caller]
pub fn on_stuck(after: Duration, report: impl Fn(&Waits) + Send + Sync + 'static) {
    if let Err(error) = start(after, report) {
        panic!(
            "cannot start the thread that looks for waits: {error}. This happens if the system can't start more threads. Call \
             `on_stuck` early in the program."
        );
    }
}

/// Starts reports on stderr, if the environment asks for them. It is called before anything waits, and does nothing from the second
/// call on.
pub(crate) fn start_if_asked() {
    static ONCE: Once = Once::new();

    ONCE.call_once(|| {
        let Ok(value) = env::var(VARIABLE) else {
            return;
        };
        let started = match parse(&value) {
            Some(after) => start(after, print).map_err(|error| error.to_string()),
            None => Err(format!(
                "`{value}` is no duration. Write `10s`, `500ms` or `2min`"
            )),
        };
        if let Err(error) = started {
            let _ = writeln!(io::stderr(), "smartcall: {VARIABLE} has no effect: {error}");
        }
    });
}

/// Prints a report, or passes it to `tracing`.
fn print(waits: &Waits) {
    #[cfg(feature = "tracing")]
    if smartcall_context::internal::warn(waits) {
        return;
    }
    let _ = writeln!(io::stderr(), "{waits}");
}

/// Reads a duration such as `10s`. A bare number counts seconds.
fn parse(value: &str) -> Option<Duration> {
    let value = value.trim();
    let digits = value
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(value.len());
    let number: u64 = value[..digits].parse().ok()?;
    let duration = match value[digits..].trim() {
        "ms" => Duration::from_millis(number),
        "s" | "" => Duration::from_secs(number),
        "min" => Duration::from_secs(number.checked_mul(60)?),
        _ => return None,
    };
    (duration > Duration::ZERO).then_some(duration)
}

fn start(after: Duration, report: impl Fn(&Waits) + Send + Sync + 'static) -> io::Result<()> {
    #[cfg(feature = "executor")]
    tasks::watch();
    if !HAS_THREADS {
        // Nothing can wait there.
        return Ok(());
    }
    let watch = move || {
        let mut reported = Reported::default();
        loop {
            thread::sleep((after / 8).clamp(Duration::from_millis(10), Duration::from_secs(1)));
            for waits in reported.look(after) {
                // A panic was reported by the hook.
                let _ = panic::catch_unwind(AssertUnwindSafe(|| report(&waits)));
            }
        }
    };
    thread::Builder::new()
        .name("smartcall-stuck".into())
        .spawn(watch)
        .map(drop)
}

/// The waits that were reported and have not ended.
#[derive(Default)]
struct Reported(HashMap<Key, (Wait, Instant)>);

impl Reported {
    /// Returns what is to be reported now.
    fn look(&mut self, after: Duration) -> Vec<Waits> {
        let graph = Graph::read();
        let mut lasting: HashMap<Key, Instant> = HashMap::new();
        for known in &graph.waits {
            lasting.insert(Key::Wait(known.wait.id), known.wait.since);
        }
        for number in &graph.stalled {
            if let Some(TaskIs::Polled {
                long: Some((since, _)),
                ..
            }) = graph.tasks.get(number).map(|task| &task.is)
            {
                // The same task may hold a worker again.
                lasting.insert(Key::Poll(*number), *since);
            }
        }
        let is_same = |key: &Key, since: &Instant| lasting.get(key) == Some(since);
        let ended: Vec<Key> = self
            .0
            .iter()
            .filter(|(key, (_, since))| !is_same(key, since))
            .map(|(key, _)| *key)
            .collect();
        let ended: Vec<Wait> = ended
            .into_iter()
            .filter_map(|key| self.0.remove(&key))
            .map(|(wait, since)| wait.into_ended(since.elapsed()))
            .collect();
        let mut reports = Vec::new();
        if !ended.is_empty() {
            reports.push(Waits::of_ended(ended));
        }
        let is_new = |key: &Key| {
            let lasts = lasting
                .get(key)
                .is_some_and(|since| since.elapsed() >= after);
            lasts && !self.0.contains_key(key)
        };
        let mut new: HashSet<Key> = lasting.keys().copied().filter(is_new).collect();
        if !new.is_empty() {
            // What begins at nearly the same time is told at once: the members of a circle.
            let soon = |(key, since): (&Key, &Instant)| {
                (since.elapsed() >= after / 2 && !self.0.contains_key(key)).then_some(*key)
            };
            new.extend(lasting.iter().filter_map(soon));
            let waits = Waits::of(graph, |key| new.contains(&key));
            for (key, wait) in waits.by_key() {
                if let Some(since) = lasting.get(&key) {
                    self.0.insert(key, (wait.clone(), *since));
                }
            }
            reports.push(waits);
        }
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse("10s"), Some(Duration::from_secs(10)));
        assert_eq!(parse(" 500 ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("2min"), Some(Duration::from_secs(120)));
        assert_eq!(parse("7"), Some(Duration::from_secs(7)));
        for wrong in ["", "s", "0s", "-1s", "1h", "ten", "99999999999999999999s"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
