//! What bodies wait for.

use std::sync::PoisonError;
use std::thread;
use std::time::{Duration, Instant};

use async_io::Timer;
use futures_lite::future::yield_now;
use smartcall::offload::shield;
use smartcall::{Dual, context};

use super::generator::{Call, Cleanup, Silent, Wait, scramble};
use super::ledger::Env;
use super::model::DROPPED;
use super::sites::block;
use super::tally::Extra;
use super::{places, pools, resolve, runtimes, shutdown};

/// For how long a poll has to hold its thread for the monitor to see it in two of its rounds.
const STALL: u64 = 20_000;

/// The destructors of a body, which run when it ends, however that is.
pub type Cleaners = Vec<Cleaner>;

/// Waits in sync code.
pub fn wait_here(wait: Wait, call: &Call, env: &Env, cleaners: &mut Cleaners) -> u64 {
    match wait {
        Wait::Yield(times) => (0..times).for_each(|_| thread::yield_now()),
        Wait::Echo => {
            if env.run.sites.echo_here() {
                env.run.tally.extra(Extra::Recv);
            }
        }
        Wait::Sleep(micros) => thread::sleep(Duration::from_micros(micros)),
        // A leaf that is awaited in `context::inside` must not wait.
        Wait::Shielded if pools::is_held() || context::can_block().is_ok() => {
            env.run.tally.extra(Extra::Shielded);
            shield(|| get_answer(call, env));
        }
        Wait::Shielded => {}
        Wait::Silent(silent) => self::silent(silent, call, env),
        Wait::Cleanup(cleanup) => cleaners.push(Cleaner::new(cleanup, call, env)),
        Wait::Executors(variant) => shutdown::run(variant, call, env),
        Wait::Runtime(variant) => runtimes::run(variant, call, env),
    }
    DROPPED
}

/// Waits in async code.
pub async fn wait(wait: Wait, call: &Call, env: &Env, cleaners: &mut Cleaners) -> u64 {
    match wait {
        Wait::Yield(times) => {
            for _ in 0..times {
                yield_now().await;
            }
        }
        Wait::Echo | Wait::Shielded => env.run.sites.echo().await,
        Wait::Sleep(micros) => {
            Timer::after(Duration::from_micros(micros)).await;
        }
        Wait::Silent(_) | Wait::Cleanup(_) | Wait::Executors(_) | Wait::Runtime(_) => {
            wait_here(wait, call, env, cleaners);
        }
    }
    DROPPED
}

/// Gets the answer of another thread, which comes by way of a task of the executor.
fn get_answer(call: &Call, env: &Env) {
    let answer = env.run.sites.ask();
    let task = env.run.sites.shim.spawn(async move {
        yield_now().await;
        answer.await.expect("each question is answered");
        DROPPED
    });
    resolve::get(call.id, env, Dual::future(task));
}

/// Blocks this thread, and tells nobody.
fn silent(silent: Silent, call: &Call, env: &Env) {
    match silent {
        Silent::Sleep(micros) => {
            note_stall(micros, env);
            thread::sleep(Duration::from_micros(micros));
        }
        Silent::Compute(micros) => {
            note_stall(micros, env);
            let until = Instant::now() + Duration::from_micros(micros);
            let mut number = micros;
            while Instant::now() < until {
                number = scramble(number);
            }
        }
        Silent::Lock(number) if may_stall() => lock(number, call, env),
        Silent::Cell(number) if may_stall() => cell(number, call, env),
        Silent::Lock(_) | Silent::Cell(_) => {}
    }
}

fn note_stall(micros: u64, env: &Env) {
    if micros > STALL && is_worker() {
        env.run.tally.extra(Extra::Stall);
    }
}

