//! Handles that belong to a runtime of tokio.

use tokio::runtime::Handle;

use crate::dual::handle::{Dual, DualOf};
use crate::work::scoped::{Bind, Scoped};
use crate::work::tokio::InRuntime;
use crate::work::traits::Work;

impl<T, W: Work<Output = T>> Dual<T, W> {
    /// Binds the handle to a runtime of tokio, for sync and for async callers.
    ///
    /// The work is polled, begun and dropped with the runtime entered, by whichever thread and executor: its sockets, timers and spawned
    /// tasks belong to the runtime, and blocking code in it goes to the runtime's blocking threads. A `.get()` in the work is judged by
    /// the thread, as elsewhere.
    ///
    /// The runtime has to run: a multi-thread one does until it is shut down. A current-thread one turns only while something drives it.
    ///
    /// # Panics
    ///
    /// Resolving the handle panics if there is blocking code in it and the runtime was shut down. This function panics if it is
    /// the runtime that a `.get()` enters by itself, and this process is a fork of that in which it runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::Dual;
    /// use tokio::runtime::Runtime;
    ///
    /// let runtime = Runtime::new().unwrap();
    /// let spawns = || Dual::future(async { tokio::spawn(async { 5 }).await.unwrap() });
    /// assert_eq!(spawns().in_runtime(runtime.handle()).get(), 5);
    /// # pollster::block_on(async {
    /// // On an executor that knows nothing of tokio.
    /// assert_eq!(spawns().in_runtime(runtime.handle()).await, 5);
    /// # });
    /// ```
    #[track_caller]
    pub fn in_runtime(self, runtime: &Handle) -> DualOf<Scoped<Dual<T, W>, InRuntime>> {
        self.bind(InRuntime::new(runtime.clone()))
    }
}
