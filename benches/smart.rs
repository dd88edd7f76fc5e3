//! What `#[smart]` costs: `cargo bench --bench smart`.
//!
//! Ratios are to the first row of each group. Where it says "under 1 ns", the body takes less.

mod bodies;
mod rounds;

use std::hint::black_box;
use std::time::{Duration, Instant};

use bodies::smart::*;
use rounds::{group, subject};

/// Times a body that does it so many times.
fn timed(body: impl Fn(u64) -> u64) -> impl FnMut(u64) -> Duration {
    move |times| {
        let start = Instant::now();
        black_box(body(times));
        start.elapsed()
    }
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
                    timed(move |n| await_by_attribute(n, pending)),
                ),
                subject(
                    "Dual::future by hand",
                    TIMES,
                    timed(move |n| await_by_hand(n, pending)),
                ),
                subject(
                    "bare async fn",
                    TIMES,
                    timed(move |n| await_bare(n, pending)),
                ),
            ],
        );
    }
    group(
        "get, body under 1 ns",
        vec![
            subject("#[smart]", TIMES, timed(get_by_attribute)),
            subject("Dual::future by hand", TIMES, timed(get_by_hand)),
            subject("Dual::future of a bare async fn", TIMES, timed(get_bare)),
        ],
    );
}
