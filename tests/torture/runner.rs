//! Runs a program on a site, and says what is wrong.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::process;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use smartcall::context::{self, Place};
use smartcall::{Dual, Work};

use super::body::{Visitor, make};
use super::generator::{Program, Site};
use super::ledger::{Env, Payload, Run, Value};
use super::model::{Model, Outcome};
use super::places;
use super::sites::{self, Sites};
use super::tally::Tally;

/// How long a program may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(15);

/// What programs are run with.
#[derive(Clone)]
pub struct Bench {
    pub sites: Arc<Sites>,
    pub tally: Arc<Tally>,
    pub watch: Arc<Watch>,
}

impl Bench {
    /// Runs a program on a site, and returns what is wrong.
    pub fn run(&self, program: &Arc<Program>, name: &str, site: Site) -> Vec<String> {
        let model = Model::new(program);
        let run = Run::new(
            program,
            &format!("{name} on {site:?}"),
            &self.sites,
            &self.tally,
        );
        self.tally.programs.fetch_add(1, Ordering::Relaxed);
        let _watched = self.watch.begin(&run);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            run_root(&Env {
                run: Arc::clone(&run),
                site,
            })
        }));
        check_outcome(&run, &model.outcome, outcome);
        if context::current() != Place::Outside {
            run.fail(format!("the thread is left as {:?}", context::current()));
        }
        when_alone(run).check(&model)
    }
}

/// Runs a program in one of the ways of its site.
fn run_root(env: &Env) -> u64 {
    let program = &env.run.program;
    let ways = sites::ways(env.site);
    let way = ways[program.way % ways.len()];
    env.run.tally.way(way);
    let _here = places::enter(&env.run, 0, "the outermost call");
    make(&program.root, env, Root { env, way })
}

struct Root<'a> {
    env: &'a Env,
    way: usize,
}

impl Visitor for Root<'_> {
    type Output = u64;

    fn visit<W>(self, dual: Dual<Value, W>) -> u64
    where
        W: Work<Output = Value> + Send + 'static,
    {
        sites::run(&self.env.run.sites, self.way, dual)
    }
}

fn check_outcome(run: &Run, model: &Outcome, outcome: Result<u64, Box<dyn Any + Send>>) {
    match outcome {
        Ok(value) if model.value == Some(value) => {}
        Ok(value) => run.fail(format!(
            "the value is {value:#x}, where {model:x?} is right"
        )),
        Err(payload) => {
            let panicked = run.check_panic(run.program.root.ids(), payload);
            if let Some(id) = panicked.filter(|id| !model.panics.contains(id)) {
                run.fail(format!("call {id} panicked, where {model:x?} is right"));
            }
        }
    }
}

/// Waits until nothing is left of a run but what its caller has.
fn when_alone<T>(mut shared: Arc<T>) -> T {
    loop {
        match Arc::try_unwrap(shared) {
            Ok(alone) => return alone,
            Err(back) => shared = back,
        }
        thread::sleep(Duration::from_micros(50));
    }
}

/// Watches over programs, and ends the process when one hangs.
pub struct Watch {
    running: Mutex<Running>,
}

/// Runs, by when they began.
type Running = Vec<(Weak<Run>, Instant)>;

/// The thread that watches. It ends when this is dropped.
pub struct Watchdog {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub fn start() -> (Arc<Self>, Watchdog) {
        let watch = Arc::new(Watch {
            running: Mutex::default(),
        });
        let (stop, stopped) = mpsc::channel();
        let watched = Arc::clone(&watch);
        let code = move || {
            let tick = Duration::from_millis(250);
            while stopped.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                watched.look();
            }
        };
        let thread = thread::Builder::new().name("torture-watch".into());
        let watchdog = Watchdog {
            stop: Some(stop),
            thread: Some(thread.spawn(code).expect("a thread starts")),
        };
        (watch, watchdog)
    }

    fn begin(&self, run: &Arc<Run>) -> Watched<'_> {
        let run = Arc::downgrade(run);
        self.lock().push((Weak::clone(&run), Instant::now()));
        Watched { watch: self, run }
    }

    fn look(&self) {
        let running = self.lock();
        let hangs = running.iter().any(|(_, since)| since.elapsed() > LIMIT);
        if hangs {
            eprintln!("no end after {LIMIT:?}. The threads:\n{}", places::all());
            for (run, since) in &*running {
                if let Some(run) = run.upgrade() {
                    let (name, seconds) = (&run.name, since.elapsed().as_secs_f32());
                    eprintln!("{name}, for {seconds:.1} s, has yet to end:");
                    eprintln!("{}  of {}", run.unfinished(), run.program);
                }
            }
            process::abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}

/// Says that a program runs, until it is dropped.
struct Watched<'a> {
    watch: &'a Watch,
    run: Weak<Run>,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.watch.lock().retain(|(run, _)| !run.ptr_eq(&self.run));
    }
}

/// What a deref asks that is refused where a task is polled.
pub const FORGOTTEN: &str = "Was an `.await` forgotten?";

/// Keeps the panics of bodies from being printed, and those of derefs that are to be refused.
pub fn silence_payloads() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<String>();
            let is_refusal =
                text.is_some_and(|text| text.starts_with("cannot") && text.contains(FORGOTTEN));
            // A get in a task whose executor is dropped.
            let is_stop = text.is_some_and(|text| text.starts_with("the executor was dropped"));
            if !is_refusal && !is_stop && !info.payload().is::<Payload>() {
                print(info);
            }
        }));
    });
}
