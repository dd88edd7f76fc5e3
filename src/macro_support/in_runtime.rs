//! What `#[smart(in_runtime = handle)]` expands to.

#[cfg(feature = "tokio")]
pub use self::on::{in_runtime, runtime};

#[cfg(not(feature = "tokio"))]
pub use self::off::{in_runtime, runtime};

#[cfg(feature = "tokio")]
mod on {
    use tokio::runtime::Handle;

    use crate::work::scoped::Bind;
    use crate::work::tokio::InRuntime;

    /// Keeps a runtime until the handle is made.
    pub fn runtime(runtime: &Handle) -> Handle {
        runtime.clone()
    }

    /// Binds a handle to a runtime.
    #[track_caller]
    pub fn in_runtime<B: Bind>(handle: B, runtime: Handle) -> B::Bound<InRuntime> {
        handle.bind(InRuntime::new(runtime))
    }
}

/// The feature that is missing is all that the compiler reports.
#[cfg(not(feature = "tokio"))]
mod off {
    #[diagnostic::on_unimplemented(
        message = "`#[smart(in_runtime = ..)]` needs the feature `tokio` of smartcall: enable it",
        label = "is of tokio"
    )]
    pub trait Runtime {}

    pub fn runtime<T: Runtime>(_: &T) {}

    pub fn in_runtime<B>(handle: B, (): ()) -> B {
        handle
    }
}
