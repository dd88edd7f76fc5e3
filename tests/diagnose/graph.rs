//! Each kind of wait, and what it waits for, with lines and threads.
//!
//! Each test is a process of its own: the graph is that of the process. A text that never comes shows as a hang.

use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future;
use smartcall::diagnose::{self, Certainty};
use smartcall::offload::{self, Limited, SingleThread};
use smartcall::{Dual, Executor, LocalExecutor, Work, context, sleep};

use super::support::{text_with, waits_until};
use crate::common::{in_child, limit, never, polled, wait_until};

/// Something that is waited for until it is told.
fn value() -> (oneshot::Sender<u32>, oneshot::Receiver<u32>) {
    oneshot::channel()
}

fn named(name: &str, code: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    let thread = thread::Builder::new().name(name.into());
    thread.spawn(code).expect("a thread starts")
}

/// A `.get()` in a plain thread: its line, its thread, how long, and how sure. It is gone when it has ended.
#[test]
fn plain_thread() {
    in_child(|| {
        assert!(diagnose::waits().is_empty());
        let (sender, receiver) = value();
        let line = line!() + 1;
        let gets = named("plain", || assert!(Dual::future(receiver).get().is_ok()));
        let text = text_with(
            line,
            &["`.get()` at tests/diagnose/graph.rs", "on thread \"plain\""],
        );
        assert!(text.ends_with("it never comes"), "{text}");
        thread::sleep(Duration::from_millis(20));
        let waits = diagnose::waits();
        let wait = waits.iter().next().expect("it waits");
        assert_eq!(wait.thread(), "\"plain\"");
        assert_eq!(wait.certainty(), Certainty::Slow);
        assert!(wait.lasted() >= Duration::from_millis(20));
        assert!(
            waits
                .to_string()
                .starts_with("smartcall: 1 wait\nslow:\n  `.get()` at "),
            "{waits}"
        );
        assert_eq!(waits.cycles().count(), 0);
        sender.send(5).expect("it waits");
        gets.join().expect("it ends");
        assert!(diagnose::waits().is_empty());
        assert_eq!(diagnose::waits().to_string(), "smartcall: 0 waits\n");
    });
}

/// Each way to wait has its own line.
#[test]
fn each_way_to_wait() {
    type Case = Box<dyn FnOnce() + Send>;

    fn case<T>(code: impl FnOnce() -> T + Send + 'static) -> Case {
        Box::new(|| drop(code()))
    }

    in_child(|| {
        #[rustfmt::skip]
        let (first, cases) = (line!() + 1, [
            case(|| Dual::future(never()).get()),
            case(|| Dual::future(never()).boxed().get()),
            case(|| Dual::future(never()).map(|()| 5).get()),
            case(|| Dual::future(never()).try_get().is_ok()),
            case(|| Dual::future(never()).get_timeout(Duration::from_secs(100)).is_ok()),
            case(|| *Dual::future(never()).boxed()),
            case(|| Work::block(std::pin::pin!(Dual::future(never())))),
            case(|| sleep(Duration::from_secs(100)).get()),
            case(|| Executor::builder().threads(1).build().spawn(never()).get()),
            case(|| LocalExecutor::new().block_on(never())),
        ]);
        let lines = (first..).take(cases.len());
        for case in cases {
            thread::spawn(case);
        }
        for line in lines {
            text_with(line, &[]);
        }
    });
}

