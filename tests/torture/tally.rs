//! What was reached, and how often.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use super::generator::{Bound, Call, Caller, Maker, Site, TaskUse};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Value,
    Panic,
    Drop,
}

impl End {
    const ALL: [End; 3] = [End::Value, End::Panic, End::Drop];
}

/// What happens beside the calls' own ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// A get in a `blocking_region`.
    Region,
    /// A leaf that is awaited in `context::inside`.
    Inside,
    /// A `try_get` that is refused in `context::inside_executor`.
    Refused,
    /// A deref where a task is polled, which is refused.
    DerefRefused,
    /// A get in a poll of another executor's, or of an outer get's.
    GetInPoll,
    /// A get in sync code that is in neither.
    GetInCode,
    /// A sync body that runs where its handle is polled or got.
    SyncBody,
    /// An async body.
    AsyncBody,
    /// A body that waits by `mpsc::Receiver::recv`, which parks by the thread's token.
    Recv,
    /// A job that takes the last place of a pool.
    Full,
    /// A `try_get` on the `SingleThread`, which gives the handle back.
    HeldBack,
    /// Code for the `SingleThread` that is resolved on it, and runs right there.
    There,
    /// A joined handle that is dropped while its code runs.
    JoinWaits,
    /// A get that a `shield` protects.
    Shielded,
    /// Sync code whose handle was dropped, and that runs to its end.
    RunsOn,
    /// Sync code that is unwound by a wait, since its handle was dropped.
    Interrupted,
    /// A poll that holds its thread for longer than the monitor looks on.
    Stall,
    /// A lock that is held across a get.
    Lock,
    /// A lock that another thread holds across a get.
    LockTaken,
    /// A `OnceLock` whose value is waited for.
    Cell,
    /// A `try_get` in a destructor, which gives a value.
    TryGetInDrop,
    /// A `try_get` in a destructor, which is refused.
    RefusedInDrop,
    /// A `finish` in a destructor.
    Finish,
    /// A destructor that waits while a panic unwinds.
    GetInUnwinding,
    /// Awaited blocking code that is polled once, and not again before it has begun.
    Left,
    /// Executors that are dropped while their tasks run.
    Executors,
    /// A tokio runtime with few threads, or within another one.
    Runtimes,
}

impl Extra {
    const ALL: [Extra; 27] = [
        Extra::Region,
        Extra::Inside,
        Extra::Refused,
        Extra::DerefRefused,
        Extra::GetInPoll,
        Extra::GetInCode,
        Extra::SyncBody,
        Extra::AsyncBody,
        Extra::Recv,
        Extra::Full,
        Extra::HeldBack,
        Extra::There,
        Extra::JoinWaits,
        Extra::Shielded,
        Extra::RunsOn,
        Extra::Interrupted,
        Extra::Stall,
        Extra::Lock,
        Extra::LockTaken,
        Extra::Cell,
        Extra::TryGetInDrop,
        Extra::RefusedInDrop,
        Extra::Finish,
        Extra::GetInUnwinding,
        Extra::Left,
        Extra::Executors,
        Extra::Runtimes,
    ];
}

/// The ways to run a program, of all sites together: `sites::run` has them by their numbers.
pub const WAYS: [&str; 12] = [
    "executor: a task, got",
    "executor: block_on",
    "executor: a task, by block_on",
    "tokio: a task, by block_on",
    "tokio: block_on",
    "threads: get",
    "threads: try_get",
    "threads: deref",
    "threads: pollster",
    "threads: a park loop",
    "threads: futures-lite",
    "threads: async-io",
];

const CELLS: usize = Maker::ALL.len() * Caller::ALL.len() * Site::ALL.len() * End::ALL.len();

/// Counts of all that can be reached.
pub struct Tally {
    cells: Vec<AtomicU64>,
    extras: [AtomicU64; Extra::ALL.len()],
    tasks: [[AtomicU64; TaskUse::ALL.len()]; Site::ALL.len()],
    ways: [AtomicU64; WAYS.len()],
    /// How bound handles ended, those that are not joined first.
    bound: [[[AtomicU64; End::ALL.len()]; Bound::ALL.len()]; 2],
    /// The jobs of each pool.
    jobs: [AtomicU64; Bound::ALL.len()],
    /// Batches by the pool's limit and the number of workers, from 1 on.
    sizes: [[AtomicU64; 4]; 4],
    pub programs: AtomicU64,
    pub panics: AtomicU64,
}

impl Tally {
    pub fn new() -> Self {
        Tally {
            cells: (0..CELLS).map(|_| AtomicU64::new(0)).collect(),
            extras: Default::default(),
            tasks: Default::default(),
            ways: Default::default(),
            bound: Default::default(),
            jobs: Default::default(),
            sizes: Default::default(),
            programs: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        }
    }

    /// Notes how a call ended.
    pub fn ended(&self, call: &Call, site: Site, end: End) {
        add(&self.cells[cell(call.maker, call.caller, site, end)]);
        if let Some(pool) = call.pool {
            add(&self.bound[usize::from(call.joined)][pool as usize][end as usize]);
        }
    }

    /// Notes a job of a pool.
    pub fn job(&self, pool: Bound) {
        add(&self.jobs[pool as usize]);
    }

