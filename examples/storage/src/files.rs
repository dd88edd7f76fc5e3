use std::fs;
use std::io::{ErrorKind, Result};
use std::path::PathBuf;

use smartcall::{Dual, Emit, smart};

use crate::changes::Changes;
use crate::store::{Change, Store};

/// A store that has a file for each value.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    changes: Changes,
}

impl Files {
    /// Opens a folder.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        Files {
            folder: folder.into(),
            changes: Changes::default(),
        }
    }
}

/// Writes or removes a file, and returns whether there is one, or was.
#[smart]
fn change(path: PathBuf, value: Option<String>) -> Result<bool> {
    let changed = match value {
        Some(value) => fs::write(path, value),
        None => fs::remove_file(path),
    };
    match changed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        changed => changed.map(|()| true),
    }
}

#[smart(boxed)]
impl Store for Files {
    async fn get(&self, key: &str) -> Result<Option<String>> {
        let path = self.folder.join(key);
        match Dual::blocking(|| fs::read_to_string(path)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    async fn put(&self, key: &str, value: &str) -> Result<()> {
        self.batch(vec![Change::put(key, value)]).await
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        let deleted = change(self.folder.join(key), None).await?;
        if deleted {
            self.changes.tell(&Change::delete(key));
        }
        Ok(deleted)
    }

    async fn batch(&self, changes: Vec<Change>) -> Result<()> {
        for each in changes {
            change(self.folder.join(&each.key), each.value.clone()).await?;
            self.changes.tell(&each);
        }
        Ok(())
    }

    #[smart(boxed, stream)]
    async fn list(&self, prefix: &str, mut out: Emit<String>) -> Result<()> {
        let folder = self.folder.clone();
        let names = Dual::blocking(|| -> Result<Vec<_>> {
            let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
            names.collect()
        });
        let names = names
            .await?
            .into_iter()
            .filter_map(|name| name.into_string().ok());
        let mut keys: Vec<_> = names.filter(|key| key.starts_with(prefix)).collect();
        keys.sort();
        out.emit_all(keys).await;
        Ok(())
    }

    #[smart(boxed, stream)]
    async fn watch(&self, prefix: &str, mut out: Emit<Change>) -> Result<()> {
        let changes = self.changes.watch(prefix);
        while let Ok(change) = changes.recv().await {
            out.emit(change).await;
        }
        Ok(())
    }
}
