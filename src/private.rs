//! What expansions of the attributes name. It is no part of the public interface, and
//! may change in any version.

/// Names the type `!`, which may not yet be written as an argument of a type.
pub trait Returns {
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

/// The type `!`.
pub type Never = <fn() -> ! as Returns>::Type;

/// Stands for a value of the type that a body returns, in code that is never reached.
#[cold]
pub fn never<T>() -> T {
    unreachable!("expansions don't reach it")
}

/// Takes an argument of sync code that a pool may run.
///
/// It does nothing: it is there so that the compiler complains at the argument, and not only
/// at the code that uses it.
#[inline(always)]
pub fn goes_to_the_pool<T: Send + 'static>(_: &T) {}
