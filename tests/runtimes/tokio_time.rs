//! `sleep` and time limits in runtimes whose clock a test has paused, and in runtimes without timers.

use std::thread;
use std::time::{Duration, Instant};

use smartcall::{Dual, sleep};
use tokio::runtime::{Builder, Runtime};
use tokio::time;

use super::tokio_support::multi_thread;
use crate::common::limit;

const HOUR: Duration = Duration::from_secs(3600);

fn paused() -> Runtime {
    let mut builder = Builder::new_current_thread();
    let builder = builder.enable_all().start_paused(true);
    builder.build().expect("it starts")
}

/// What is first in tokio's time is first here, and no hour passes.
#[test]
fn paused_clock() {
    limit(|| {
        let begin = Instant::now();
        paused().block_on(async {
            let before = time::Instant::now();
            let late = Dual::future(time::sleep(2 * HOUR)).timeout(HOUR).await;
            assert!(late.is_err());
            let early = Dual::future(time::sleep(HOUR)).timeout(2 * HOUR).await;
            assert!(early.is_ok());
            sleep(HOUR).await;
            let task = tokio::spawn(async { sleep(HOUR).timeout(2 * HOUR).await });
            assert!(task.await.expect("it ends").is_ok());
            let passed = before.elapsed();
            assert!(passed >= 4 * HOUR && passed < 5 * HOUR, "{passed:?}");

            // It does not jump while blocking code runs, which takes real time.
            let code = || thread::sleep(Duration::from_millis(20));
            let blocking = Dual::blocking(code).timeout(HOUR).await;
            assert!(blocking.is_ok());
            // A clock that runs again is the real one.
            time::resume();
            sleep(Duration::from_millis(1)).await;
        });
        assert!(begin.elapsed() < HOUR);
    });
}

/// A runtime may have no timers, and one that is entered may idle, which keeps its clock paused.
#[test]
fn runtimes_whose_timers_are_not_used() {
    limit(|| {
        let short = || sleep(Duration::from_millis(1));
        let without = Builder::new_current_thread().build().expect("it starts");
        without.block_on(async {
            short().await;
            assert!(
                Dual::future(std::future::pending::<()>())
                    .timeout(Duration::from_millis(1))
                    .await
                    .is_err()
            );
        });
        let idle = paused();
        let _entered = idle.enter();
        short().get();
        pollster::block_on(short());
        let home = multi_thread(1);
        paused().block_on(short().in_runtime(home.handle()));
    });
}
