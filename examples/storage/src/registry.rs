use std::collections::HashMap;
use std::fmt;
use std::io::{Error, ErrorKind, Result};

use crate::cached::Cached;
use crate::files::Files;
use crate::remote::Remote;
use crate::store::Store;

type Open = Box<dyn Fn(&str) -> Result<Box<dyn Store>> + Send + Sync>;

/// How to open a store by a name such as `file:/tmp/values`, `tcp:127.0.0.1:7000` or `cached:file:/tmp/values`.
pub struct Registry(HashMap<String, Open>);

impl Registry {
    /// The stores of this library.
    pub fn new() -> Self {
        let mut registry = Registry(HashMap::new());
        registry.add("file", |folder| Ok(Box::new(Files::open(folder))));
        registry.add("tcp", |server| match server.parse() {
            Ok(server) => Ok(Box::new(Remote::new(server))),
            Err(error) => Err(Error::new(ErrorKind::InvalidInput, error)),
        });
        registry
    }

    /// Adds a kind of store.
    pub fn add(
        &mut self,
        kind: &str,
        open: impl Fn(&str) -> Result<Box<dyn Store>> + Send + Sync + 'static,
    ) {
        self.0.insert(kind.into(), Box::new(open));
    }

    /// Opens a store.
    pub fn open(&self, name: &str) -> Result<Box<dyn Store>> {
        if let Some(name) = name.strip_prefix("cached:") {
            return Ok(Box::new(Cached::<dyn Store>::new(self.open(name)?)));
        }
        let opened = name
            .split_once(':')
            .and_then(|(kind, rest)| Some(self.0.get(kind)?(rest)));
        opened.unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::NotFound,
                format!("no kind of store for {name}"),
            ))
        })
    }
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
