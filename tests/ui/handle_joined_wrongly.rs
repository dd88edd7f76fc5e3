//! Wrap futures in `Dual::future`, and collect iterators.

use smartcall::{Dual, join, race, try_join};

fn main() {
    let _ = join((Dual::blocking(|| 5), async { 5 }));
    let _ = try_join((0..3).map(|n| Dual::ready(Ok::<u32, ()>(n))));
    let _ = race((Dual::ready(5), Dual::ready("five")));
}
