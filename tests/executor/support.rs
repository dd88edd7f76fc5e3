//! What the tests of this folder share.

#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::future::Future;
use std::hint;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::yield_now;
use smartcall::context::{Place, current};
use smartcall::{Dual, DualOf, Executor, SmartCall, Work};

/// An executor that its own tasks can spawn on.
pub fn executor(threads: usize) -> Arc<Executor> {
    Arc::new(Executor::builder().threads(threads).name("ex").build())
}

/// An executor of one thread, with at most so many spare threads.
pub fn executor_with_spares(max_spares: usize) -> Arc<Executor> {
    let builder = Executor::builder().threads(1).name("ex");
    Arc::new(builder.max_spares(max_spares).build())
}

/// Gets a future's value on this thread.
#[track_caller]
pub fn get<T>(future: impl Future<Output = T>) -> T {
    Dual::future(future).get()
}

/// Runs sync code in a task, and waits for it.
pub fn in_a_task<T: Send + 'static>(
    ex: &Arc<Executor>,
    code: impl FnOnce(&Arc<Executor>) -> T + Send + 'static,
) -> T {
    let inner = Arc::clone(ex);
    ex.block_on(ex.spawn(async move { code(&inner) }))
}

/// The least that a middleware does.
pub fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

/// Sync code that waits for a task, which sends a five.
pub fn waits_for_a_task(ex: &Executor) -> impl Fn() -> u32 + Clone + Send + Sync + use<> {
    let (sender, receiver) = mpsc::channel();
    ex.spawn(async move { sender.send(5).expect("somebody waits") })
        .detach();
    let receiver = Arc::new(Mutex::new(receiver));
    move || {
        let receiver = receiver.lock().expect("not poisoned");
        receiver.recv().expect("it is sent")
    }
}

/// Waits for something that is to become true without telling. It is given less time than the
/// ten seconds that an idle spare has.
#[track_caller]
pub fn wait_until(so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it stays untrue");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Shows that a text is the refusal at the bound.
#[track_caller]
pub fn assert_names_the_setting(text: &str) {
    assert!(
        text.starts_with("cannot block here") && text.contains("`Builder::max_spares`"),
        "{text}"
    );
}

/// A place, before and after a wait.
pub async fn places() -> [Place; 2] {
    let first = current();
    yield_now().await;
    [first, current()]
}

/// Uses a core for so long.
pub fn compute(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        hint::spin_loop();
    }
}
