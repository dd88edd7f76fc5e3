//! Streams that belong to a runtime of tokio.

use tokio::runtime::Handle;

use crate::stream::handle::{DualStream, DualStreamOf};
use crate::stream::scoped::Scoped;
use crate::stream::source::Source;
use crate::work::scoped::Bind;
use crate::work::tokio::InRuntime;

impl<T, S: Source<Item = T>> DualStream<T, S> {
    /// Binds the stream to a runtime of tokio, for sync and for async callers.
    ///
    /// See [`Dual::in_runtime`](crate::Dual::in_runtime).
    ///
    /// # Panics
    ///
    /// Panics if it is the runtime that a `.get()` enters by itself, and this process is a fork of that in which it runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{DualStream, Emit};
    /// use tokio::runtime::Runtime;
    ///
    /// let runtime = Runtime::new().unwrap();
    /// let spawns = DualStream::generate(async |mut out: Emit<u32>| {
    ///     for n in 0..3 {
    ///         out.emit(tokio::spawn(async move { n }).await.unwrap()).await;
    ///     }
    /// });
    /// assert!(spawns.in_runtime(runtime.handle()).into_iter().eq([0, 1, 2]));
    /// ```
    #[track_caller]
    pub fn in_runtime(self, runtime: &Handle) -> DualStreamOf<Scoped<DualStream<T, S>, InRuntime>> {
        self.bind(InRuntime::new(runtime.clone()))
    }
}
