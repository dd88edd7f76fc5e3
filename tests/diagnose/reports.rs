//! Reports of waits that last: once, and once more when they end; to a function, to stderr, to `tracing`.

use std::env;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::diagnose;
use smartcall::{Dual, DualStream, Executor};

use crate::common::{assert_contains, in_child, limit, never};

/// A wait that lasts is reported once, and once more when it has ended. One that ends in time is not.
#[test]
fn each_wait_once() {
    in_child(|| {
        let (sender, reports) = mpsc::channel();
        diagnose::on_stuck(Duration::from_millis(80), move |waits| {
            let began: Vec<String> = waits.iter().map(ToString::to_string).collect();
            let ended: Vec<String> = waits.ended().map(ToString::to_string).collect();
            let _ = sender.send((began, ended, waits.to_string()));
        });
        let (tell, told) = oneshot::channel::<u32>();
        let line = line!() + 1;
        let gets = thread::spawn(|| Dual::future(told).get());
        let (began, ended, text) = reports.recv().expect("it is reported");
        assert_eq!((began.len(), ended.len()), (1, 0), "{text}");
        assert_contains(
            &began[0],
            &format!("`.get()` at tests/diagnose/reports.rs:{line}:"),
        );
        assert_contains(&text, "smartcall: 1 wait\nslow:\n");
        let short = Duration::from_millis(5);
        for _ in 0..40 {
            assert!(Dual::future(never()).get_timeout(short).is_err());
        }
        assert!(reports.try_recv().is_err(), "nothing more is reported");
        tell.send(5).expect("it waits");
        gets.join().expect("it ends").expect("it is told");
        let (began, ended, text) = reports.recv().expect("its end is reported");
        assert_eq!((began.len(), ended.len()), (0, 1), "{text}");
        assert_contains(
            &ended[0],
            &format!("the wait at tests/diagnose/reports.rs:{line}:"),
        );
        assert_contains(&text, "smartcall: 1 wait ended\n");
        thread::sleep(Duration::from_millis(300));
        assert!(reports.try_recv().is_err(), "nothing more is reported");
    });
}

/// The members of a circle are in one report. The function may panic: the next report comes.
#[test]
fn circle_in_one_report() {
    in_child(|| {
        let (sender, reports) = mpsc::channel();
        diagnose::on_stuck(Duration::from_millis(80), move |waits| {
            let cycles: Vec<String> = waits.cycles().map(ToString::to_string).collect();
            let _ = sender.send(cycles);
            panic!("a panic of the program's function");
        });
        for _ in 0..2 {
            let ex = Executor::builder().threads(1).build();
            let (tell, told) = oneshot::channel::<smartcall::Task<()>>();
            let own = ex.spawn(async { told.await.map_or((), |own| own.get()) });
            let _ = tell.send(own);
            std::mem::forget(ex);
            let cycles = reports.recv().expect("it is reported");
            assert_eq!(cycles.len(), 1);
            assert!(cycles[0].starts_with("certain: `.get()` at "), "{cycles:?}");
            assert!(cycles[0].ends_with("-> the first one again"), "{cycles:?}");
            assert!(!cycles[0].contains('\n'), "{cycles:?}");
        }
    });
}

/// Code of a `produce` whose items nobody takes is reported as what waits for the handle of its stream.
#[test]
fn send_that_nobody_takes() {
    in_child(|| {
        let (sender, reports) = mpsc::channel();
        diagnose::on_stuck(Duration::from_millis(80), move |waits| {
            let _ = sender.send(waits.to_string());
        });
        let line = line!() + 1;
        let mut kept = DualStream::produce(4, |out| (0..9).try_for_each(|n| out.send(n)));
        assert_eq!(kept.next().get(), Some(0));
        let text = reports.recv().expect("it is reported");
        assert_contains(
            &text,
            &format!("`send` of the `produce` at tests/diagnose/reports.rs:{line}:"),
        );
        assert_contains(&text, "-> the handle of that stream");
        assert!(kept.into_iter().eq(1..9));
    });
}

