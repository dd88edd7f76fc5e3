//! Subjects of the bench `smart`: one function, written in three ways.

use std::hint::black_box;

use smartcall::{Dual, DualOf, Work, smart};

use super::call::pending_once;

/// As users write it, without a handle.
pub(crate) async fn bare(x: u64, pending: bool) -> u64 {
    let y = if pending { pending_once(x).await } else { x };
    black_box(y) ^ 1
}

/// With the attribute.
#[smart]
pub(crate) async fn by_attribute(x: u64, pending: bool) -> u64 {
    let y = if pending { pending_once(x).await } else { x };
    black_box(y) ^ 1
}

/// With a handle that is written by hand.
pub(crate) fn by_hand(x: u64, pending: bool) -> DualOf<impl Work<Output = u64>> {
    Dual::future(async move {
        let y = if pending { pending_once(x).await } else { x };
        black_box(y) ^ 1
    })
}

/// Awaits `times` calls, one after the other.
macro_rules! awaited {
    ($name:ident, $call:expr) => {
        pub(crate) fn $name(times: u64, pending: bool) -> u64 {
            pollster::block_on(async {
                let mut x = 0;
                for _ in 0..times {
                    x = $call(black_box(x), pending).await;
                }
                x
            })
        }
    };
}

awaited!(await_bare, bare);
awaited!(await_by_attribute, by_attribute);
awaited!(await_by_hand, by_hand);

/// Gets `times` calls, one after the other.
macro_rules! got {
    ($name:ident, $get:expr) => {
        pub(crate) fn $name(times: u64) -> u64 {
            let mut x = 0;
            for _ in 0..times {
                x = $get(black_box(x));
            }
            x
        }
    };
}

got!(get_bare, |x| Dual::future(bare(x, false)).get());
got!(get_by_attribute, |x| by_attribute(x, false).get());
got!(get_by_hand, |x| by_hand(x, false).get());
