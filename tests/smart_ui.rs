//! What the compiler says to wrong use of the attributes (D6), as snapshots.
//!
//! `TRYBUILD=overwrite cargo test --test smart_ui` writes them anew. Each case says in its first line
//! what to change.

#![cfg(feature = "macros")]

mod common;

/// D6: wrong use of an attribute does not compile, and the message says what to change.
#[test]
fn wrong_use_does_not_compile() {
    if !common::is_compiler_of_snapshots() {
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/smart_ui/*.rs");
    #[cfg(feature = "executor")]
    cases.compile_fail("tests/smart_ui/executor/*.rs");
}