/// A `.get()` in a task, whose task is awaited by another task, whose task a thread gets.
#[test]
fn through_tasks() {
    in_child(|| {
        diagnose::waits();
        let ex = Arc::new(Executor::builder().threads(2).name("shim").build());
        let (sender, receiver) = value();
        let inner_line = line!() + 1;
        let inner = ex.spawn(async { Dual::future(receiver).get() });
        let middle = ex.spawn(async { inner.await.map(|n| n + 1) });
        let line = line!() + 1;
        let gets = named("outer", || assert!(middle.get().is_ok()));
        let text = text_with(line, &["polled by thread \"shim-", "-> `.get()` at "]);
        let inner_at = format!("task spawned at tests/diagnose/graph.rs:{inner_line}:");
        let middle_at = format!(
            "task spawned at tests/diagnose/graph.rs:{}:",
            inner_line + 1
        );
        let places = [&middle_at, "has waited for", &inner_at, "`.get()` at "];
        let mut rest = &text[..];
        for place in places {
            let at = rest
                .find(place)
                .unwrap_or_else(|| panic!("no {place} in: {text}"));
            rest = &rest[at..];
        }
        let tree = diagnose::waits().to_string();
        let note = "it is called in async code: nothing else in this future can go on";
        assert!(tree.contains(note), "{tree}");
        sender.send(5).expect("it waits");
        gets.join().expect("it ends");
    });
}

/// A started handle, by the line of `start`.
#[test]
fn started_handle() {
    in_child(|| {
        diagnose::waits();
        let line = line!() + 1;
        let started = Dual::future(never()).start();
        let gets = line!() + 1;
        thread::spawn(|| started.get());
        text_with(
            gets,
            &[
                &format!("task spawned at tests/diagnose/graph.rs:{line}:"),
                "has waited for",
            ],
        );
    });
}

/// A job that runs, by the line where its handle was made; and that is parked in a `.get()`.
#[test]
fn job_that_runs() {
    in_child(|| {
        let (begins, begun) = mpsc::channel();
        let (goes_on, go_on) = mpsc::channel::<()>();
        let (sender, receiver) = value();
        let made = line!() + 1;
        let job = Dual::blocking(move || {
            begins.send(()).expect("the test waits");
            go_on.recv().expect("the test tells");
            Dual::future(receiver).get()
        });
        let gets = line!() + 1;
        let ended = thread::spawn(|| Dual::future(async { futures::join!(job, never()) }).get());
        begun.recv().expect("it begins");
        let made = format!("blocking code made at tests/diagnose/graph.rs:{made}:");
        let text = text_with(gets, &[&made, "run by thread \""]);
        assert!(!text.contains("-> `.get()`"), "{text}");
        goes_on.send(()).expect("it waits");
        text_with(gets, &[&made, "-> `.get()` at "]);
        drop((sender, ended));
    });
}

/// Jobs in the queues of pools that count jobs, and of a thread.
#[test]
fn jobs_in_queues() {
    in_child(|| {
        let one = Limited::new(NonZeroUsize::MIN);
        let single = SingleThread::named("journal", || ()).expect("a thread starts");
        offload::set_max_jobs(NonZeroUsize::MIN);
        let (begins, begun) = mpsc::channel();
        let block = |begins: mpsc::Sender<()>| {
            move || {
                begins.send(()).expect("the test waits");
                loop {
                    thread::park();
                }
            }
        };
        let blocked = (
            polled(Dual::blocking(block(begins.clone())).on(&one)),
            polled(single.run({
                let block = block(begins.clone());
                move |()| block()
            })),
            polled(Dual::blocking(block(begins))),
        );
        (0..3).for_each(|_| begun.recv().expect("it begins"));
        for _ in 0..2 {
            let one = one.clone();
            thread::spawn(move || Dual::blocking(|| 5).on(&one).get());
        }
        thread::spawn(move || single.run(|()| 5).get());
        let of_one = "in the queue of a `Limited` that may run 1 jobs at once, and runs 1";
        let texts = [
            format!("number 1 {of_one}"),
            format!("number 2 {of_one}"),
            "number 1 in the queue of the `SingleThread` \"journal\"".into(),
        ];
        for text in texts {
            waits_until(|waits| {
                let has = |wait: &diagnose::Wait| wait.to_string().ends_with(&text);
                waits.iter().filter(|wait| has(wait)).count() == 1
            });
        }
        // With tokio, the code goes to the pool of its runtime.
        if cfg!(not(feature = "tokio")) {
            let line = line!() + 1;
            thread::spawn(|| Dual::future(future::join(Dual::blocking(|| 5), never())).get());
            text_with(
                line,
                &["number 1 in the queue of the pool that may run 1 jobs at once, and runs 1"],
            );
        }
        drop(blocked);
    });
}

