//! What a task holds across an `.await` moves between threads with it.

use std::rc::Rc;
use std::sync::Mutex;

use smartcall::{Dual, DualOf, Executor, Work};

fn number() -> DualOf<impl Work<Output = u32>> {
    Dual::future(async { 5 })
}

fn an_rc(ex: &Executor) {
    ex.spawn(async {
        let here = Rc::new(5);
        number().await + *here
    })
    .detach();
}

fn a_guard(ex: &Executor, mutex: &'static Mutex<u32>) {
    ex.spawn(async {
        let mut guard = mutex.lock().unwrap();
        *guard += number().await;
    })
    .detach();
}

fn main() {}
