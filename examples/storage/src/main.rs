//! `cargo run -p smartcall-storage [NAME…]` uses each store by both callers, and prints what they list. A name is such as
//! `file:/tmp/values`.

use std::env;
use std::io::Result;

use smartcall_storage::{Registry, Store};

fn main() -> Result<()> {
    let registry = Registry::new();
    let folder = env::temp_dir().join("smartcall-storage");
    std::fs::create_dir_all(&folder)?;
    let folder = folder.display();
    let mut names: Vec<_> = env::args().skip(1).collect();
    if names.is_empty() {
        names = vec![format!("file:{folder}"), format!("cached:file:{folder}")];
    }
    for name in names {
        let store = registry.open(&name)?;
        println!("{name}, sync: {:?}", sync_caller(&*store)?);
        let listed = futures_lite::future::block_on(async_caller(&*store))?;
        println!("{name}, async: {listed:?}");
    }
    Ok(())
}

fn sync_caller(store: &dyn Store) -> Result<Vec<String>> {
    store.put("sync", "1").get()?;
    store.list("").into_iter().collect()
}

async fn async_caller(store: &dyn Store) -> Result<Vec<String>> {
    store.put("async", "1").await?;
    store.list("").try_collect().await
}
