//! Names of threads.

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
