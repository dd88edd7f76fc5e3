//! Blocking code, as a pool runs it.

/// Code that runs once: a closure, or a call with its arguments.
///
/// Generally you shouldn't need to worry about this trait. It is there for the bounds of [`Blocking`](crate::work::Blocking),
/// [`InPlace`](crate::work::InPlace) and [`Borrowing`](crate::work::Borrowing).
pub trait Code {
    /// What it returns.
    type Output;

    /// Runs it.
    fn run(self) -> Self::Output;
}

impl<F: FnOnce() -> T, T> Code for F {
    type Output = T;

    #[inline]
    fn run(self) -> T {
        self()
    }
}
