//! The tests of the attributes once more, as code of edition 2021.
//!
//! There an `impl Trait` captures no lifetimes by itself, and a block drops the temporaries of its
//! last expression after its locals; an `async fn` captures, and drops its arguments last.

#![cfg(all(test, feature = "macros"))]

#[path = "../smart.rs"]
mod smart;
#[path = "../smart_boxed.rs"]
mod smart_boxed;
#[path = "../smart_forms.rs"]
mod smart_forms;
#[path = "../smart_lints.rs"]
mod smart_lints;
#[path = "../smart_methods.rs"]
mod smart_methods;
#[path = "../smart_owned.rs"]
mod smart_owned;
#[path = "../smart_pair.rs"]
mod smart_pair;
#[path = "../smart_test.rs"]
mod smart_test;
#[path = "../smart_traits.rs"]
mod smart_traits;

/// This is edition 2021: `gen` is no keyword there.
#[test]
fn the_edition() {
    let gen = 5;
    assert_eq!(gen, 5);
}