    pub fn extra(&self, extra: Extra) {
        add(&self.extras[extra as usize]);
    }

    pub fn task(&self, site: Site, task: TaskUse) {
        add(&self.tasks[site as usize][task as usize]);
    }

    pub fn way(&self, way: usize) {
        add(&self.ways[way]);
    }

    /// Notes a batch with so many pool threads and so many workers.
    pub fn size(&self, pool: usize, workers: usize) {
        add(&self.sizes[pool - 1][workers - 1]);
    }

    /// The number of handles that were made.
    pub fn calls(&self) -> u64 {
        self.cells.iter().map(get).sum()
    }

    /// The totals, on one line.
    pub fn totals(&self) -> String {
        let drops: u64 = combinations()
            .filter(|&(.., end)| end == End::Drop)
            .map(|(maker, caller, site, end)| get(&self.cells[cell(maker, caller, site, end)]))
            .sum();
        let nestings = self.extra_count(Extra::GetInPoll) + self.extra_count(Extra::GetInCode);
        format!(
            "{} programs, {} calls, {nestings} nestings, {drops} drops, {} panics tried",
            get(&self.programs),
            self.calls(),
            get(&self.panics),
        )
    }

    fn extra_count(&self, extra: Extra) -> u64 {
        get(&self.extras[extra as usize])
    }

    /// All counts, as tables.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        self.write_cells(&mut text);
        for (name, count) in self.others() {
            let _ = writeln!(text, "{name:<40}{count:>9}");
        }
        text
    }

    fn write_cells(&self, text: &mut String) {
        let _ = write!(text, "{:<22}", "value/panic/drop");
        for site in Site::ALL {
            let _ = write!(text, "{:>28}", format!("{site:?}"));
        }
        text.push('\n');
        for maker in Maker::ALL {
            for caller in Caller::ALL {
                let _ = write!(text, "{:<22}", format!("{maker:?} {caller:?}"));
                for site in Site::ALL {
                    let _ = write!(text, "{:>28}", self.ends(maker, caller, site));
                }
                text.push('\n');
            }
        }
    }

    fn ends(&self, maker: Maker, caller: Caller, site: Site) -> String {
        let counts = End::ALL.map(|end| {
            if is_possible(maker, caller, end) {
                get(&self.cells[cell(maker, caller, site, end)]).to_string()
            } else {
                "-".into()
            }
        });
        counts.join("/")
    }

    /// What is counted beside the cells.
    fn others(&self) -> Vec<(String, u64)> {
        let mut others = Vec::new();
        for extra in Extra::ALL {
            others.push((format!("{extra:?}"), self.extra_count(extra)));
        }
        for site in Site::ALL {
            for task in TaskUse::ALL {
                let count = get(&self.tasks[site as usize][task as usize]);
                others.push((format!("task on {site:?}, {task:?}"), count));
            }
        }
        for (name, count) in WAYS.iter().zip(&self.ways) {
            others.push((String::from(*name), get(count)));
        }
        for pool in Bound::ALL {
            others.push((format!("jobs of {pool:?}"), get(&self.jobs[pool as usize])));
            for (joined, counts) in ["", ", joined"].iter().zip(&self.bound) {
                for end in End::ALL {
                    let count = get(&counts[pool as usize][end as usize]);
                    others.push((format!("bound to {pool:?}{joined}: {end:?}"), count));
                }
            }
        }
        for (pool, row) in self.sizes.iter().enumerate() {
            for (workers, count) in row.iter().enumerate() {
                let name = format!("batches: pool of {}, {} workers", pool + 1, workers + 1);
                others.push((name, get(count)));
            }
        }
        others
    }

    /// What was never reached.
    pub fn zeros(&self) -> Vec<String> {
        let mut zeros = Vec::new();
        for (maker, caller, site, end) in combinations() {
            let reached = get(&self.cells[cell(maker, caller, site, end)]) > 0;
            if !reached && is_possible(maker, caller, end) {
                zeros.push(format!("{maker:?} by {caller:?} on {site:?}: {end:?}"));
            }
        }
        let others = self.others().into_iter();
        zeros.extend(
            others
                .filter(|(_, count)| *count == 0)
                .map(|(name, _)| name),
        );
        zeros
    }
}

fn combinations() -> impl Iterator<Item = (Maker, Caller, Site, End)> {
    Maker::ALL.into_iter().flat_map(|maker| {
        Caller::ALL.into_iter().flat_map(move |caller| {
            Site::ALL.into_iter().flat_map(move |site| {
                End::ALL
                    .into_iter()
                    .map(move |end| (maker, caller, site, end))
            })
        })
    })
}

/// Whether there is such a call.
fn is_possible(maker: Maker, caller: Caller, end: End) -> bool {
    match maker {
        // A value that is there does not panic.
        Maker::Ready => end != End::Panic,
        // What is not `Send` is not spawned.
        Maker::BoxedLocal => caller != Caller::Spawn,
        _ => true,
    }
}

fn cell(maker: Maker, caller: Caller, site: Site, end: End) -> usize {
    let row = maker as usize * Caller::ALL.len() + caller as usize;
    (row * Site::ALL.len() + site as usize) * End::ALL.len() + end as usize
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn get(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
