//! tokio: the runtime that sync callers use, and handles that belong to a runtime.
//!
//! A client of a tokio library has sockets, timers and tasks in the runtime in which it was opened. If that runtime stands still or
//! is gone, whatever waits for the client waits for ever. So a library says where its client lives, once:
//!
//! ```
//! use smartcall::smart;
//! use tokio::runtime::Handle;
//!
//! struct Client {
//!     runtime: Handle,
//! }
//!
//! #[smart(in_runtime = self.runtime)]
//! impl Client {
//!     #[smart(in_runtime = smartcall::tokio::runtime())]
//!     async fn connect() -> Client {
//!         // Sockets, timers and tasks of this body belong to that runtime.
//!         Client { runtime: Handle::current() }
//!     }
//!
//!     async fn ping(&self) -> u32 {
//!         tokio::spawn(async { 5 }).await.unwrap()
//!     }
//! }
//!
//! // From sync code, and from async code on any executor.
//! let client = Client::connect().get();
//! assert_eq!(client.ping().get(), 5);
//! # pollster::block_on(async {
//! assert_eq!(client.ping().await, 5);
//! # });
//! ```
//!
//! | | |
//! |---|---|
//! | [`runtime`] | the runtime that a `.get()` outside of any runtime enters |
//! | [`set_runtime`] | makes it one of the program's |
//! | [`Dual::in_runtime`](crate::Dual::in_runtime), [`DualStream::in_runtime`](crate::DualStream::in_runtime), [`DualIo::in_runtime`](crate::DualIo::in_runtime), `#[smart(in_runtime = handle)]` | work that belongs to a runtime, whoever resolves it |
//! | [`set_max_blocked`] | how many `.get()`s in tasks may hold threads of a runtime |

pub(crate) mod runtime;

pub use self::runtime::{SetRuntimeError, runtime, set_max_blocked, set_runtime};
pub use crate::work::tokio::InRuntime;
