//! The record of a worker that polls no task.

use std::panic::Location;

use crate::sync::Instant;

/// No poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PollNumber;

impl PollNumber {
    pub(crate) fn is_in_poll(self) -> bool {
        false
    }
}

/// A record that nothing is noted in.
#[derive(Debug)]
pub(crate) struct RecordRef;

impl RecordRef {
    pub(crate) fn take() -> Self {
        RecordRef
    }

    pub(crate) fn poll(&self) -> PollNumber {
        PollNumber
    }

    pub(crate) fn task(&self) -> usize {
        0
    }

    pub(crate) fn spawned_at(&self) -> Option<&'static Location<'static>> {
        None
    }

    /// No poll stalls.
    pub(crate) fn is_relieved(&self) -> bool {
        false
    }

    pub(crate) fn set_relieved(&self, _: bool) {}

    pub(crate) fn note_stalled(&self, _: PollNumber, _: Instant, _: Option<bool>) {}
}