/// Whether this thread may get what only the executor's tasks give, and others go on for it while it waits and tells nobody.
fn may_stall() -> bool {
    let stands_alone = ["blocking-", "smartcall-spare", "torture-thread"];
    let goes_on = is_worker() || {
        let here = thread::current();
        let name = here.name().unwrap_or_default();
        stands_alone.iter().any(|prefix| name.starts_with(prefix))
    };
    goes_on && !pools::is_held() && context::can_block().is_ok()
}

/// Whether this thread is a worker of the executor, or a spare one.
fn is_worker() -> bool {
    let here = thread::current();
    let name = here.name().and_then(|name| name.strip_prefix("torture-"));
    name.is_some_and(|name| name == "spare" || name.parse::<usize>().is_ok())
}

/// Holds a lock across a get. Nobody may see it in between, nor may it be poisoned.
fn lock(number: usize, call: &Call, env: &Env) {
    let _here = places::enter(&env.run, call.id, "a lock");
    let locks = &env.run.sites.locks;
    let lock = &locks[number % locks.len()];
    env.run.tally.extra(Extra::Lock);
    if lock.try_lock().is_err() {
        env.run.tally.extra(Extra::LockTaken);
    }
    let mut gets = lock.lock().unwrap_or_else(|poisoned| {
        env.run
            .fail(format!("a lock is poisoned, and so torn: {call}"));
        PoisonError::into_inner(poisoned)
    });
    if *gets % 2 != 0 {
        env.run
            .fail(format!("what a lock protects is torn: {call}"));
    }
    *gets += 1;
    get_answer_to_the_end(call, env);
    *gets += 1;
}

/// Waits for the value of a cell, or gets it for others.
fn cell(number: usize, call: &Call, env: &Env) {
    let _here = places::enter(&env.run, call.id, "a cell");
    let cells = &env.run.sites.cells;
    let number = number % cells.len();
    env.run.tally.extra(Extra::Cell);
    let value = cells[number].get_or_init(|| {
        get_answer_to_the_end(call, env);
        scramble(number as u64)
    });
    if *value != scramble(number as u64) {
        env.run.fail(format!("another value of a cell: {call}"));
    }
}

/// Gets an answer in code that must not be torn. It is not, unless that was asked for.
fn get_answer_to_the_end(call: &Call, env: &Env) {
    to_the_end(call.interruptible, || get_answer(call, env));
}

/// Runs code whose waits must not be interrupted, in code that may be.
fn to_the_end(interruptible: bool, code: impl FnOnce()) {
    if interruptible {
        shield(code);
    } else {
        code();
    }
}

/// Waits again in its destructor.
pub struct Cleaner {
    cleanup: Cleanup,
    /// Whether the code around may be interrupted. A destructor that is would panic, and what is returned or dropped
    /// around it would be lost.
    interruptible: bool,
    env: Env,
}

impl Cleaner {
    pub fn new(cleanup: Cleanup, call: &Call, env: &Env) -> Self {
        Cleaner {
            cleanup,
            interruptible: call.interruptible,
            env: env.clone(),
        }
    }

    fn wait(&self) {
        let Env { run, .. } = &self.env;
        let answer = run.sites.ask();
        let answered = Dual::future(async move { answer.await.is_ok() });
        let _paused = run.sites.pools.pause();
        match self.cleanup {
            Cleanup::TryGet => match block(|| answered.try_get()) {
                Ok(is_answered) => {
                    if thread::panicking() {
                        run.tally.extra(Extra::GetInUnwinding);
                    }
                    if !is_answered {
                        run.fail("a destructor waits for an answer that does not come".into());
                    }
                    run.tally.extra(Extra::TryGetInDrop);
                }
                Err(refused) => {
                    drop(refused.into_handle());
                    run.tally.extra(Extra::RefusedInDrop);
                }
            },
            Cleanup::Finish => {
                run.tally.extra(Extra::Finish);
                block(|| answered.finish(Duration::from_secs(5)));
            }
        }
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        to_the_end(self.interruptible, || self.wait());
    }
}