/// The drop of a joined handle waits for its code.
#[test]
fn drop_that_joins() {
    in_child(|| {
        let (begins, begun) = mpsc::channel();
        let (ends, end) = mpsc::channel::<()>();
        let code = Dual::blocking(move || {
            begins.send(()).expect("the test waits");
            end.recv()
        });
        let job = polled(offload::join_on_drop(code));
        begun.recv().expect("it begins");
        let drops = named("dropper", || drop(job));
        let is_there = |text: &str| {
            text.starts_with("drop of a handle that joins its code, on thread \"dropper\"")
                && text.contains("-> blocking code made at tests/diagnose/graph.rs:")
        };
        waits_until(|waits| waits.iter().any(|wait| is_there(&wait.to_string())));
        ends.send(()).expect("it waits");
        drops.join().expect("it ends");
        assert!(diagnose::waits().is_empty());
    });
}

/// The `block_on` of an executor that serves for ever is reported as what it is.
#[test]
fn block_on_that_serves() {
    in_child(|| {
        let ex = Executor::builder().threads(1).build();
        let line = line!() + 1;
        thread::spawn(move || ex.block_on(std::future::pending::<()>()));
        text_with(
            line,
            &["`block_on` at ", "This is meant if it serves for ever"],
        );
    });
}

/// A `.get()` in a task of tokio.
#[test]
fn in_a_task_of_tokio() {
    in_child(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime starts");
        let line = line!() + 1;
        runtime.spawn(async { Dual::future(never()).get() });
        text_with(line, &["on thread \"tokio-r"]);
        runtime.shutdown_background();
    });
}

/// A poll that holds its worker by a lock, and one that computes, are shown, also if nothing waits for them.
#[cfg(target_os = "linux")]
#[test]
fn polls_that_hold_their_worker() {
    in_child(|| {
        let ex = Executor::builder().threads(2).name("shim").build();
        let (_tell, told) = mpsc::channel::<()>();
        let line = line!() + 1;
        ex.spawn(async move { told.recv() }).detach();
        ex.spawn(async {
            loop {
                std::hint::spin_loop()
            }
        })
        .detach();
        text_with(
            line,
            &[
                "task spawned at ",
                "in one poll for",
                "on thread \"shim-",
                "a lock, a `OnceLock`, a channel",
            ],
        );
        text_with(line + 1, &["which computes"]);
        std::mem::forget(ex);
    });
}

/// Tasks that were spawned before anybody asked are known by their line, and not by what they wait for.
#[test]
fn task_that_is_not_watched() {
    in_child(|| {
        let ex = Executor::builder().threads(1).build();
        let task = ex.spawn(never());
        wait_until(|| format!("{ex:?}").contains("waiting: 1"));
        let line = line!() + 1;
        thread::spawn(|| task.get());
        text_with(
            line,
            &[
                "task spawned at ",
                "which no thread polls",
                "SMARTCALL_STUCK",
            ],
        );
    });
}

/// A nested `.get()` is the innermost; a `.get()` in a poll says that nothing else in the future goes on.
#[test]
fn nested_gets() {
    in_child(|| {
        let line = line!() + 1;
        thread::spawn(|| Dual::future(async { Dual::future(never()).get() }).get());
        text_with(line, &[]);
        let waits = diagnose::waits();
        assert_eq!(waits.iter().count(), 1, "{waits}");
        assert!(
            waits
                .to_string()
                .contains("nothing else in this future can go on"),
            "{waits}"
        );
    });
}

