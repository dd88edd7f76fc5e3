//! What has to come of a program, found by walking through it one step after the other.

use std::collections::BTreeSet;

use super::generator::{Call, Caller, Join, Maker, Program, Step, TaskUse, scramble};

/// How often a body runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    Never,
    /// It depends on who is faster.
    AtMostOnce,
    Once,
}

/// What may come of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The value, unless it is sure to panic.
    pub value: Option<u64>,
    /// The bodies of which the panic may come out.
    pub panics: BTreeSet<usize>,
}

impl Outcome {
    /// The outcome of what never panics.
    fn value(value: u64) -> Self {
        Outcome {
            value: Some(value),
            panics: BTreeSet::new(),
        }
    }
}

/// What has to come of a program, and how often each body runs.
#[derive(Debug)]
pub struct Model {
    pub outcome: Outcome,
    pub runs: Vec<Runs>,
}

impl Model {
    pub fn new(program: &Program) -> Self {
        let mut runs = vec![Runs::Never; program.calls()];
        let outcome = body(&program.root, true, &mut runs);
        Model { outcome, runs }
    }
}

/// The value of a body before its first step.
pub fn seed(call: &Call) -> u64 {
    scramble(call.id as u64 + 1)
}

/// The value of a body after one more step.
pub fn mix(before: u64, step: u64) -> u64 {
    scramble(before.rotate_left(7) ^ step)
}

/// What a step gives whose value is dropped.
pub const DROPPED: u64 = 0;

/// The outcome of a body. `certain` says whether it is sure to be reached.
fn body(call: &Call, certain: bool, runs: &mut [Runs]) -> Outcome {
    if call.maker != Maker::Ready {
        runs[call.id] = if certain {
            Runs::Once
        } else {
            Runs::AtMostOnce
        };
    }
    let mut outcome = Outcome::value(seed(call));
    for (i, step) in call.steps.iter().enumerate() {
        if call.panics_at == Some(i) {
            break;
        }
        let certain = certain && outcome.panics.is_empty();
        let next = self::step(step, certain, runs);
        outcome.panics.extend(next.panics);
        outcome.value = match (outcome.value, next.value) {
            (Some(before), Some(step)) => Some(mix(before, step)),
            _ => None,
        };
        if outcome.value.is_none() {
            return outcome;
        }
    }
    if call.panics_at.is_some() {
        outcome.value = None;
        outcome.panics.insert(call.id);
    }
    outcome
}

fn step(step: &Step, certain: bool, runs: &mut [Runs]) -> Outcome {
    match step {
        Step::Wait(_) => Outcome::value(DROPPED),
        Step::Call(call) if call.drops => dropped(call, certain, runs),
        Step::Call(call) => {
            let outcome = body(call, certain, runs);
            if call.caller == Caller::Spawn && call.task == TaskUse::Detached {
                return Outcome::value(DROPPED);
            }
            outcome
        }
        Step::Join(join) => self::join(join, certain, runs),
    }
}

/// The outcome of a call whose handle is dropped.
fn dropped(call: &Call, certain: bool, runs: &mut [Runs]) -> Outcome {
    match call.caller {
        Caller::Get | Caller::TryGet => Outcome::value(DROPPED),
        // The value was seen.
        Caller::Deref => body(call, certain, runs),
        Caller::Await | Caller::Join | Caller::Select | Caller::Spawn => {
            body(call, false, runs);
            Outcome::value(DROPPED)
        }
    }
}

fn join(join: &Join, certain: bool, runs: &mut [Runs]) -> Outcome {
    if join.drops {
        for call in &join.calls {
            dropped(call, certain, runs);
        }
        return Outcome::value(DROPPED);
    }
    let mut outcomes = part_outcomes(join, certain, runs);
    if outcomes.iter().any(|outcome| !outcome.panics.is_empty()) {
        // A part that panics takes the others with it, wherever they are.
        outcomes = part_outcomes(join, false, runs);
    }
    Outcome {
        value: outcomes
            .iter()
            .try_fold(DROPPED, |before, part| Some(mix(before, part.value?))),
        panics: outcomes.into_iter().flat_map(|part| part.panics).collect(),
    }
}

fn part_outcomes(join: &Join, certain: bool, runs: &mut [Runs]) -> Vec<Outcome> {
    let parts = join.calls.iter();
    parts.map(|call| body(call, certain, runs)).collect()
}
