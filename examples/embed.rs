//! A library that names no executor, used on four executors and from plain sync code.
//!
//! `cargo run --example embed`

use std::{fs, io, thread};

use cache::Cache;
use futures::executor::LocalPool;
use smartcall::Executor;

/// The library. Its callers bring an executor, or none.
#[allow(unreachable_pub, reason = "it would be a crate of its own")]
mod cache {
    use std::collections::HashMap;
    use std::io;
    use std::marker::PhantomData;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use smartcall::{Dual, DualOf, SmartCall, Work};

    /// Values by name. Each is loaded on first use.
    pub struct Cache<F, V, K> {
        load: F,
        values: Mutex<HashMap<String, V>>,
        /// The kind of `load`, sync or async.
        kind: PhantomData<fn() -> K>,
    }

    impl<F, V, K> Cache<F, V, K>
    where
        F: SmartCall<io::Result<V>, K, (String,)>,
        V: Clone,
    {
        pub fn new(load: F) -> Self {
            let values = Mutex::default();
            let kind = PhantomData;
            Cache { load, values, kind }
        }

        /// Finds a value. If it can't be loaded, the next call tries again.
        pub fn find(&self, name: &str) -> DualOf<impl Work<Output = io::Result<V>>> {
            Dual::future(async move {
                if let Some(value) = self.lock().get(name) {
                    return Ok(value.clone());
                }
                // No lock is held while the loader runs.
                let value = self.load.invoke_with((name.to_owned(),)).await?;
                self.lock().insert(name.to_owned(), value.clone());
                Ok(value)
            })
        }

        fn lock(&self) -> MutexGuard<'_, HashMap<String, V>> {
            self.values.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

/// Counts the lines of a file, and returns the name of the thread that did so.
fn count(file: String) -> io::Result<(usize, String)> {
    let lines = fs::read_to_string(file)?.lines().count();
    let thread = thread::current();
    Ok((lines, thread.name().unwrap_or("unnamed").to_owned()))
}

fn main() -> io::Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    // A new cache for each caller, so that each has to load.
    let cache = || Cache::new(count);

    let sync = cache().find(file).get()?;
    let shim = Executor::new().block_on(cache().find(file))?;
    let futures = LocalPool::new().run_until(cache().find(file))?;
    let pollster = pollster::block_on(cache().find(file))?;
    let tokio = tokio::runtime::Builder::new_current_thread().build()?;
    let tokio = tokio.block_on(cache().find(file))?;

    let expected = sync.0;
    let callers = [
        ("plain sync code", sync),
        ("smartcall's Executor", shim),
        ("futures' LocalPool", futures),
        ("pollster", pollster),
        ("tokio", tokio),
    ];
    for (caller, (lines, thread)) in callers {
        println!("{caller:20}  {lines} lines, loaded on {thread}");
        assert_eq!(lines, expected);
    }
    Ok(())
}
