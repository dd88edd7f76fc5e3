//! A closure that code of another crate is to call once.

/// Runs a closure through code of another crate, and returns its value.
///
/// The closure runs once, however often that code calls it.
///
/// # Panics
///
/// Panics with `must` if that code does not call the closure.
#[track_caller]
pub(crate) fn run_through<R>(
    through: impl FnOnce(&mut dyn FnMut()),
    f: impl FnOnce() -> R,
    must: &str,
) -> R {
    let mut f = Some(f);
    let mut value = None;
    through(&mut || {
        if let Some(f) = f.take() {
            value = Some(f());
        }
    });
    value.expect(must)
}
