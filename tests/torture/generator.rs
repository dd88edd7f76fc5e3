//! Programs, and how they are made of a seed.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The most calls in a program.
const CALLS: usize = 24;

/// How deep calls nest.
const DEPTH: u32 = 6;

/// Where the choices come from that make a program.
#[derive(Debug)]
pub enum Choices<'a> {
    /// SplitMix64, by its state: short, and fine with any seed.
    Seeded(u64),
    /// The bytes of a fuzzer, one a choice. Then zeros, which are the plainest choices.
    Bytes(&'a [u8]),
}

impl Choices<'_> {
    /// Makes a choice of so many, 256 at most.
    pub fn below(&mut self, n: usize) -> usize {
        match self {
            Choices::Seeded(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                (scramble(*state) % n as u64) as usize
            }
            Choices::Bytes(bytes) => match bytes.split_first() {
                Some((first, rest)) => {
                    *bytes = rest;
                    usize::from(*first) % n
                }
                None => 0,
            },
        }
    }

    /// Says yes one time in so many. Where the bytes have ended it says no.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The output function of SplitMix64.
pub fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What makes the handle of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    Ready,
    Future,
    Blocking,
    InPlace,
    Pair,
    /// `Dual::new`, of a form of work that is not the crate's.
    New,
    Boxed,
    BoxedLocal,
    CallSync,
    CallAsync,
    CallSmart,
    CallInPlace,
    SmartFn,
    /// A `DualStream` of one item.
    Stream,
    /// A `DualStream` of several items.
    Items,
    /// A `DualIo`.
    Bytes,
}

impl Maker {
    pub const ALL: [Maker; 16] = [
        Maker::Ready,
        Maker::Future,
        Maker::Blocking,
        Maker::InPlace,
        Maker::Pair,
        Maker::New,
        Maker::Boxed,
        Maker::BoxedLocal,
        Maker::CallSync,
        Maker::CallAsync,
        Maker::CallSmart,
        Maker::CallInPlace,
        Maker::SmartFn,
        Maker::Stream,
        Maker::Items,
        Maker::Bytes,
    ];
}

/// What a handle contains, however it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A value that is there.
    Value,
    Async,
    /// Sync code that a pool can run.
    Blocking,
    /// Sync code that a pool runs for sync callers too.
    Sent,
    /// Sync code that stays on its thread.
    InPlace,
    /// Sync code and async code.
    Pair,
    /// A form that is not the crate's.
    Own,
}

/// A pool that a handle is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A `Limited` of one job.
    One,
    /// A `Limited` of three.
    Three,
    /// A `SingleThread`.
    Single,
}

impl Bound {
    pub const ALL: [Bound; 3] = [Bound::One, Bound::Three, Bound::Single];
}

/// How a handle is resolved, or dropped:
///
/// | | resolved | dropped |
/// |---|---|---|
/// | `Get` | by `get` | unpolled |
/// | `TryGet` | by `try_get`, or after a refusal by `get` | after a refusal |
/// | `Deref` | by a deref, then handed over; by `get` or `.await` where a task is polled, which refuses it | by a deref, then with its value |
/// | `Await` | by `.await` | after one poll |
/// | `Join` | with others, by `join_all` or `FuturesUnordered` | after one poll of them all |
/// | `Select` | beside a rival that never ends | when the rival has won, if it has |
/// | `Spawn` | in a task that is awaited or got, or detached | with its task |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Await,
    Get,
    TryGet,
    Deref,
    Join,
    Select,
    Spawn,
}

impl Caller {
    pub const ALL: [Caller; 7] = [
        Caller::Await,
        Caller::Get,
        Caller::TryGet,
        Caller::Deref,
        Caller::Join,
        Caller::Select,
        Caller::Spawn,
    ];
}

/// An executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    Shim,
    Tokio,
    Threads,
}

impl Site {
    pub const ALL: [Site; 3] = [Site::Shim, Site::Tokio, Site::Threads];
}

/// What is done with a task that is not cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskUse {
    Awaited,
    Got,
    Detached,
}

impl TaskUse {
    pub const ALL: [TaskUse; 3] = [TaskUse::Awaited, TaskUse::Got, TaskUse::Detached];
}

