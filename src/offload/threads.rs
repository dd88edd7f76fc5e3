//! What all that starts threads has in common.

use std::io;

/// Returns an error for a name that no thread can have: `std` panics with it.
pub(crate) fn check_name(name: &str) -> io::Result<()> {
    if name.contains('\0') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the name of a thread can't contain a zero byte",
        ));
    }
    Ok(())
}
