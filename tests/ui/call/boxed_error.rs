//! Let the error be `Box<dyn Error + Send + Sync>`: what sync code gives may cross a thread.

use std::error::Error;

use smartcall::{Dual, DualOf, SmartCall, Work};

fn twice<T, E, K>(op: impl SmartCall<Result<T, E>, K>) -> DualOf<impl Work<Output = Result<T, E>>> {
    Dual::future(async move {
        op.invoke().await?;
        op.invoke().await
    })
}

fn load() -> Result<u32, Box<dyn Error>> {
    Ok("5".parse()?)
}

fn main() {
    let _ = twice(load).get();
}
