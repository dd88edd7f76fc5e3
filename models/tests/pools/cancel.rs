//! Whether the handle of the job on this thread was dropped.

use std::cell::Cell;

shuttle::thread_local! {
    static GIVEN_UP: Cell<bool> = Cell::new(false);
}

/// Marks the job on this thread.
pub(crate) fn give_up(given_up: bool) {
    GIVEN_UP.with(|cell| cell.set(given_up));
}

pub(crate) fn is_given_up() -> bool {
    GIVEN_UP.with(Cell::get)
}
