//! Wrap futures in `Dual::future`, and collect iterators.
//!
//! There is no closure in it: the words of a long type depend on the path of the file.

use std::future;

use smartcall::work::Ready;
use smartcall::{Dual, join, race, try_join};

fn one(n: u32) -> Dual<Result<u32, ()>, Ready<Result<u32, ()>>> {
    Dual::ready(Ok(n))
}

fn main() {
    let _ = join((Dual::ready(5), future::ready(5)));
    let _ = try_join((0..3).map(one));
    let _ = race((Dual::ready(5), Dual::ready("five")));
}
