//! What `drive.rs` needs of `pool.rs`: no handle is bound to a pool.

pub(crate) fn is_here() -> Option<bool> {
    None
}
