//! The tests of the attributes once more, as code of edition 2021.
//!
//! In that edition an `impl Trait` captures no lifetimes by itself, and a block drops the temporaries
//! of its last expression after its locals. An `async fn` captures, and drops its arguments last.

#![cfg(all(test, feature = "macros"))]

#[path = "../smart/boxed.rs"]
mod boxed;
#[path = "../smart/forms.rs"]
mod forms;
#[path = "../smart/functions.rs"]
mod functions;
#[path = "../smart/lints.rs"]
mod lints;
#[path = "../smart/methods.rs"]
mod methods;
#[path = "../smart/owned.rs"]
mod owned;
#[path = "../smart/pair.rs"]
mod pair;
#[path = "../smart/streams.rs"]
mod streams;
#[path = "../smart/test_attr.rs"]
mod test_attr;
#[path = "../smart/traits.rs"]
mod traits;
#[path = "../smart/twin.rs"]
mod twin;

#[allow(dead_code, unreachable_pub, reason = "these tests use some of it")]
#[path = "../common/callables.rs"]
mod callables;
#[allow(dead_code, unreachable_pub, reason = "these tests use some of it")]
#[path = "../common/limit.rs"]
mod limit;
#[allow(dead_code, unreachable_pub, reason = "these tests use some of it")]
#[path = "../common/panics.rs"]
mod panics;

/// The helpers of `../common/` that these tests use.
mod common {
    pub(crate) use crate::callables::retry;
    pub(crate) use crate::limit::limit;
    pub(crate) use crate::panics::panicked_at;
}

/// This is edition 2021: `gen` is no keyword there.
#[test]
fn the_edition() {
    let gen = 5;
    assert_eq!(gen, 5);
}
