//! A storage trait with several backends, written once for sync and for async callers.

mod cached;
mod changes;
mod files;
mod registry;
mod remote;
mod serve;
mod store;

pub use cached::Cached;
pub use files::Files;
pub use registry::Registry;
pub use remote::Remote;
pub use serve::serve;
pub use store::{Change, Store};
