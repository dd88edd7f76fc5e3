//! Blocking code, as a pool runs it.

/// Code that runs once: a closure, or a call with its arguments.
///
/// You rarely need this trait. It is public for the bounds of [`Blocking`](crate::work::Blocking),
/// [`InPlace`](crate::work::InPlace) and [`Borrowing`](crate::work::Borrowing).
pub trait Code {
    /// The type of the value that it returns.
    type Output;

    /// Runs the code.
    fn run(self) -> Self::Output;

    /// Runs the code on the thread that resolves its handle. Nobody uses the handle meanwhile.
    #[doc(hidden)]
    #[inline]
    fn run_here(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run()
    }
}

impl<F: FnOnce() -> T, T> Code for F {
    type Output = T;

    #[inline]
    fn run(self) -> T {
        self()
    }
}
