//! The limit of `blocking`, as the environment tells it.

pub(crate) fn of_blocking() -> usize {
    crate::unblock::MAX_THREADS
}
