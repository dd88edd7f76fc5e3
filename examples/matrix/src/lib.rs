//! What the handles of smartcall do on each executor, as a table that is measured at run time.
//!
//! Each of `BEHAVIOURS` runs on each of `EXECUTORS`, one cell at a time. Each cell is compared with the entry of
//! `PROMISES` for the class of the executor.

mod behaviours;
mod executors;
mod probe;
mod promises;
mod table;

pub use behaviours::{BEHAVIOURS, Behaviour, Body};
pub use executors::{EXECUTORS, Executor, Spawn};
pub use promises::{Ask, Class, Outcome, Promise, promise};
pub use table::{Cell, LIMIT, print, run};
