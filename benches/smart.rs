//! The cost of `#[smart]`: `cargo bench --bench smart`.
//!
//! Ratios are relative to the first row of each group. "Under 1 ns" means that the body takes less than that.

mod bodies;
mod rounds;

use std::time::Duration;

use bodies::smart::*;
use rounds::{group, subject, timed};

/// Measures a body with its own loop.
fn times(body: impl Fn(u64) -> u64) -> impl FnMut(u64) -> Duration {
    move |times| timed(|| body(times))(1)
}

fn main() {
    const TIMES: u64 = 1_000_000;
    for (name, pending) in [
        ("await, body under 1 ns", false),
        ("await, pending once", true),
    ] {
        group(
            name,
            vec![
                subject(
                    "#[smart]",
                    TIMES,
                    times(move |n| await_by_attribute(n, pending)),
                ),
                subject(
                    "Dual::future by hand",
                    TIMES,
                    times(move |n| await_by_hand(n, pending)),
                ),
                subject(
                    "bare async fn",
                    TIMES,
                    times(move |n| await_bare(n, pending)),
                ),
            ],
        );
    }
    group(
        "get, body under 1 ns",
        vec![
            subject("#[smart]", TIMES, times(get_by_attribute)),
            subject("Dual::future by hand", TIMES, times(get_by_hand)),
            subject("Dual::future of a bare async fn", TIMES, times(get_bare)),
        ],
    );
}
