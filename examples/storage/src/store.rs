use std::io::Result;

use smartcall::smart;

/// Values by their keys. A key is one word, and a value one line.
#[smart(boxed)]
pub trait Store: Send + Sync {
    /// Returns a value.
    async fn get(&self, key: &str) -> Result<Option<String>>;

    /// Sets a value.
    async fn put(&self, key: &str, value: &str) -> Result<()>;

    /// Removes a value, and returns whether there was one.
    async fn delete(&self, key: &str) -> Result<bool>;

    /// Makes some changes.
    async fn batch(&self, changes: Vec<Change>) -> Result<()>;

    /// Lists the keys that begin with a prefix, in order.
    #[smart(boxed, stream)]
    async fn list(&self, prefix: &str, out: smartcall::Emit<String>) -> Result<()>;

    /// Waits for changes of keys that begin with a prefix, from when the first one is asked for.
    #[smart(boxed, stream)]
    async fn watch(&self, prefix: &str, out: smartcall::Emit<Change>) -> Result<()>;
}

/// A change of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: String,
    /// The new value, or `None` if it is removed.
    pub value: Option<String>,
}

impl Change {
    /// A change to a value.
    pub fn put(key: &str, value: &str) -> Self {
        Change {
            key: key.into(),
            value: Some(value.into()),
        }
    }

    /// A change to none.
    pub fn delete(key: &str) -> Self {
        Change {
            key: key.into(),
            value: None,
        }
    }
}