/// A call: the handle, how it is resolved, and what its body does.
#[derive(Debug)]
pub struct Call {
    /// Its number, from the top to the bottom of the program.
    pub id: usize,
    /// The number of the first call after those that it makes.
    pub end: usize,
    pub maker: Maker,
    pub caller: Caller,
    /// Whether the handle is dropped, in the caller's way.
    pub drops: bool,
    /// A choice that is left to the runner of the call, among ways with the same result.
    pub variant: usize,
    pub task: TaskUse,
    /// Where it is spawned: `None` stands for where it is.
    pub target: Option<Site>,
    /// The pool that the handle is bound to.
    pub pool: Option<Bound>,
    /// Whether its blocking code is waited for where the handle is dropped.
    pub joined: bool,
    /// Whether that is so of this handle, or of one above that passes it on.
    pub waited_for: bool,
    /// Whether the drop of the handle ends the waits of its blocking code.
    pub interrupts: bool,
    /// Whether that is so of this handle, or of one above that passes it on.
    pub interruptible: bool,
    pub steps: Vec<Step>,
    /// Before which step the body panics, or after the last.
    pub panics_at: Option<usize>,
}

impl Call {
    /// The numbers of this call and of all below it.
    pub fn ids(&self) -> Range<usize> {
        self.id..self.end
    }

    pub fn form(&self) -> Form {
        form(self.maker, self.variant)
    }

    /// Whether it is blocking code that a pool gets as one job, as soon as it is polled. What makes items or bytes is sent again and
    /// again.
    pub fn is_one_job(&self) -> bool {
        self.form() == Form::Blocking && !matches!(self.maker, Maker::Items | Maker::Bytes)
    }

    /// Whether it is code that pools run.
    pub fn is_code(&self) -> bool {
        matches!(self.form(), Form::Blocking | Form::Sent)
    }
}

fn form(maker: Maker, variant: usize) -> Form {
    match maker {
        Maker::Ready => Form::Value,
        Maker::Future | Maker::CallAsync | Maker::CallSmart => Form::Async,
        Maker::Blocking | Maker::CallSync => Form::Blocking,
        Maker::InPlace | Maker::CallInPlace => Form::InPlace,
        Maker::Pair => Form::Pair,
        Maker::New => Form::Own,
        Maker::Boxed | Maker::BoxedLocal => match variant % 3 {
            0 => Form::Async,
            1 => Form::Blocking,
            _ => Form::Pair,
        },
        Maker::SmartFn => match variant % 2 {
            0 => Form::Blocking,
            _ => Form::Async,
        },
        // Variants of 4 and of 12 and of 24 have other meanings, too.
        Maker::Stream => match variant % 7 {
            0..3 => Form::Blocking,
            _ => Form::Async,
        },
        Maker::Items => match variant % 7 {
            0 | 2 => Form::Blocking,
            1 => Form::Sent,
            _ => Form::Async,
        },
        Maker::Bytes => match variant % 5 {
            0..2 => Form::Blocking,
            _ => Form::Async,
        },
    }
}

/// A step of a body.
#[derive(Debug)]
pub enum Step {
    Wait(Wait),
    Call(Arc<Call>),
    Join(Join),
}

/// Calls that are awaited all at once.
#[derive(Debug)]
pub struct Join {
    pub calls: Vec<Arc<Call>>,
    /// By `FuturesUnordered`, and so with wakers of its own.
    pub unordered: bool,
    /// Whether all of them are dropped after one poll.
    pub drops: bool,
}

impl Join {
    /// The numbers of the calls and of all below them.
    pub fn ids(&self) -> Range<usize> {
        self.calls[0].id..self.calls[self.calls.len() - 1].end
    }
}

/// What a body waits for.
#[derive(Clone, Copy, Debug)]
pub enum Wait {
    /// So many wake-ups of its own.
    Yield(usize),
    /// Another thread's answer.
    Echo,
    /// So many microseconds.
    Sleep(u64),
    /// An answer that a `shield` protects, in sync code.
    Shielded,
    /// What blocks the thread and tells nobody, in async code too.
    Silent(Silent),
    /// Waits again when the body ends, in a destructor.
    Cleanup(Cleanup),
    /// Executors of its own, which are dropped while their tasks run.
    Executors(usize),
    /// A runtime of tokio of its own.
    Runtime(usize),
}

/// A wait that no executor is told of.
#[derive(Clone, Copy, Debug)]
pub enum Silent {
    /// `thread::sleep`, for so many microseconds.
    Sleep(u64),
    /// A computation of so many microseconds.
    Compute(u64),
    /// One of the locks, across a `.get()` of a task.
    Lock(usize),
    /// One of the `OnceLock`s, whose value is a task's.
    Cell(usize),
}

/// What a destructor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    TryGet,
    Finish,
}

