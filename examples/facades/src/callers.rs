//! Two callers of each facade, a sync one and an async one, which use all of its functions. Two more resolve several
//! handles at once.

pub mod at_once;
pub mod dns;
pub mod http;
pub mod kv;

/// The result of each function: its name, and the value as a text.
pub type Report = Vec<(&'static str, String)>;
