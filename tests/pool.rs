//! The pool: its limit, its threads, and jobs that wait for jobs.

use std::collections::HashSet;
use std::env;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use futures::future::join_all;
use smartcall::{Dual, offload};

mod common;
use common::{in_child, limit, wait_until};

// Helpers ------------------------------------------------------------------------------

/// Runs a test's body in a process of its own in which an environment variable is set.
fn in_child_with(variable: &str, value: &str, name: &str, body: impl FnOnce()) {
    if env::var(variable).as_deref() == Ok(value) {
        return limit(body);
    }
    let output = limit(|| {
        Command::new(env::current_exe().expect("the test's own path"))
            .args([name, "--exact", "--nocapture"])
            .env(variable, value)
            .output()
            .expect("the child starts")
    });
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "the child failed: {}\n{stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
}

fn set_limit(n: usize) {
    offload::set_max_jobs(n.try_into().expect("it is not zero"));
}

/// Counts the names of this process's threads that begin so. A new thread has the name of the
/// one that started it until it is told its own, so counting threads would count too many.
#[cfg(target_os = "linux")]
fn names_of_threads(prefix: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("proc is mounted");
    let names = tasks.filter_map(|task| {
        // A thread may end while we look.
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    });
    names
        .filter(|name| name.starts_with(prefix))
        .collect::<HashSet<_>>()
        .len()
}

/// How many are at it, and how many were at most.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn run(&self, code: impl FnOnce()) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        code();
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Awaits all futures at once, as async code on some executor would.
fn await_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    pollster::block_on(join_all(futures))
}

/// Shows that exactly `n` jobs run at once: as many meet, and never more are at it.
#[track_caller]
fn assert_at_once(n: usize) {
    let gauge = Arc::new(Gauge::default());
    let barrier = Arc::new(Barrier::new(n));
    await_all((0..4 * n).map(|_| {
        let (gauge, barrier) = (Arc::clone(&gauge), Arc::clone(&barrier));
        let job = move || {
            gauge.run(|| {
                barrier.wait();
                thread::yield_now();
            })
        };
        Dual::blocking(job)
    }));
    assert_eq!(gauge.most(), n, "jobs at once");
}

/// A job that goes to the pool now, and ends when it is told to.
fn job_until_told() -> (impl Future<Output = u32> + Unpin, mpsc::Sender<()>) {
    let (begins, begun) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let mut job = Box::pin(Dual::blocking(move || {
        begins.send(()).expect("somebody waits");
        told.recv().expect("it is told");
        5
    }));
    send_off(&mut job);
    begun.recv().expect("it begins");
    (job, tell)
}

/// Polls a job for the first time, which sends it to the pool.
fn send_off(job: &mut (impl Future + Unpin)) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(pin!(job).poll(&mut cx).is_pending());
}

/// A future that needs the pool: two parts that overlap, wherever it is resolved.
async fn needs_the_pool() -> u32 {
    let part = || Dual::blocking(|| 1);
    let (one, two) = futures::join!(part(), part());
    one + two
}

// Threads ------------------------------------------------------------------------------

/// C3: once no job is parked any more, jobs run on the pool's threads, and not on spare ones.
#[test]
fn no_spares_once_nobody_is_parked() {
    in_child(|| {
        let parks = Dual::blocking(|| Dual::future(needs_the_pool()).get());
        assert_eq!(pollster::block_on(parks), 2);
        let name = Dual::blocking(|| thread::current().name().map(String::from));
        let name = pollster::block_on(name).expect("it has a name");
        assert!(name.starts_with("blocking-"), "{name}");
    });
}

/// C3: the threads of the pool are used again.
#[test]
fn threads_are_reused() {
    in_child(|| {
        let mut ids: Vec<_> = (0..200)
            .map(|_| pollster::block_on(Dual::blocking(|| thread::current().id())))
            .collect();
        ids.sort_by_key(|id| format!("{id:?}"));
        ids.dedup();
        // One would do, but a thread that has just ended its job may not be idle yet.
        assert!(ids.len() <= 20, "{} threads for 200 jobs", ids.len());
    });
}

/// C3: spare threads are there for as long as they have a job.
#[cfg(target_os = "linux")]
#[test]
fn spare_threads_are_gone_in_the_end() {
    in_child(|| {
        set_limit(1);
        let seen = Arc::new(AtomicUsize::new(0));
        let jobs = (0..20).map(|_| {
            let seen = Arc::clone(&seen);
            let get = move || {
                let got = Dual::future(needs_the_pool()).get();
                seen.fetch_add(names_of_threads("smartcall-spare"), Ordering::Relaxed);
                got
            };
            Dual::blocking(get)
        });
        assert_eq!(await_all(jobs), [2; 20]);
        assert!(seen.load(Ordering::Relaxed) > 0, "there were some");
        wait_until(|| names_of_threads("smartcall-spare") == 0);
    });
}

