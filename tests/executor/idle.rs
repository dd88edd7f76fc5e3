//! Executors that have nothing to do use no processor time.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use smartcall::Dual;

use super::support::{executor, executor_with_spares, get, in_a_task, waits_for_a_task};
use crate::common::in_child;

/// The processor time that this process has used, in ticks of 10 ms.
#[cfg(target_os = "linux")]
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("proc is mounted");
    // The name in parentheses may hold anything; utime and stime are fields 14 and 15.
    let (_, rest) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<_> = rest.split_whitespace().collect();
    let field = |n: usize| fields[n - 3].parse::<u64>().expect("a number");
    field(14) + field(15)
}

/// Shows that the process uses no processor time for a second.
///
/// The system counts a whole tick for whoever runs as it ends, so the least of a few seconds is taken.
#[cfg(target_os = "linux")]
#[track_caller]
fn assert_idle() {
    let used_in_a_second = |_| {
        // What is on its way to sleep gets there.
        thread::sleep(Duration::from_millis(100));
        let before = ticks();
        thread::sleep(Duration::from_secs(1));
        ticks() - before
    };
    let mut used = Vec::new();
    let is_idle = (0..3)
        .map(used_in_a_second)
        .inspect(|ticks| used.push(*ticks))
        .any(|ticks| ticks <= 2);
    assert!(is_idle, "{used:?} ticks of 10 ms in a second");
}

/// Idle executors use no processor time, whatever they have run before.
#[cfg(target_os = "linux")]
#[test]
fn idle_executors_use_no_time() {
    in_child(|| {
        let executors = [1, 2, 8].map(executor);
        assert_idle();
        for ex in &executors {
            in_a_task(ex, |ex| {
                for i in 0..100 {
                    assert_eq!(get(ex.spawn(async move { i })), i);
                }
                let waits = waits_for_a_task(ex);
                assert_eq!(Dual::in_place(waits).get(), 5);
            });
        }
        assert_idle();
    });
}

/// Parked workers, the spare threads that replace them, and parked spare threads use no processor
/// time.
#[cfg(target_os = "linux")]
#[test]
fn parked_gets_use_no_time() {
    in_child(|| {
        let ex = executor(1);
        let (send, receive) = oneshot::channel();
        let (back, is_back) = mpsc::channel();
        let (begin, begun) = mpsc::channel();
        let waits = async move {
            begin.send(()).expect("somebody waits");
            receive.await
        };
        let worker = ex.spawn(async move {
            let five = get(waits);
            back.send(five).expect("somebody waits");
        });
        begun.recv().expect("it begins");
        // On the spare. When the worker is back, the spare is dismissed, and parks nevertheless.
        let (release, released) = oneshot::channel();
        let spare = ex.spawn(async move {
            send.send(5).expect("somebody waits");
            let five = is_back.recv();
            (five, get(released))
        });
        ex.block_on(worker);
        assert_idle();
        release.send(6).expect("somebody waits");
        assert_eq!(ex.block_on(spare), (Ok(Ok(5)), Ok(6)));
    });
}

/// Long calls that find no spare thread left use no processor time.
#[cfg(target_os = "linux")]
#[test]
fn long_calls_at_max_spares_use_no_time() {
    in_child(|| {
        let ex = executor_with_spares(0);
        let (release, released) = mpsc::channel();
        let task = ex.spawn(async move { Dual::in_place(move || released.recv()).await });
        assert_idle();
        release.send(5).expect("it waits");
        assert_eq!(ex.block_on(task), Ok(5));
    });
}