/// So does one that waits for a limited time, and the `get` of a task. On a plain thread none does.
#[test]
fn other_waits_in_a_poll() {
    in_child(|| {
        const NOTE: &str = "nothing else in this future can go on";
        const HOUR: Duration = Duration::from_secs(3600);

        let noted = |waits: usize, notes: usize| {
            waits_until(|all| {
                all.iter().count() == waits && all.to_string().matches(NOTE).count() == notes
            })
        };
        let ex = Executor::builder().threads(1).build();
        let gets = ex.spawn(async { drop(Dual::future(never()).get_timeout(HOUR)) });
        noted(1, 1);
        let task = ex.spawn(never());
        let gets_task = ex.spawn(async { task.get() });
        noted(2, 2);
        thread::spawn(|| drop(Dual::future(never()).get_timeout(HOUR)));
        noted(3, 2);
        drop((gets, gets_task));
    });
}

/// Looking at the waits neither blocks nor changes anything, while threads wait and end all the time.
#[test]
fn looked_at_all_the_time() {
    in_child(|| {
        let ex = Arc::new(Executor::builder().threads(2).build());
        let barrier = Arc::new(Barrier::new(5));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (ex, barrier) = (Arc::clone(&ex), Arc::clone(&barrier));
                thread::spawn(move || {
                    barrier.wait();
                    for n in 0..200_u32 {
                        let inner = ex.spawn(async move { n });
                        let task = ex.spawn(async { inner.get() });
                        assert_eq!(task.get(), n);
                        assert_eq!(
                            thread::spawn(move || Dual::blocking(move || n).start().get())
                                .join()
                                .expect("it does not panic"),
                            n
                        );
                    }
                })
            })
            .collect();
        barrier.wait();
        while workers.iter().any(|worker| !worker.is_finished()) {
            let waits = diagnose::waits();
            for cycle in waits.cycles() {
                assert_ne!(cycle.certainty(), Certainty::Certain, "{waits}");
            }
        }
        for worker in workers {
            worker.join().expect("it does not panic");
        }
    });
}

/// A `.get()` that parks in the destructors of a thread's locals is not noted, and works.
#[test]
fn in_a_dying_thread() {
    thread_local! {
        static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) };
    }
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            sleep(Duration::from_millis(1)).get();
        }
    }
    limit(|| {
        thread::spawn(|| {
            LATE.set(Some(Late));
            sleep(Duration::from_millis(1)).get();
        })
        .join()
        .expect("it ends");
        let _ = context::current();
    });
}

/// A task that was not polled yet: that of a `LocalExecutor` which does not run.
#[test]
fn task_that_was_not_polled() {
    in_child(|| {
        diagnose::waits();
        let local = LocalExecutor::new();
        let spawned = line!() + 1;
        let task = local.spawn(async { 5 });
        let (asks, asked) = mpsc::channel();
        thread::spawn(move || {
            let at = format!("task spawned at tests/diagnose/graph.rs:{spawned}:");
            let parts = [&at, "it was never polled", "`LocalExecutor`"];
            let is_so = |text: &str| parts.iter().all(|part| text.contains(part));
            waits_until(|waits| waits.iter().any(|wait| is_so(&wait.to_string())));
            asks.send(true).expect("the test waits");
        });
        assert!(Dual::new(task).get_timeout(Duration::from_secs(2)).is_err());
        assert_eq!(asked.recv(), Ok(true));
    });
}

/// A job that has a place for which others wait: the pool is described, since the job may wait for them.
#[test]
fn job_in_a_full_pool() {
    in_child(|| {
        let one = Limited::new(NonZeroUsize::MIN);
        let inner = one.clone();
        let code = move || {
            let (sends, sent) = mpsc::channel();
            let code = move || sends.send(5);
            Dual::blocking(code).on(&inner).start().detach();
            sent.recv()
        };
        thread::spawn(move || Dual::blocking(code).on(&one).get());
        let words = "for a `Limited` that may run 1 jobs at once, and runs 1; 1 wait for a place";
        waits_until(|waits| waits.iter().any(|wait| wait.to_string().contains(words)));
    });
}