/// A poll that holds its worker is reported, once, and its end.
#[test]
fn poll_that_holds_its_worker() {
    in_child(|| {
        let (sender, reports) = mpsc::channel();
        diagnose::on_stuck(Duration::from_millis(80), move |waits| {
            let _ = sender.send(waits.to_string());
        });
        let ex = Executor::builder().threads(1).build();
        let (tell, told) = mpsc::channel::<()>();
        let line = line!() + 1;
        let task = ex.spawn(async move { assert!(told.recv().is_err()) });
        let text = reports.recv().expect("it is reported");
        assert_contains(
            &text,
            &format!("task spawned at tests/diagnose/reports.rs:{line}:"),
        );
        assert_contains(&text, "in one poll for");
        drop(tell);
        let text = reports.recv().expect("its end is reported");
        assert_contains(
            &text,
            &format!("the poll of the task spawned at tests/diagnose/reports.rs:{line}:"),
        );
        task.get();
    });
}

/// Runs a test of this file as a process with the variable set, and returns what it prints.
fn with_variable(value: &str, test: &str) -> Output {
    Command::new(env::current_exe().expect("the test's own path"))
        .args(["--exact", "--ignored", "--nocapture", test])
        .env("SMARTCALL_STUCK", value)
        .output()
        .expect("it runs")
}

/// A program of its own that waits for half a second.
#[test]
#[ignore = "a part of `variable`"]
fn waits_for_half_a_second() {
    assert!(
        Dual::future(never())
            .get_timeout(Duration::from_millis(500))
            .is_err()
    );
}

/// The environment variable is all that a program needs. The report is on stderr.
#[test]
fn variable() {
    limit(|| {
        let test = "reports::waits_for_half_a_second";
        let output = with_variable("100ms", test);
        assert!(output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_contains(
            &said,
            "smartcall: 1 wait\nslow:\n  `.get()` at tests/diagnose/reports.rs:",
        );
        assert_eq!(said.matches("smartcall: 1 wait\n").count(), 1, "{said}");
        for wrong in ["soon", "0s"] {
            let output = with_variable(wrong, test);
            assert!(output.status.success());
            let said = String::from_utf8_lossy(&output.stderr);
            assert_contains(
                &said,
                &format!("SMARTCALL_STUCK has no effect: `{wrong}` is no duration"),
            );
        }
        let said = String::from_utf8_lossy(&with_variable("100s", test).stderr).into_owned();
        assert!(!said.contains("smartcall:"), "{said}");
    });
}

#[cfg(feature = "tracing")]
mod to_tracing {
    use std::fmt;
    use std::sync::Mutex;

    use tracing::field::{Field, Visit};
    use tracing::{Event, Level};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    use super::*;

    static SAID: Mutex<String> = Mutex::new(String::new());

    struct Collect;

    impl<S: tracing::Subscriber> Layer<S> for Collect {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            struct Text(String);
            impl Visit for Text {
                fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
                    self.0 += &format!("{value:?}");
                }
            }
            let (level, target) = (*event.metadata().level(), event.metadata().target());
            if (level, target) == (Level::WARN, "smartcall::diagnose") {
                let mut text = Text(String::new());
                event.record(&mut text);
                *SAID.lock().expect("it is not poisoned") += &text.0;
            }
        }
    }

    /// A program that has a subscriber, and waits.
    #[test]
    #[ignore = "a part of `event`"]
    fn waits_with_a_subscriber() {
        let subscriber = tracing_subscriber::registry().with(Collect);
        tracing::subscriber::set_global_default(subscriber).expect("there is none");
        assert!(
            Dual::future(never())
                .get_timeout(Duration::from_millis(500))
                .is_err()
        );
        assert_contains(
            &SAID.lock().expect("it is not poisoned"),
            "smartcall: 1 wait\nslow:\n  `.get()` at ",
        );
    }

    /// In a program with a subscriber, the report of the variable is an event, and nothing is on stderr.
    #[test]
    fn event() {
        limit(|| {
            let output = with_variable("100ms", "reports::to_tracing::waits_with_a_subscriber");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            assert!(!said.contains("smartcall:"), "{said}");
        });
    }
}
