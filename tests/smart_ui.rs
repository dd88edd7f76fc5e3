//! What the compiler says to wrong use of the attributes (D6), as snapshots.
//!
//! `TRYBUILD=overwrite cargo test --test smart_ui` writes them anew. Each case says in its first line
//! what to change.

#![cfg(feature = "macros")]

use std::env;
use std::process::Command;

/// The compiler whose words the snapshots hold: another one puts them differently.
const RUSTC: &str = "rustc 1.95.";

/// D6: wrong use of an attribute does not compile, and the message says what to change.
#[test]
fn wrong_use_does_not_compile() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-V").output();
    let version = version.map_or_else(
        |error| error.to_string(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    if !version.starts_with(RUSTC) {
        println!("skipped: the snapshots are of {RUSTC}*, and this is {version}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/smart_ui/*.rs");
}
