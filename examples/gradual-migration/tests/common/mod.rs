//! Shared test code.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// A database that exists for one test.
pub struct Database {
    directory: TempDir,
}

impl Database {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("there is room");
        Database { directory }
    }

    pub fn file(&self) -> PathBuf {
        self.directory.path().join("stock.db")
    }
}

/// Opens a repository. Sync and async tests call it, and it always uses `.get()`.
pub fn open<R: smartcall_gradual_migration::Repository>(file: &Path) -> R {
    R::open(file).get().expect("it opens")
}
