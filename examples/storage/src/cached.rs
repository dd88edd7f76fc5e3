use std::collections::HashMap;
use std::io::Result;
use std::sync::{Mutex, MutexGuard, PoisonError};

use smartcall::{Emit, smart};

use crate::store::{Change, Store};

/// A store that keeps what it has read and written. It is for values that nobody else changes.
#[derive(Debug)]
pub struct Cached<S: ?Sized> {
    kept: Mutex<HashMap<String, Option<String>>>,
    store: Box<S>,
}

impl<S: Store + ?Sized> Cached<S> {
    /// Keeps values of a store. It may be a `Box<dyn Store>`.
    pub fn new(store: impl Into<Box<S>>) -> Self {
        Cached {
            kept: Mutex::default(),
            store: store.into(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Option<String>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[smart(boxed)]
impl<S: Store + ?Sized> Store for Cached<S> {
    async fn get(&self, key: &str) -> Result<Option<String>> {
        let kept = self.kept().get(key).cloned();
        if let Some(value) = kept {
            return Ok(value);
        }
        let value = self.store.get(key).await?;
        self.kept().insert(key.into(), value.clone());
        Ok(value)
    }

    async fn put(&self, key: &str, value: &str) -> Result<()> {
        self.store.put(key, value).await?;
        self.kept().insert(key.into(), Some(value.into()));
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        let deleted = self.store.delete(key).await?;
        self.kept().insert(key.into(), None);
        Ok(deleted)
    }

    async fn batch(&self, changes: Vec<Change>) -> Result<()> {
        self.store.batch(changes.clone()).await?;
        let changes = changes.into_iter().map(|change| (change.key, change.value));
        self.kept().extend(changes);
        Ok(())
    }

    #[smart(boxed, stream)]
    async fn list(&self, prefix: &str, mut out: Emit<String>) -> Result<()> {
        let mut keys = self.store.list(prefix);
        while let Some(key) = keys.next().await {
            out.emit(key?).await;
        }
        Ok(())
    }

    #[smart(boxed, stream)]
    async fn watch(&self, prefix: &str, mut out: Emit<Change>) -> Result<()> {
        let mut changes = self.store.watch(prefix);
        while let Some(change) = changes.next().await {
            out.emit(change?).await;
        }
        Ok(())
    }
}
