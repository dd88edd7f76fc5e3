//! The executors of this crate, and how the multi-threaded one is configured.

pub(crate) mod block_on;
pub(crate) mod call_state;
pub(crate) mod hosts;
pub(crate) mod local;
pub(crate) mod monitor;
pub(crate) mod multi_thread;
pub(crate) mod os_thread;
pub(crate) mod record;
pub(crate) mod roster;
pub(crate) mod scheduler;
pub(crate) mod stalls;
pub(crate) mod task;
pub(crate) mod task_list;
pub(crate) mod worker_loop;
pub(crate) mod workers;

pub use self::multi_thread::{Builder, Executor};
pub use self::stalls::Stall;
