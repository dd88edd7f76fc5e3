//! What the compiler says to wrong use, as snapshots.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes them anew. Each case of an attribute says in its
//! first line what to change.

use std::env;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use trybuild::TestCases;

/// The compiler whose messages the snapshots hold. Other versions word them differently.
const RUSTC_OF_SNAPSHOTS: &str = "rustc 1.95.";

/// One test at a time: trybuild builds all cases of this package in one project.
static ALONE: Mutex<()> = Mutex::new(());

/// Wrong use does not compile, and the message says what to change.
#[test]
fn wrong_use_does_not_compile() {
    if !is_compiler_of_snapshots() {
        return;
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = TestCases::new();
    cases.compile_fail("tests/ui/call/*.rs");
    cases.compile_fail("tests/ui/handle/*.rs");
    cases.compile_fail("tests/ui/mistakes/*.rs");
    #[cfg(feature = "executor")]
    cases.compile_fail("tests/ui/executor/*.rs");
}

/// Wrong use of an attribute does not compile, and the message says what to change.
#[cfg(feature = "macros")]
#[test]
fn wrong_use_of_an_attribute_does_not_compile() {
    if !is_compiler_of_snapshots() {
        return;
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = TestCases::new();
    cases.compile_fail("tests/ui/smart/*.rs");
    #[cfg(not(feature = "tokio"))]
    cases.compile_fail("tests/ui/smart/without_tokio/*.rs");
    #[cfg(feature = "executor")]
    cases.compile_fail("tests/ui/smart/executor/*.rs");
}

/// Whether this is the compiler of the snapshots. If it is not, prints that the test is skipped.
fn is_compiler_of_snapshots() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-V").output();
    let version = version.map_or_else(
        |error| error.to_string(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    let is = version.starts_with(RUSTC_OF_SNAPSHOTS);
    if !is {
        println!("skipped: the snapshots are of {RUSTC_OF_SNAPSHOTS}*, and this is {version}");
    }
    is
}
