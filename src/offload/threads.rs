//! Names of threads, and which threads are shared with others.

use std::io;

/// Returns an error for a name that a thread can't have. `std` panics with such a name.
pub(crate) fn check_name(name: &str) -> io::Result<()> {
    if name.contains('\0') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the name of a thread can't contain a zero byte",
        ));
    }
    Ok(())
}

/// Returns whether code of others runs on this thread while a job on it waits: on a thread of rayon, which takes other
/// closures in `join` and `yield_now`.
///
/// They would see what the job sets in thread-locals. So a job on such a thread sets none.
#[inline]
pub(crate) fn is_shared() -> bool {
    #[cfg(feature = "rayon")]
    return rayon_core::current_thread_index().is_some();
    #[cfg(not(feature = "rayon"))]
    false
}
