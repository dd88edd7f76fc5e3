//! The possible outcomes of a cell, and the promised ones.

/// The observed outcome of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The behaviour does what its name says.
    Works,
    /// The body ran on the thread that polled the handle or called `get`.
    Here,
    /// The body ran on another thread.
    Pool,
    /// A blocking call returned the expected value.
    Through,
    /// A blocking call panicked with the message of a refusal, at the caller's line.
    Refused,
    /// `context::current()` returns that this is a task.
    Inside,
    /// `context::current()` returns that no executor is known.
    Outside,
    /// Something else, as a text.
    Wrong(String),
}

/// How smartcall sees an executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It announces itself, and keeps running while a task blocks.
    Host,
    /// It announces itself, and can't go on without its thread.
    Alone,
    /// A feature detects it, and it keeps running while a task blocks.
    SeenHost,
    /// A feature detects it, and it can't go on without its thread.
    SeenAlone,
    /// It can't be detected.
    Stranger,
}

impl Class {
    /// Returns a short description.
    pub fn words(self) -> &'static str {
        match self {
            Class::Host => "announces itself, keeps going",
            Class::Alone => "announces itself, can't go on",
            Class::SeenHost => "detected, keeps going",
            Class::SeenAlone => "detected, can't go on",
            Class::Stranger => "unknown",
        }
    }
}

/// The question of a behaviour: a row of `PROMISES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Whether the behaviour works.
    Works,
    /// Where the body runs: on this thread.
    Here,
    /// Where the body runs: on a pool.
    Pool,
    /// The result of a blocking call whose value comes from elsewhere.
    Gets,
    /// The result of a deref, which blocks implicitly.
    Derefs,
    /// The result of a blocking call of sync code, and where the code runs.
    GetsHere,
    /// The result of a blocking call that waits for a task of the same executor.
    GetsTask,
    /// Whether a blocking call works on every executor.
    Through,
    /// Whether a blocking call panics on every executor.
    Refused,
    /// What `context::current()` returns in a task.
    Place,
}

/// The promised outcome of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// This outcome.
    Is(Outcome),
    /// No outcome, for this reason. The behaviour does not run.
    Nothing(&'static str),
}

/// The classes, in the order of the columns of `PROMISES`.
const CLASSES: [Class; 5] = [
    Class::Host,
    Class::Alone,
    Class::SeenHost,
    Class::SeenAlone,
    Class::Stranger,
];

const WORKS: Promise = Promise::Is(Outcome::Works);
const HERE: Promise = Promise::Is(Outcome::Here);
const POOL: Promise = Promise::Is(Outcome::Pool);
const THROUGH: Promise = Promise::Is(Outcome::Through);
const REFUSED: Promise = Promise::Is(Outcome::Refused);
const INSIDE: Promise = Promise::Is(Outcome::Inside);
const OUTSIDE: Promise = Promise::Is(Outcome::Outside);
const HANGS: Promise = Promise::Nothing(
    "smartcall can't see that this thread runs tasks, so the `.get()` would block it, and may wait for \
     ever for a task that needs it. `context::inside` is the cure: see A12k.",
);

/// What the documentation of smartcall promises.
#[rustfmt::skip]
const PROMISES: [(Ask, [Promise; 5]); 10] = [
    //                host     alone    seen host seen alone stranger
    (Ask::Works,    [WORKS,   WORKS,   WORKS,   WORKS,     WORKS]),
    (Ask::Here,     [HERE,    HERE,    HERE,    HERE,      HERE]),
    (Ask::Pool,     [POOL,    POOL,    POOL,    POOL,      POOL]),
    (Ask::Gets,     [THROUGH, REFUSED, THROUGH, REFUSED,   THROUGH]),
    (Ask::Derefs,   [REFUSED, REFUSED, REFUSED, REFUSED,   THROUGH]),
    (Ask::GetsHere, [HERE,    REFUSED, HERE,    REFUSED,   HERE]),
    (Ask::GetsTask, [THROUGH, REFUSED, THROUGH, REFUSED,   HANGS]),
    (Ask::Through,  [THROUGH, THROUGH, THROUGH, THROUGH,   THROUGH]),
    (Ask::Refused,  [REFUSED, REFUSED, REFUSED, REFUSED,   REFUSED]),
    (Ask::Place,    [INSIDE,  INSIDE,  OUTSIDE, OUTSIDE,   OUTSIDE]),
];

/// Returns the promise for a question on an executor of some class.
pub fn promise(ask: Ask, class: Class) -> Promise {
    let row = PROMISES.iter().find(|(asked, _)| *asked == ask);
    let column = CLASSES.iter().position(|&known| known == class);
    match (row, column) {
        (Some((_, row)), Some(column)) => row[column].clone(),
        _ => Promise::Nothing("no promise is written down"),
    }
}
