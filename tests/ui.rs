//! What the compiler says to wrong use (D6), as snapshots.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes them anew.

mod common;

/// D6: wrong use does not compile, and the message says what to change.
#[test]
fn wrong_use_does_not_compile() {
    if !common::is_compiler_of_snapshots() {
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/call_*.rs");
    cases.compile_fail("tests/ui/handle_*.rs");
    cases.compile_fail("tests/ui/mistake_*.rs");
    #[cfg(feature = "executor")]
    cases.compile_fail("tests/ui/executor_*.rs");
}
