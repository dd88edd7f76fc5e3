//! What the tests share. Each binary includes it, and uses a part of it.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    unused_macros,
    reason = "no binary uses all of it"
)]

mod at_exit;
mod callables;
mod child;
mod drops;
#[cfg(feature = "executor")]
mod executors;
mod gauge;
mod hosts;
mod limit;
mod panics;
mod park_loop;
mod polls;
mod refusal;
mod steps;
mod threads;
mod traits;

pub use at_exit::AtExit;
pub use callables::{count, retry};
pub use child::{in_child, in_child_until, in_child_with};
#[cfg(target_os = "linux")]
pub use child::{in_child_with_stacks, no_room_for_a_stack};
pub use drops::{Counted, Drops, tells_drop};
#[cfg(feature = "executor")]
pub use executors::{adopted, one_thread};
pub use gauge::Gauge;
pub use hosts::{Helpful, Stubborn, WithPool, message};
pub use limit::limit;
pub use panics::{assert_contains, assert_panics, panic_of, panic_text, panicked_at};
pub use park_loop::park_loop;
pub use polls::{never, poll, polled, wait_until};
pub(crate) use refusal::here;
pub use refusal::{assert_deref_refused, assert_refused, refused_here};
pub use steps::Steps;
#[cfg(target_os = "linux")]
pub use threads::{names_of_threads, threads, threads_named};
pub(crate) use traits::{has, has_not};
