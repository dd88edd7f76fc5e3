//! Step 1: the blocking repository is wrapped, and the server awaits it.
//!
//! For a sync caller the SQL runs on the caller's thread, as before. For an async caller it runs on a pool, so the
//! executor keeps running.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use smartcall::{Dual, DualOf, Work, smart};

use crate::blocking::Warehouse;
use crate::{Change, Error, Repository};

/// The repository of step 1.
#[derive(Clone, Debug)]
pub struct Stock {
    file: PathBuf,
    warehouse: Arc<Warehouse>,
}

impl Stock {
    /// Calls the warehouse: on this thread for a sync caller, on a pool for an async one.
    fn warehouse<T: Send + 'static>(
        &self,
        code: impl FnOnce(&Warehouse) -> T + Send + 'static,
    ) -> DualOf<impl Work<Output = T> + Send> {
        let warehouse = Arc::clone(&self.warehouse);
        Dual::blocking(move || code(&warehouse))
    }
}

#[smart]
impl Repository for Stock {
    async fn open(path: &Path) -> Result<Self, Error> {
        let file = path.to_owned();
        let path = file.clone();
        let warehouse = Dual::blocking(move || Warehouse::open(&path)).await?;
        Ok(Stock {
            file,
            warehouse: Arc::new(warehouse),
        })
    }

    async fn put(&self, item: &str, n: u32) -> Result<u32, Error> {
        let item = item.to_owned();
        self.warehouse(move |it| it.put(&item, n)).await
    }

    async fn take(&self, item: &str, n: u32) -> Result<u32, Error> {
        let item = item.to_owned();
        self.warehouse(move |it| it.take(&item, n)).await
    }

    async fn count(&self, item: &str) -> Result<u32, Error> {
        let item = item.to_owned();
        self.warehouse(move |it| it.count(&item)).await
    }

    async fn journal(&self) -> Result<Vec<Change>, Error> {
        self.warehouse(Warehouse::journal).await
    }

    fn file(&self) -> &Path {
        &self.file
    }
}
