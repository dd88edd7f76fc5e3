//! Pairs of tasks, one of which gets what the other one sends, on 1 to 4 workers.
//!
//! A lost wake-up shows after some ten thousand rounds, which an ignored test runs:
//!
//! `cargo test --release --test stress pairs -- --ignored --nocapture`
//!
//! The same with a delay where a runner leaves, in a target directory of its own:
//!
//! `RUSTFLAGS='--cfg smartcall_delay' cargo test --release --target-dir target/delay \
//! --test stress pairs -- --ignored --nocapture`
//!
//! SMARTCALL_STRESS_ROUNDS sets how many rounds, 300,000 if not set. Run two of them at once, on
//! two cores, to see threads stopped in the middle of what they do. Where it hangs, it prints
//! what each task waits for.

use std::env;
use std::fmt::Write;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::{Dual, Executor};

/// How long without a round that ends counts as a hang.
const LIMIT: Duration = Duration::from_secs(60);

/// How many pairs there are in a round.
const PAIRS: usize = 8;

#[test]
fn a_few_rounds() {
    rounds(2_000);
}

#[test]
#[ignore = "it takes a minute or more; see the top of the file"]
fn many_rounds() {
    let rounds_set = env::var("SMARTCALL_STRESS_ROUNDS");
    rounds(rounds_set.map_or(300_000, |n| n.parse().expect("a number of rounds")));
}

/// How far each task has come. It is printed when a round hangs.
#[derive(Default)]
struct Progress {
    workers: AtomicUsize,
    round: AtomicUsize,
    getters: [AtomicU8; PAIRS],
    senders: [AtomicU8; PAIRS],
}

/// How far a task has come, in order.
#[derive(Clone, Copy)]
enum Step {
    Spawned,
    Runs,
    Waits,
    Ended,
}

const STEPS: [&str; 4] = ["is spawned", "runs", "waits in get", "has ended"];

impl Progress {
    fn table(&self) -> String {
        let mut table = format!(
            "round {} on {} workers",
            self.round.load(Ordering::SeqCst),
            self.workers.load(Ordering::SeqCst),
        );
        for i in 0..PAIRS {
            let step = |steps: &[AtomicU8]| STEPS[usize::from(steps[i].load(Ordering::SeqCst))];
            let (getter, sender) = (step(&self.getters), step(&self.senders));
            write!(table, "\n  getter {i} {getter:12}  sender {i} {sender}").expect("a string");
        }
        table
    }
}

fn note(steps: &[AtomicU8; PAIRS], i: usize, step: Step) {
    steps[i].store(step as u8, Ordering::SeqCst);
}

/// Runs so many rounds, a quarter of them on each number of workers.
fn rounds(rounds: usize) {
    let progress = Arc::new(Progress::default());
    let (done, ended) = mpsc::channel::<()>();
    let watched = Arc::clone(&progress);
    let watchdog = thread::spawn(move || {
        let mut last = usize::MAX;
        while ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            let round = watched.round.load(Ordering::SeqCst);
            if round == last {
                eprintln!("no end after {LIMIT:?}: {}", watched.table());
                process::abort();
            }
            last = round;
        }
    });
    for workers in 1..=4 {
        progress.workers.store(workers, Ordering::SeqCst);
        let ex = Arc::new(Executor::builder().threads(workers).build());
        for _ in 0..rounds / 4 {
            let round = progress.round.fetch_add(1, Ordering::SeqCst);
            run_round(&ex, &progress, round);
        }
    }
    drop(done);
    watchdog.join().expect("it does not panic");
}

/// What a pair hands over.
type Receiver = oneshot::Receiver<usize>;

fn run_round(ex: &Arc<Executor>, progress: &Arc<Progress>, round: usize) {
    let tasks: Vec<_> = (0..PAIRS)
        .map(|i| {
            note(&progress.senders, i, Step::Spawned);
            note(&progress.getters, i, Step::Spawned);
            let (send, receive) = oneshot::channel();
            let inner = Arc::clone(ex);
            let noted = Arc::clone(progress);
            match (round + i) % 3 {
                // The getter spawns the sender, and has it behind itself in the queue.
                0 => ex.spawn(async move {
                    note(&noted.getters, i, Step::Runs);
                    spawn_sender(&inner, &noted, i, send);
                    wait(&noted, i, receive)
                }),
                // The sender comes first, and may have ended when the getter begins.
                1 => {
                    spawn_sender(ex, progress, i, send);
                    ex.spawn(async move {
                        note(&noted.getters, i, Step::Runs);
                        wait(&noted, i, receive)
                    })
                }
                // The sender waits for a third one.
                _ => ex.spawn(async move {
                    note(&noted.getters, i, Step::Runs);
                    let third = inner.spawn(async move { i });
                    let passed = Arc::clone(&noted);
                    inner
                        .spawn(async move {
                            note(&passed.senders, i, Step::Waits);
                            let i = Dual::future(third).get();
                            note(&passed.senders, i, Step::Ended);
                            send.send(i)
                        })
                        .detach();
                    wait(&noted, i, receive)
                }),
            }
        })
        .collect();
    for (i, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.get(), i, "round {round}");
    }
}

fn spawn_sender(ex: &Executor, progress: &Arc<Progress>, i: usize, send: oneshot::Sender<usize>) {
    let progress = Arc::clone(progress);
    let sends = async move {
        note(&progress.senders, i, Step::Ended);
        send.send(i)
    };
    ex.spawn(sends).detach();
}

fn wait(progress: &Progress, i: usize, receive: Receiver) -> usize {
    note(&progress.getters, i, Step::Waits);
    let got = Dual::future(receive).get().expect("it is sent");
    note(&progress.getters, i, Step::Ended);
    got
}
