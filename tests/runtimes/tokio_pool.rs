//! Blocking code that is awaited in tokio runs on tokio's pool.

use std::sync::{Arc, Barrier};
use std::{panic, thread};

use smartcall::Dual;
use tokio::runtime::Handle;

use super::tokio_support::{current_thread, get, multi_thread, task};
use crate::common::{limit, panic_of};

/// Blocking code that is awaited in tokio runs on tokio's pool, in each kind of runtime.
#[test]
fn blocking_code_runs_on_tokios_pool() {
    limit(|| {
        async fn root() {
            let here = thread::current().id();
            let code = move || {
                assert_ne!(thread::current().id(), here);
                assert_eq!(thread::current().name(), Some("theirs"));
                let by_hand = Handle::current().block_on(task());
                by_hand + get(task())
            };
            assert_eq!(Dual::blocking(code).await, 10);
            let task = tokio::spawn(Dual::blocking(code));
            assert_eq!(task.await.expect("it ends"), 10);
            let meet = Arc::new(Barrier::new(2));
            let part = || {
                let meet = Arc::clone(&meet);
                Dual::blocking(move || meet.wait().is_leader())
            };
            let (one, other) = tokio::join!(part(), part());
            assert_ne!(one, other);
        }
        multi_thread(1).block_on(root());
        current_thread().block_on(root());
    });
}

/// Blocking code in a get in a worker, beside another part, runs on tokio's pool.
#[test]
fn blocking_code_under_a_get_runs_on_tokios_pool() {
    limit(|| {
        let runtime = multi_thread(1);
        let name = || Dual::blocking(|| thread::current().name().map(String::from));
        let gets = runtime.spawn(async move { get(async { tokio::join!(name(), name()) }) });
        let (one, other) = runtime.block_on(gets).expect("it ends");
        assert_eq!(
            (one.as_deref(), other.as_deref()),
            (Some("theirs"), Some("theirs"))
        );
    });
}

/// A panic on tokio's pool reaches the caller as it was made.
#[test]
fn panic_on_tokios_pool() {
    limit(|| {
        let runtime = multi_thread(1);
        let panicking = Dual::<u32, _>::blocking(|| panic!("five"));
        let text = panic_of(|| runtime.block_on(panicking));
        assert_eq!(text, "five");
        assert_eq!(runtime.block_on(Dual::blocking(|| 5)), 5);
    });
}
