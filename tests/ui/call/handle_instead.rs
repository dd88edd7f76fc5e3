//! Pass `load`, or `|| load()`, and not the handle.

use smartcall::{Dual, DualOf, SmartCall, Work};

fn twice<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    Dual::future(async move {
        op.invoke().await;
        op.invoke().await
    })
}

fn load() -> DualOf<impl Work<Output = u32>> {
    Dual::blocking(|| 5)
}

fn main() {
    twice(load()).get();
}
