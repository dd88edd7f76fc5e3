//! The three words.

use std::fmt;

/// How sure it is that a wait never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Certainty {
    /// Nothing wrong can be seen: it may just take long.
    Slow,
    /// These wait for each other. But something else could wake one of them, or drop it: a timer, a socket, another thread.
    Likely,
    /// These wait for each other, and nothing else can wake them; or nothing at all can wake it.
    ///
    /// It is said only if each of them is parked, if all that holds its waker is one of the others, and if no deadline and no
    /// interruption ends its wait. (The drop of their executor ends them, by a panic.)
    Certain,
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Certainty::Slow => "slow",
            Certainty::Likely => "likely",
            Certainty::Certain => "certain",
        })
    }
}
