//! Scenarios of jobs that wait for each other, in schedules that are drawn by chance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shuttle::rand::{Rng, thread_rng};

use smartcall_context::internal::{self as context, Job};

use crate::drive::cancel;
use crate::offload::carriers::Ending;
use crate::offload::limited::{self, Limited};
use crate::offload::pool::Pool;
use crate::sync::{Condvar, Mutex, PoisonError, thread};
use crate::unblock::{MAX_THREADS, set_max_threads, unblock};

/// Explores a scenario of this file.
fn explore(n: usize, scenario: impl Fn() + Send + Sync + Clone + 'static) {
    smartcall_models::explore(module_path!(), n, scenario);
}

/// An event that threads wait for.
#[derive(Clone)]
struct Event(Arc<(Mutex<usize>, Condvar)>);

impl Event {
    fn new() -> Self {
        Event(Arc::new((Mutex::new(0), Condvar::new())))
    }

    /// Lets it happen once more.
    fn happen(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.1.notify_all();
    }

    /// Waits, without telling the pool, until it has happened so often.
    fn wait(&self, times: usize) {
        let mut happened = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while *happened < times {
            happened = self.0.1.wait(happened);
        }
    }

    /// Waits as a `.get()` does.
    fn get(&self, times: usize) {
        context::park(|| self.wait(times));
    }
}

/// Counts the jobs that run and have not been parked.
#[derive(Clone, Default)]
struct Gauge(Arc<AtomicUsize>);

impl Gauge {
    /// Begins a job, of which at most so many may run at once.
    fn begin(&self, limit: usize) {
        let running = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(running <= limit, "{running} jobs at once");
    }

