//! object_store, in memory and in a folder.

use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use smartcall::smart;
use tokio::runtime::Handle;

use crate::Result;
use crate::clients::Client;

/// Objects in memory.
#[derive(Debug)]
pub struct MemoryObjects {
    store: InMemory,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for MemoryObjects {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(_at: &str) -> Result<Self> {
        Ok(MemoryObjects {
            store: InMemory::new(),
            runtime: Handle::current(),
        })
    }

    async fn ask(&self, n: u32) -> Result<u32> {
        ask(&self.store, n).await
    }
}

/// Objects in files of a folder. In a runtime the crate sends its file operations to threads of the runtime.
#[derive(Debug)]
pub struct LocalObjects {
    store: LocalFileSystem,
    runtime: Handle,
}

#[smart(in_runtime = self.runtime)]
impl Client for LocalObjects {
    #[smart(in_runtime = smartcall::tokio::runtime())]
    async fn open(at: &str) -> Result<Self> {
        Ok(LocalObjects {
            store: LocalFileSystem::new_with_prefix(at)?,
            runtime: Handle::current(),
        })
    }

    async fn ask(&self, n: u32) -> Result<u32> {
        ask(&self.store, n).await
    }
}

/// Keeps a number in an object of its own, and adds 1 to what comes back.
async fn ask(store: &impl ObjectStore, n: u32) -> Result<u32> {
    let at = Path::from(n.to_string());
    store.put(&at, PutPayload::from(n.to_string())).await?;
    let bytes = store.get(&at).await?.bytes().await?;
    let n: u32 = str::from_utf8(&bytes)?.parse()?;
    Ok(n + 1)
}
