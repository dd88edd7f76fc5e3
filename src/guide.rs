//! A guide, by what you want to do.
//!
//! | chapter | for |
//! |---|---|
//! | [Writing a library](writing_a_library) | authors of libraries: operations, closures that capture, callbacks, middleware, stored callables |
//! | [Calling it](calling_it) | callers: `.get()`, `.await`, time limits, several handles, background work, cancelling |
//! | [Many values](many_values) | pages, rows, messages: one stream for a `for` and for `.next().await` |
//! | [Bytes](bytes) | readers and writers for both callers |
//! | [An async crate that has users](an_async_crate_with_users) | authors who add sync callers to a published async crate |
//! | [Where blocking code runs](where_blocking_code_runs) | choosing a form and a pool |
//! | [Servers](servers) | programs on tokio, axum or actix-web |
//! | [Embedding an executor](embedding_an_executor) | announcing an executor, and letting its tasks block |
//! | [Testing](testing) | one test for every caller |
//! | [Migrating](migrating) | users of other crates |
//! | [It hangs: what now](it_hangs) | a program or a test that stands still |
//! | [Pitfalls and messages](pitfalls) | looking up a panic, a hang or a compiler message |
//!
//! These modules contain documentation only.

#[doc = include_str!("../docs/guide/writing-a-library.md")]
pub mod writing_a_library {}

#[doc = include_str!("../docs/guide/calling-it.md")]
pub mod calling_it {}

#[doc = include_str!("../docs/guide/many-values.md")]
pub mod many_values {}

#[doc = include_str!("../docs/guide/bytes.md")]
pub mod bytes {}

#[doc = include_str!("../docs/guide/an-async-crate-with-users.md")]
pub mod an_async_crate_with_users {}

#[doc = include_str!("../docs/guide/where-blocking-code-runs.md")]
pub mod where_blocking_code_runs {}

#[doc = include_str!("../docs/guide/servers.md")]
pub mod servers {}

#[doc = include_str!("../docs/guide/embedding-an-executor.md")]
pub mod embedding_an_executor {}

#[doc = include_str!("../docs/guide/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/guide/migrating.md")]
pub mod migrating {}

#[cfg(feature = "diagnose")]
#[doc = include_str!("../docs/guide/it-hangs.md")]
pub mod it_hangs {}

#[doc = include_str!("../docs/guide/pitfalls.md")]
pub mod pitfalls {}
