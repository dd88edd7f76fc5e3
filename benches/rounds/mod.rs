//! Subjects measured in turn, round after round.
//!
//! A disturbance of the system affects all subjects of a group, so ratios are more stable than times. Each round
//! yields a ratio, and the median is shown.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::env;
use std::time::{Duration, Instant};

/// The number of rounds.
pub(crate) const ROUNDS: usize = 15;

/// One of the alternatives that a group compares.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'static str,
    /// How often it runs in a round.
    times: u64,
    run: Run<'a>,
}

/// Runs a subject a number of times, and returns how long that took.
type Run<'a> = Box<dyn FnMut(u64) -> Duration + 'a>;

/// Creates a subject that runs `times` times in a round.
pub(crate) fn subject<'a>(
    name: &'static str,
    times: u64,
    run: impl FnMut(u64) -> Duration + 'a,
) -> Subject<'a> {
    Subject {
        name,
        times,
        run: Box::new(run),
    }
}

/// Measures a number of calls.
pub(crate) fn timed<R>(mut call: impl FnMut() -> R) -> impl FnMut(u64) -> Duration {
    move |times| {
        let start = Instant::now();
        for _ in 0..times {
            std::hint::black_box(call());
        }
        start.elapsed()
    }
}

impl Subject<'_> {
    /// Sets how often the subject runs in a round, so that a round takes about this long.
    pub(crate) fn fit(&mut self, round: Duration) {
        self.times = 1;
        loop {
            let took = (self.run)(self.times);
            if took * 2 >= round {
                return;
            }
            let factor = round.as_nanos() / took.as_nanos().max(1);
            self.times *= u64::try_from(factor).unwrap_or(2).clamp(2, 100);
        }
    }
}

/// Measures a group, and prints a line for each subject: its time, and its ratio to the first.
///
/// With `--test`, each subject runs once. A word on the command line selects the groups whose names contain it.
pub(crate) fn group(name: &str, mut subjects: Vec<Subject<'_>>) {
    if !is_picked(name) {
        return;
    }
    if is_test() {
        return try_out(name, &mut subjects);
    }
    let rounds = measure(&mut subjects);
    println!("\n{name}\n  {:44} {:>12} {:>9}", "", "ns", "ratio");
    for (i, subject) in subjects.iter().enumerate() {
        let (time, ratio) = (rounds.time(i), rounds.ratio(i, 0));
        println!("  {:44} {time:12.1} {ratio:9.3}", subject.name);
    }
}

/// Returns whether to run each body only once.
pub(crate) fn is_test() -> bool {
    env::args().any(|flag| flag == "--test")
}

/// Returns whether the words on the command line select a group.
pub(crate) fn is_picked(name: &str) -> bool {
    let mut words = env::args().skip(1).filter(|word| !word.starts_with("--"));
    words.next().is_none_or(|word| name.contains(&word))
}

/// Runs each subject once.
pub(crate) fn try_out(name: &str, subjects: &mut [Subject<'_>]) {
    for subject in subjects {
        (subject.run)(1);
        println!("Testing {name}/{}\nSuccess", subject.name);
    }
}

/// The nanoseconds per run of each subject, round by round.
pub(crate) struct Rounds(Vec<Vec<f64>>);

/// Measures subjects in turn.
pub(crate) fn measure(subjects: &mut [Subject<'_>]) -> Rounds {
    let mut run = |subject: &mut Subject<'_>| {
        (subject.run)(subject.times).as_secs_f64() * 1e9 / subject.times as f64
    };
    // The first round warms up.
    let rounds = (0..=ROUNDS).map(|_| subjects.iter_mut().map(&mut run).collect());
    Rounds(rounds.skip(1).collect())
}

impl Rounds {
    /// Returns the median time of a subject.
    pub(crate) fn time(&self, subject: usize) -> f64 {
        median(self.0.iter().map(|round| round[subject]))
    }

    /// Returns the median of the ratios of one subject to another.
    pub(crate) fn ratio(&self, subject: usize, to: usize) -> f64 {
        median(self.0.iter().map(|round| round[subject] / round[to]))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
