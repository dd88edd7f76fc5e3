//! What a cell can be, and what it is promised to be.

/// What was seen in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It does what its name says.
    Works,
    /// The body ran on the thread that polled the handle, or got it.
    Here,
    /// The body ran on another thread.
    Pool,
    /// A blocking call returned the value.
    Through,
    /// A blocking call panicked with a message, at the caller's line.
    Refused,
    /// `context::current()` says that this is a task.
    Inside,
    /// `context::current()` says that no executor is known.
    Outside,
    /// Something else, in words.
    Wrong(String),
}

/// What an executor is to smartcall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It announces itself, and keeps going while a task blocks.
    Host,
    /// It announces itself, and can't go on without its thread.
    Alone,
    /// A feature detects it, and it keeps going.
    SeenHost,
    /// A feature detects it, and it can't go on.
    SeenAlone,
    /// smartcall can't detect it.
    Stranger,
}

impl Class {
    /// What it is, in a few words.
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

/// What a behaviour asks: a row of `PROMISES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Whether it works.
    Works,
    /// Where the body runs: on this thread.
    Here,
    /// Where the body runs: on a pool.
    Pool,
    /// What a blocking call does whose value comes from elsewhere.
    Gets,
    /// What a deref does, which blocks implicitly.
    Derefs,
    /// The same as `Gets` of sync code, and where it runs.
    GetsHere,
    /// What a blocking call does that waits for a task of the same executor.
    GetsTask,
    /// Whether a blocking call works on all executors.
    Through,
    /// Whether a blocking call panics on all executors.
    Refused,
    /// What `context::current()` says in a task.
    Place,
}

/// What a cell is promised to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// This.
    Is(Outcome),
    /// Nothing, for this reason: it is not run.
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

/// What is promised to a behaviour on an executor of some class.
pub fn promise(ask: Ask, class: Class) -> Promise {
    let row = PROMISES.iter().find(|(asked, _)| *asked == ask);
    let column = CLASSES.iter().position(|&known| known == class);
    match (row, column) {
        (Some((_, row)), Some(column)) => row[column].clone(),
        _ => Promise::Nothing("no promise is written down"),
    }
}