/// A program: a call, and who resolves it.
#[derive(Debug)]
pub struct Program {
    pub root: Arc<Call>,
    /// Which of a site's ways to run something is taken.
    pub way: usize,
}

impl Program {
    pub fn new(mut choices: Choices<'_>) -> Self {
        let way = choices.below(256);
        let mut generator = Generator { choices, ids: 0 };
        let root = generator.call(DEPTH, Caller::Spawn, false, Above::default());
        Program { root, way }
    }

    /// The number of calls.
    pub fn calls(&self) -> usize {
        self.root.end
    }
}

struct Generator<'a> {
    choices: Choices<'a>,
    /// How many calls there are.
    ids: usize,
}

/// What a call has of the calls above it: what they have to do with the `SingleThread`, most of all.
///
/// That one must not wait for others that wait for it: they would wait for ever, as its docs say.
#[derive(Clone, Copy, Default)]
struct Above {
    /// The pool that blocking code may be sent to which is bound to none, since a handle above is bound to it.
    inherits: Option<Bound>,
    /// Whether the thread may be waiting for the call.
    waits: bool,
    /// Whether the caller is sure to be sync code on the thread.
    is_there: bool,
    /// Whether a handle above is joined, and so the call's code, too.
    joins: bool,
    /// Whether a handle above makes the call's code interruptible.
    interrupts: bool,
}

impl Above {
    /// What the calls below a call have above them.
    fn below(self, form: Form, caller: Caller, pool: Option<Bound>) -> Self {
        let is_task = caller == Caller::Spawn;
        let inherits = pool.or(self.inherits.filter(|_| !is_task));
        let stays = inherits.is_none_or(|pool| pool == Bound::Single);
        let is_there = match (form, pool) {
            (Form::Blocking, Some(pool)) => pool == Bound::Single,
            // A binding above sends it away, also from code that is bound itself and stays where it is.
            (Form::Blocking, None) => {
                let blocks = matches!(caller, Caller::Get | Caller::TryGet | Caller::Deref);
                self.is_there && blocks && stays
            }
            (Form::InPlace, _) => self.is_there && !is_task,
            _ => false,
        };
        Above {
            inherits,
            waits: self.waits || (form == Form::Blocking && inherits == Some(Bound::Single)),
            is_there,
            joins: self.joins,
            interrupts: self.interrupts,
        }
    }
}