/// C3: the threads of an executor are gone after it.
#[cfg(all(target_os = "linux", feature = "executor"))]
#[test]
#[cfg_attr(feature = "tokio", ignore = "tokio has a pool and threads of its own")]
fn threads_of_an_executor_are_gone_after_it() {
    use smartcall::Executor;

    in_child(|| {
        let before = common::threads();
        for threads in [1, 3] {
            let ex = Executor::builder().threads(threads).name("worker").build();
            assert_eq!(ex.block_on(ex.spawn(async { 5 })), 5);
            // One more is the monitor.
            assert_eq!(common::threads(), before + threads + 1);
            // A thread has its name when it has begun to run.
            wait_until(|| names_of_threads("worker-") == threads + 1);
            drop(ex);
            // The kernel shows a thread for a moment after it was joined.
            wait_until(|| common::threads() == before);
        }
        let ex = Executor::from(Arc::new(async_executor::Executor::new()));
        assert_eq!(ex.block_on(ex.spawn(async { 5 })), 5);
        drop(ex);
        wait_until(|| common::threads() == before);
    });
}

// The limit ----------------------------------------------------------------------------

/// C4: as many run at once as were set, and never more.
#[test]
fn limit_is_kept() {
    in_child(|| {
        for n in [1, 3, 8, 2] {
            set_limit(n);
            assert_at_once(n);
        }
    });
}

/// C4: the rest run later, in order.
#[test]
fn rest_run_in_order() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut jobs: Vec<_> = (0..50)
            .map(|i| {
                let order = Arc::clone(&order);
                Box::pin(Dual::blocking(move || {
                    order.lock().expect("no panic").push(i)
                }))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        assert!(order.lock().expect("no panic").is_empty());
        tell.send(()).expect("the first one waits");
        assert_eq!(pollster::block_on(first), 5);
        await_all(jobs);
        assert!(order.lock().expect("no panic").iter().copied().eq(0..50));
    });
}

/// C4: a higher limit starts jobs that wait.
#[test]
fn raising_the_limit_starts_jobs() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        let barrier = Arc::new(Barrier::new(3));
        let mut jobs: Vec<_> = (0..3)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                Box::pin(Dual::blocking(move || barrier.wait().is_leader()))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        // They need places for three, and the first job stays where it is.
        set_limit(4);
        await_all(jobs);
        tell.send(()).expect("the first one waits");
        assert_eq!(pollster::block_on(first), 5);
        assert_at_once(4);
    });
}

/// C4: a lower limit holds as soon as the jobs that run are down to it.
#[test]
fn lowering_the_limit() {
    in_child(|| {
        set_limit(3);
        let running: Vec<_> = (0..3).map(|_| job_until_told()).collect();
        set_limit(1);
        let gauge = Arc::new(Gauge::default());
        let mut jobs: Vec<_> = (0..10)
            .map(|_| {
                let gauge = Arc::clone(&gauge);
                Box::pin(Dual::blocking(move || gauge.run(thread::yield_now)))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        for (job, tell) in running {
            assert_eq!(
                gauge.most(),
                0,
                "nothing starts while the limit is exceeded"
            );
            tell.send(()).expect("it waits");
            assert_eq!(pollster::block_on(job), 5);
        }
        await_all(jobs);
        assert_eq!(gauge.most(), 1);
        assert_at_once(1);
    });
}

/// C4: a job that panics gives its place back, one that had to queue too.
#[test]
fn panicking_job_gives_its_place_back() {
    in_child(|| {
        set_limit(1);
        let fails = || Box::pin(Dual::blocking(|| -> u32 { panic!("in the job") }));
        let await_it = |job| panic::catch_unwind(AssertUnwindSafe(|| pollster::block_on(job)));
        for _ in 0..3 {
            assert!(await_it(fails()).is_err());
        }
        let (first, tell) = job_until_told();
        let mut queued = fails();
        send_off(&mut queued);
        tell.send(()).expect("the first one waits");
        assert!(await_it(queued).is_err());
        assert_eq!(pollster::block_on(first), 5);
        assert_at_once(1);
    });
}

/// C4: a queued job that is cancelled never runs, and gives away no place that it never had.
#[test]
fn cancelled_job_never_runs() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        let runs = Arc::new(AtomicUsize::new(0));
        let mut jobs: Vec<_> = (0..10)
            .map(|_| {
                let runs = Arc::clone(&runs);
                Box::pin(Dual::blocking(move || runs.fetch_add(1, Ordering::SeqCst)))
            })
            .collect();
        jobs.iter_mut().for_each(send_off);
        let mut cancelled = false;
        jobs.retain(|_| {
            cancelled = !cancelled;
            !cancelled
        });
        assert_eq!(runs.load(Ordering::SeqCst), 0);
        tell.send(()).expect("the first one waits");
        assert_eq!(pollster::block_on(first), 5);
        await_all(jobs);
        assert_eq!(runs.load(Ordering::SeqCst), 5);
        wait_until(|| Arc::strong_count(&runs) == 1);
        assert_at_once(1);
    });
}