    /// Ends a job, or notes that it is about to park.
    fn end(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn send(pool: &Limited, code: impl FnOnce() + Send + 'static) {
    let refused = pool.offload(Job::new(code)).is_err();
    assert!(!refused, "it takes all jobs");
}

/// Sends code that announces its end, as all code of jobs does, and then passes its value on.
fn send_announced(pool: &Limited, code: impl FnOnce() + Send + 'static, done: &Event) {
    let done = done.clone();
    send(pool, move || {
        let ending = Ending::of_code();
        code();
        limited::announce(ending);
        done.happen();
    });
}

fn limited(n: usize) -> Limited {
    Limited::new(n.try_into().expect("it is not zero"))
}

fn set_max_jobs(n: usize) {
    limited::set_max_jobs(n.try_into().expect("it is not zero"));
}

/// Waits until all jobs have given their places back.
fn rest(pool: &Limited) {
    let mut looks = 0;
    loop {
        let state = format!("{pool:?}");
        if state.contains("running: 0, waiting: 0") {
            return;
        }
        looks += 1;
        assert!(looks < 2_000, "at rest: {state}");
        thread::yield_now();
    }
}

/// Jobs that each wait for a job of the same pool. Nothing looks after them, since the watchdog can't be started.
pub(crate) fn jobs_that_wait_for_jobs() {
    explore(2_000, || {
        thread::deny("smartcall-watch");
        let pool = limited(1);
        let gauge = Gauge::default();
        let done = Event::new();
        for _ in 0..3 {
            let (within, gauge, done) = (pool.clone(), gauge.clone(), done.clone());
            send(&pool, move || {
                gauge.begin(1);
                let ended = Event::new();
                let (ends, inner) = (ended.clone(), gauge.clone());
                send(&within, move || {
                    inner.begin(1);
                    thread::yield_now();
                    inner.end();
                    ends.happen();
                });
                gauge.end();
                ended.get(1);
                done.happen();
            });
        }
        done.wait(3);
        rest(&pool);
    });
}

/// Jobs on all threads of `blocking` wait for a job that was sent while they ran.
pub(crate) fn wait_for_one_that_was_sent_before() {
    explore(2_000, || {
        thread::deny("smartcall-watch");
        let pool = limited(MAX_THREADS);
        let (begun, sent) = (Event::new(), Event::new());
        let (value, done) = (Event::new(), Event::new());
        for _ in 0..MAX_THREADS {
            let (begun, sent) = (begun.clone(), sent.clone());
            let (value, done) = (value.clone(), done.clone());
            send(&pool, move || {
                begun.happen();
                sent.wait(1);
                value.get(1);
                done.happen();
            });
        }
        begun.wait(MAX_THREADS);
        let other = limited(1);
        send(&other, move || value.happen());
        sent.happen();
        done.wait(MAX_THREADS);
        rest(&pool);
        rest(&other);
    });
}

/// Others hold all threads of `blocking`, and wait for jobs of ours, which meet.
pub(crate) fn others_hold_the_threads() {
    explore(1_000, || {
        set_max_threads(1);
        let pool = limited(2);
        let (held, value, done) = (Event::new(), Event::new(), Event::new());
        let (holds, waits, ends) = (held.clone(), value.clone(), done.clone());
        unblock(move || {
            holds.happen();
            waits.wait(2);
            ends.happen();
        })
        .detach();
        held.wait(1);
        for _ in 0..2 {
            let value = value.clone();
            send(&pool, move || {
                value.happen();
                value.wait(2);
            });
        }
        done.wait(1);
        rest(&pool);
    });
}

/// A job needs the watchdog at about the time when that goes to sleep, or ends.
pub(crate) fn watchdog_that_sleeps() {
    explore(2_000, || {
        set_max_threads(1);
        let pool = limited(1);
        let (first, held, value) = (Event::new(), Event::new(), Event::new());
        let (ends, holds, waits) = (first.clone(), held.clone(), value.clone());
        send(&pool, move || ends.happen());
        first.wait(1);
        unblock(move || {
            holds.happen();
            waits.wait(1);
        })
        .detach();
        held.wait(1);
        for _ in 0..thread_rng().gen_range(0..80) {
            thread::yield_now();
        }
        let ends = value.clone();
        send(&pool, move || ends.happen());
        value.wait(1);
        rest(&pool);
    });
}

/// A carrier lingers for the next job, while others use `blocking` as well.
pub(crate) fn one_after_the_other() {
    explore(2_000, || {
        thread::deny("smartcall-watch");
        let pool = limited(1);
        let (done, others) = (Event::new(), Event::new());
        for n in 1..=4 {
            send_announced(&pool, || (), &done);
            if n == 2 {
                let ends = others.clone();
                unblock(move || ends.happen()).detach();
            }
            done.wait(n);
        }
        others.wait(1);
        rest(&pool);
    });
}

/// Jobs come from two sides while carriers end their jobs.
pub(crate) fn announced_ends() {
    explore(2_000, || {
        thread::deny("smartcall-watch");
        let pools = [limited(1), limited(1)];
        let done = [Event::new(), Event::new()];
        let other = (pools[0].clone(), done[0].clone());
        let sends = |(pool, done): (Limited, Event)| {
            for n in 1..=3 {
                send_announced(&pool, thread::yield_now, &done);
                done.wait(n);
            }
        };
        thread::Builder::new()
            .spawn(move || sends(other))
            .expect("it starts");
        sends((pools[1].clone(), done[1].clone()));
        done[0].wait(3);
        pools.iter().for_each(rest);
    });
}

/// Of more jobs than there are places no more run at once than there are places, and all run.
pub(crate) fn at_most_so_many() {
    explore(2_000, || {
        let pool = limited(2);
        let gauge = Gauge::default();
        let done = Event::new();
        for _ in 0..2 {
            let (pool, gauge, done) = (pool.clone(), gauge.clone(), done.clone());
            thread::Builder::new()
                .spawn(move || {
                    for _ in 0..3 {
                        let (gauge, done) = (gauge.clone(), done.clone());
                        send(&pool, move || {
                            gauge.begin(2);
                            thread::yield_now();
                            gauge.end();
                            done.happen();
                        });
                    }
                })
                .expect("it starts");
        }
        done.wait(6);
        rest(&pool);
    });
}

/// While a job is parked, the next one should get a spare, but no thread can be started.
pub(crate) fn no_spare_can_be_started() {
    explore(2_000, || {
        thread::deny("smartcall-watch");
        thread::deny("smartcall-spare");
        let pool = limited(1);
        let (begun, value, done) = (Event::new(), Event::new(), Event::new());
        let (begins, waits, ends) = (begun.clone(), value.clone(), done.clone());
        send(&pool, move || {
            begins.happen();
            waits.get(1);
            ends.happen();
        });
        begun.wait(1);
        send(&pool, move || value.happen());
        done.wait(1);
        rest(&pool);
    });
}

/// Jobs of the default pool meet as soon as the limit is high enough.
pub(crate) fn limit_is_raised() {
    explore(2_000, || {
        set_max_jobs(1);
        let (met, done) = (Event::new(), Event::new());
        for _ in 0..3 {
            let (met, done) = (met.clone(), done.clone());
            limited::submit(Job::new(move || {
                met.happen();
                met.wait(3);
                done.happen();
            }));
        }
        set_max_jobs(3);
        done.wait(3);
    });
}

/// Jobs are cancelled before or while they are queued, or run: who has begun ends, and each gives one place back.
pub(crate) fn cancelled_at_any_time() {
    explore(2_000, || {
        let pool = limited(1);
        let ended = Event::new();
        let cancelled = Arc::new(Mutex::new(false));
        for _ in 0..3 {
            let (cancelled, ended) = (Arc::clone(&cancelled), ended.clone());
            send(&pool, move || {
                // A cancelled job is run as well. It does nothing.
                if !*cancelled.lock().unwrap_or_else(PoisonError::into_inner) {
                    thread::yield_now();
                }
                ended.happen();
            });
        }
        *cancelled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        ended.wait(3);
        rest(&pool);
    });
}

/// Waits that were given up let so many others begin, and no more.
pub(crate) fn waits_that_were_given_up() {
    explore(1_000, || {
        set_max_jobs(1);
        let pool = limited(1);
        let (begun, released, done) = (Event::new(), Event::new(), Event::new());
        let count = Arc::new(AtomicUsize::new(0));
        for _ in 0..4 {
            let (begun, released, done) = (begun.clone(), released.clone(), done.clone());
            let count = Arc::clone(&count);
            send(&pool, move || {
                count.fetch_add(1, Ordering::SeqCst);
                begun.happen();
                cancel::give_up(true);
                released.get(1);
                cancel::give_up(false);
                done.happen();
            });
        }
        begun.wait(2);
        for _ in 0..10 {
            thread::yield_now();
        }
        let begun = count.load(Ordering::SeqCst);
        assert_eq!(begun, 2, "jobs in the stead of waits that were given up");
        released.happen();
        done.wait(4);
        rest(&pool);
    });
}

/// Waits that were given up have all places, and each waits for a job of the same pool.
pub(crate) fn waits_that_were_given_up_and_need_the_pool() {
    explore(500, || {
        set_max_jobs(1);
        let pool = limited(1);
        let done = Event::new();
        for _ in 0..3 {
            let (within, done) = (pool.clone(), done.clone());
            send(&pool, move || {
                let ended = Event::new();
                let ends = ended.clone();
                send(&within, move || ends.happen());
                cancel::give_up(true);
                ended.get(1);
                cancel::give_up(false);
                done.happen();
            });
        }
        done.wait(3);
        rest(&pool);
    });
}
