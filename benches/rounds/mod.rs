//! Subjects measured in turn, round after round.
//!
//! What disturbs the machine for a while falls on all subjects of a group, so their ratios hold
//! where their times do not. A ratio is taken in each round; shown is the median.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::env;
use std::time::{Duration, Instant};

/// How many rounds there are.
pub(crate) const ROUNDS: usize = 15;

/// One way to do what a group is about.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'static str,
    /// How often it is done in a round.
    times: u64,
    run: Run<'a>,
}

/// Does it so many times, and says how long that took.
type Run<'a> = Box<dyn FnMut(u64) -> Duration + 'a>;

/// A subject that is done so many times in a round.
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

/// Times so many calls.
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
    /// Sets how often it is done in a round, so that a round takes about so long.
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
/// With `--test` each subject is run once. A word on the command line picks the groups that have
/// it in their name.
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

/// Whether the bodies are only to be tried out.
pub(crate) fn is_test() -> bool {
    env::args().any(|flag| flag == "--test")
}

/// Whether a group is to be measured, by the words on the command line.
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

/// The nanoseconds a time that each subject took, round by round.
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
    /// The median time of a subject.
    pub(crate) fn time(&self, subject: usize) -> f64 {
        median(self.0.iter().map(|round| round[subject]))
    }

    /// The median of the ratios of one subject to another.
    pub(crate) fn ratio(&self, subject: usize, to: usize) -> f64 {
        median(self.0.iter().map(|round| round[subject] / round[to]))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