/// C4: a job that is cancelled while it runs keeps its place until it ends.
#[test]
fn job_cancelled_while_it_runs_keeps_its_place() {
    in_child(|| {
        set_limit(1);
        let (first, tell) = job_until_told();
        drop(first);
        let (begins, begun) = mpsc::channel();
        let mut second = Box::pin(Dual::blocking(move || begins.send(())));
        send_off(&mut second);
        thread::sleep(Duration::from_millis(5));
        assert!(begun.try_recv().is_err(), "there is no place for it");
        tell.send(()).expect("the first one is still at it");
        assert_eq!(pollster::block_on(second), Ok(()));
        assert_at_once(1);
    });
}

/// C4: the limit of `blocking` is the program's, and stays what the program has set.
#[cfg(target_os = "linux")]
#[test]
fn limit_of_blocking_is_not_touched() {
    in_child(|| {
        blocking::set_max_blocking_threads(2.try_into().expect("it is not zero"));
        let at_once_in_blocking = || {
            let gauge = Arc::new(Gauge::default());
            let barrier = Arc::new(Barrier::new(2));
            await_all((0..16).map(|_| {
                let (gauge, barrier) = (Arc::clone(&gauge), Arc::clone(&barrier));
                blocking::unblock(move || {
                    gauge.run(|| {
                        barrier.wait();
                        thread::yield_now();
                    })
                })
            }));
            gauge.most()
        };
        for n in [8, 1, 2, 500] {
            set_limit(n);
            assert_eq!(await_all((0..16).map(|_| needs_the_pool())), [2; 16]);
            assert_eq!(at_once_in_blocking(), 2);
            assert_eq!(names_of_threads("blocking-"), 2);
        }
    });
}

// The environment ----------------------------------------------------------------------

/// C4: unless set, the limit is that of `blocking`, from the environment.
#[test]
fn limit_from_the_environment() {
    in_child_with(
        "BLOCKING_MAX_THREADS",
        "3",
        "limit_from_the_environment",
        || {
            assert_at_once(3);
            set_limit(2);
            assert_at_once(2);
        },
    );
}

/// C4: as in `blocking`, zero stands for one.
#[test]
fn limit_of_zero_in_the_environment() {
    in_child_with(
        "BLOCKING_MAX_THREADS",
        "0",
        "limit_of_zero_in_the_environment",
        || {
            assert_at_once(1);
        },
    );
}

/// C4: as in `blocking`, what is no number stands for the default, which is no small one.
#[test]
fn limit_that_is_no_number() {
    in_child_with(
        "BLOCKING_MAX_THREADS",
        "many",
        "limit_that_is_no_number",
        || {
            let barrier = Arc::new(Barrier::new(40));
            let meet = |_| {
                let barrier = Arc::clone(&barrier);
                Dual::blocking(move || barrier.wait().is_leader())
            };
            await_all((0..40).map(meet));
        },
    );
}

// Jobs that wait for jobs --------------------------------------------------------------

/// C4: jobs that each wait for another one, on a pool of one. Afterwards the count is right.
#[test]
fn jobs_that_wait_for_jobs() {
    in_child(|| {
        set_limit(1);
        let job = || Dual::blocking(|| Dual::future(needs_the_pool()).get());
        assert_eq!(await_all((0..200).map(|_| job())), [2; 200]);
        assert_at_once(1);
        set_limit(3);
        assert_at_once(3);
        assert_eq!(await_all((0..50).map(|_| job())), [2; 50]);
        assert_at_once(3);
    });
}

