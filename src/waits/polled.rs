//! Who polls.

use std::task::Context;

use smartcall_context::internal as context;

use crate::waits::edges::{self, NOTED, Target};

/// Notes that what was just polled has returned `Pending`, if smartcall polls it.
///
/// Nobody asks for the edges of what only executors of other crates poll, and nobody would take them away.
#[inline]
pub(crate) fn waits_for(target: Target, cx: &Context<'_>) {
    if NOTED && context::is_polled_by_own() {
        edges::add(target, cx);
    }
}