impl Generator<'_> {
    fn call(&mut self, depth: u32, caller: Caller, drops: bool, above: Above) -> Arc<Call> {
        let id = self.ids;
        self.ids += 1;
        let maker = self.maker(caller);
        let variant = self.variant(maker, above);
        let task = self.choices.pick(&TaskUse::ALL);
        let target = self.target();
        let pool = self.pool(form(maker, variant), caller, above);
        let joined = self.choices.one_in(4);
        let waited_for = joined || (above.joins && caller != Caller::Spawn);
        let interrupts = self.choices.one_in(4);
        let interruptible = interrupts || (above.interrupts && caller != Caller::Spawn);
        let below = Above {
            joins: waited_for,
            interrupts: interruptible,
            ..above.below(form(maker, variant), caller, pool)
        };
        let mut steps = Vec::new();
        let mut panics_at = None;
        // A value that is there already has no body.
        if maker != Maker::Ready {
            for _ in 0..self.choices.below(5) {
                steps.push(self.step(depth, below));
            }
            panics_at = (self.choices.one_in(10)).then(|| self.choices.below(steps.len() + 1));
        }
        let end = self.ids;
        Arc::new(Call {
            id,
            end,
            maker,
            caller,
            drops,
            variant,
            task,
            target,
            pool,
            joined,
            waited_for,
            interrupts,
            interruptible,
            steps,
            panics_at,
        })
    }

    fn maker(&mut self, caller: Caller) -> Maker {
        match self.choices.pick(&Maker::ALL) {
            // It is not `Send`, and so can't be spawned.
            Maker::BoxedLocal if caller == Caller::Spawn => Maker::Boxed,
            maker => maker,
        }
    }

    fn target(&mut self) -> Option<Site> {
        let elsewhere = self.choices.one_in(4);
        elsewhere.then(|| self.choices.pick(&Site::ALL))
    }

    fn variant(&mut self, maker: Maker, above: Above) -> usize {
        let variant = self.choices.below(256);
        // What is sent to the `SingleThread` can't run right there, as other code does.
        let is_fine = form(maker, variant) != Form::Sent || above.inherits != Some(Bound::Single);
        if is_fine { variant } else { variant - 1 }
    }

    fn pool(&mut self, form: Form, caller: Caller, above: Above) -> Option<Bound> {
        let bound = self.choices.one_in(3);
        let pool = bound.then(|| self.choices.pick(&Bound::ALL))?;
        // What is polled on the thread itself runs right there, and no thread waits.
        let is_fine = !above.waits || (above.is_there && caller != Caller::Spawn);
        let is_fine = is_fine && form != Form::Sent;
        (pool != Bound::Single || is_fine).then_some(pool)
    }

    fn step(&mut self, depth: u32, above: Above) -> Step {
        let kind = self.choices.below(8);
        if depth == 0 || self.ids >= CALLS || kind < 2 {
            return Step::Wait(self.wait());
        }
        let drops = self.choices.one_in(4);
        if kind < 6 {
            let caller = self.choices.pick(&[
                Caller::Await,
                Caller::Get,
                Caller::TryGet,
                Caller::Deref,
                Caller::Select,
                Caller::Spawn,
            ]);
            return Step::Call(self.call(depth - 1, caller, drops, above));
        }
        let calls = (0..self.choices.below(3) + 2)
            .map(|_| self.call(depth - 1, Caller::Join, drops, above))
            .collect();
        Step::Join(Join {
            calls,
            unordered: self.choices.one_in(3),
            drops,
        })
    }

    fn wait(&mut self) -> Wait {
        match self.choices.below(64) {
            0..14 => Wait::Yield(self.choices.below(3) + 1),
            14..42 => Wait::Echo,
            42..48 => Wait::Sleep(self.choices.below(200) as u64),
            48..52 => Wait::Shielded,
            52..55 => Wait::Silent(Silent::Lock(self.choices.below(256))),
            55..57 => Wait::Silent(Silent::Cell(self.choices.below(256))),
            57..59 => Wait::Cleanup(self.choices.pick(&[Cleanup::TryGet, Cleanup::Finish])),
            59..63 => Wait::Silent(self.stall()),
            _ => match self.choices.below(8) {
                0..6 => Wait::Echo,
                6 => Wait::Executors(self.choices.below(256)),
                _ => Wait::Runtime(self.choices.below(256)),
            },
        }
    }

    /// A stall, short enough for the monitor to miss it, or not.
    fn stall(&mut self) -> Silent {
        let micros = match self.choices.one_in(16) {
            true => 10_000 + 100 * self.choices.below(256) as u64,
            false => self.choices.below(256) as u64,
        };
        if self.choices.one_in(2) {
            Silent::Compute(micros)
        } else {
            Silent::Sleep(micros)
        }
    }
}

/// An outline, a call or a step a line.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "way {}", self.way)?;
        write_call(f, &self.root, 0)
    }
}

fn write_call(f: &mut fmt::Formatter<'_>, call: &Call, depth: usize) -> fmt::Result {
    write!(f, "{:depth$}{call}", "")?;
    writeln!(f)?;
    for step in &call.steps {
        write_step(f, step, depth + 2)?;
    }
    Ok(())
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &Step, depth: usize) -> fmt::Result {
    match step {
        Step::Wait(wait) => writeln!(f, "{:depth$}{wait:?}", ""),
        Step::Call(call) => write_call(f, call, depth),
        Step::Join(join) => {
            let how = if join.unordered {
                "unordered"
            } else {
                "in order"
            };
            writeln!(f, "{:depth$}join, {how}", "")?;
            for call in &join.calls {
                write_call(f, call, depth + 2)?;
            }
            Ok(())
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}: {:?} by {:?}", self.id, self.maker, self.caller)?;
        if self.caller == Caller::Spawn && !self.drops {
            write!(f, " ({:?})", self.task)?;
        }
        if let Some(site) = self.target.filter(|_| self.caller == Caller::Spawn) {
            write!(f, " on {site:?}")?;
        }
        if let Some(pool) = self.pool {
            write!(f, " bound to {pool:?}")?;
        }
        if self.joined {
            write!(f, ", joined")?;
        }
        if self.interrupts {
            write!(f, ", interrupted")?;
        }
        if self.drops {
            write!(f, ", dropped")?;
        }
        if let Some(step) = self.panics_at {
            write!(f, ", panics before step {step}")?;
        }
        write!(f, ", variant {}", self.variant)
    }
}

/// The calls that a call makes.
pub fn calls_of(call: &Call) -> impl Iterator<Item = &Arc<Call>> {
    call.steps.iter().flat_map(|step| match step {
        Step::Wait(_) => &[],
        Step::Call(call) => std::slice::from_ref(call),
        Step::Join(join) => &join.calls[..],
    })
}
