//! What the handles of smartcall do on each executor, as a table that is read at run time.
//!
//! `BEHAVIOURS` is run on each of `EXECUTORS`, a cell at a time, and each cell is compared with
//! what `PROMISES` says for its class of executors.

mod behaviours;
mod executors;
mod probe;
mod promises;
mod table;

pub use behaviours::{BEHAVIOURS, Behaviour, Body};
pub use executors::{EXECUTORS, Executor, Spawn};
pub use promises::{Ask, Class, Outcome, Promise, promise};
pub use table::{Cell, LIMIT, print, run};
