//! What the tests of this folder share.

#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::time::Duration;

/// Long enough for a thread to park that has said it is about to. Where it isn't, a test
/// shows less, and passes all the same.
pub const SOON: Duration = Duration::from_millis(5);
