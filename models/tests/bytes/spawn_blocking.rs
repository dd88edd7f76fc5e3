//! No waker of the model panics, unless the model has failed.

pub(crate) fn quietly<R>(code: impl FnOnce() -> R) -> Option<R> {
    Some(code())
}
