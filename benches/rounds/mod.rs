//! Subjects measured in turn, round after round.
//!
//! What disturbs the machine for a while falls on all subjects of a group, so their ratios hold
//! where their times do not. A ratio is taken in each round; shown is the median.

use std::env;
use std::time::Duration;

/// How many rounds there are.
pub(crate) const ROUNDS: usize = 15;

/// One way to do what a group is about.
pub(crate) struct Subject<'a> {
    name: &'static str,
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

/// Measures a group, and prints a line for each subject: its time, and its ratio to the first.
///
/// With `--test` each subject is run once. A word on the command line picks the groups that have
/// it in their name.
pub(crate) fn group(name: &str, mut subjects: Vec<Subject<'_>>) {
    let mut words = env::args().skip(1).filter(|word| !word.starts_with("--"));
    if !words.next().is_none_or(|word| name.contains(&word)) {
        return;
    }
    if env::args().any(|flag| flag == "--test") {
        for subject in &mut subjects {
            (subject.run)(1);
            println!("Testing {name}/{}\nSuccess", subject.name);
        }
        return;
    }
    let rounds = measure(&mut subjects);
    println!("\n{name}\n  {:44} {:>12} {:>9}", "", "ns", "ratio");
    for (i, subject) in subjects.iter().enumerate() {
        let time = median(rounds.iter().map(|round| round[i]));
        let ratio = median(rounds.iter().map(|round| round[i] / round[0]));
        println!("  {:44} {time:12.1} {ratio:9.3}", subject.name);
    }
}

/// Returns the nanoseconds a time that each subject took, round by round.
fn measure(subjects: &mut [Subject<'_>]) -> Vec<Vec<f64>> {
    let mut run = |subject: &mut Subject<'_>| {
        (subject.run)(subject.times).as_secs_f64() * 1e9 / subject.times as f64
    };
    // The first round warms up.
    (0..=ROUNDS)
        .map(|_| subjects.iter_mut().map(&mut run).collect())
        .skip(1)
        .collect()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
