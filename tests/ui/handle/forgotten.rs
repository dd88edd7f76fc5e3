//! A `.get()` or an `.await` that was forgotten.

use smartcall::{Dual, DualOf, Work};

fn load() -> DualOf<impl Work<Output = Result<u32, String>>> {
    Dual::blocking(|| Ok(5))
}

fn sync() -> Result<u32, String> {
    load().unwrap();
    match load() {
        Ok(five) => five,
        Err(_) => 0,
    };
    let _ = 5 + load();
    *load();
    Ok(load()?)
}

async fn asynchronous() -> Result<u32, String> {
    Ok(load()?)
}

fn main() {
    let _ = sync();
    drop(asynchronous());
}