/// C4: a job that is waited for on the only thread there is, and that comes from elsewhere.
#[test]
fn job_from_elsewhere_that_a_job_waits_for() {
    in_child_with(
        "BLOCKING_MAX_THREADS",
        "1",
        "job_from_elsewhere_that_a_job_waits_for",
        || {
            let (send, receive) = futures::channel::oneshot::channel();
            let (begin, begun) = mpsc::channel();
            let mut waits = Box::pin(Dual::blocking(move || {
                begin.send(()).expect("somebody listens");
                Dual::future(receive).get()
            }));
            assert!(
                pin!(&mut waits)
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
            begun.recv().expect("it begins");
            // It parks soon, if it has not yet, and then there is room for another job.
            thread::sleep(Duration::from_millis(50));
            pollster::block_on(Dual::blocking(move || send.send(5))).expect("it is waited for");
            assert_eq!(pollster::block_on(waits), Ok(5));
        },
    );
}

/// A12: a get in what a job runs by an executor's `block_on`: the pool's thread may block.
#[cfg(feature = "executor")]
#[test]
fn get_under_a_block_on_in_a_job() {
    limit(|| {
        let job = Dual::blocking(|| {
            let ex = smartcall::Executor::builder().threads(1).build();
            ex.block_on(async { Dual::future(needs_the_pool()).get() })
        });
        assert_eq!(pollster::block_on(job), 2);
    });
}

/// C4: as many jobs as the pool has threads, all of which wait for one more.
#[cfg(target_os = "linux")]
#[test]
fn jobs_that_wait_on_all_threads() {
    in_child_with(
        "BLOCKING_MAX_THREADS",
        "4",
        "jobs_that_wait_on_all_threads",
        || {
            for _ in 0..20 {
                let barrier = Arc::new(Barrier::new(4));
                let jobs = (0..4).map(|_| {
                    let barrier = Arc::clone(&barrier);
                    let job = move || {
                        barrier.wait();
                        let got = Dual::future(needs_the_pool()).get();
                        (got, names_of_threads("blocking-"))
                    };
                    Dual::blocking(job)
                });
                for (got, threads) in await_all(jobs) {
                    assert_eq!(got, 2);
                    assert!(threads <= 4, "{threads} threads");
                }
            }
            assert_at_once(4);
            assert!(names_of_threads("blocking-") <= 4);
        },
    );
}

/// C4: a job that is sent off while the only thread of the pool is parked.
#[test]
fn job_sent_while_all_are_parked() {
    in_child_with(
        "BLOCKING_MAX_THREADS",
        "1",
        "job_sent_while_all_are_parked",
        || {
            let (sender, receiver) = futures::channel::oneshot::channel();
            let (begins, begun) = mpsc::channel();
            let mut parked = Box::pin(Dual::blocking(move || {
                begins.send(()).expect("somebody waits");
                Dual::future(receiver).get()
            }));
            send_off(&mut parked);
            begun.recv().expect("it begins");
            // Whether it is parked by now or not, this one gets a thread when it is.
            let wakes = Dual::blocking(move || sender.send(5));
            assert_eq!(await_all([wakes]), [Ok(())]);
            assert_eq!(pollster::block_on(parked), Ok(5));
            assert_at_once(1);
        },
    );
}

/// C4: chains of jobs, each of which waits for one that waits for the next.
#[test]
fn chains_of_jobs() {
    in_child(|| {
        fn chain(level: u32) -> Dual<u32> {
            let job = move || {
                let below = async move {
                    let level = level.checked_sub(1)?;
                    // Beside another part it is a job of its own.
                    let (one, two) = futures::join!(chain(level), Dual::blocking(|| 1));
                    Some(one + two)
                };
                Dual::future(below).get().unwrap_or(0)
            };
            Dual::blocking(job).boxed()
        }
        set_limit(2);
        assert_eq!(await_all((0..10).map(|_| chain(20))), [20; 10]);
        assert_at_once(2);
    });
}

/// C4: a job whose get panics after it has parked still has one place, and gives back one.
#[test]
fn job_whose_get_panics() {
    in_child(|| {
        set_limit(1);
        let job = || {
            let panics = || {
                let panics = async {
                    needs_the_pool().await;
                    panic!("after the park")
                };
                Dual::<u32, _>::future(panics).get()
            };
            Dual::blocking(move || panic::catch_unwind(panics).is_err())
        };
        assert_eq!(await_all((0..20).map(|_| job())), [true; 20]);
        assert_at_once(1);
    });
}

/// C4: a job that runs an executor's `block_on` gives its place back as well.
#[cfg(feature = "executor")]
#[test]
fn jobs_that_block_on_an_executor() {
    use smartcall::{Executor, LocalExecutor};

    in_child(|| {
        set_limit(1);
        let ex = Arc::new(Executor::builder().threads(1).build());
        let jobs = (0..40).map(|i| {
            let ex = Arc::clone(&ex);
            let job = move || match i % 2 {
                0 => ex.block_on(ex.spawn(needs_the_pool())),
                _ => LocalExecutor::new().block_on(needs_the_pool()),
            };
            Dual::blocking(job)
        });
        assert_eq!(await_all(jobs), [2; 40]);
        assert_at_once(1);
    });
}
