//! Tests that cargo runs.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::source::ports;

/// What came of a run of tests.
#[derive(Debug)]
pub struct Tested {
    /// The names of those that passed, sorted. A name may be there twice.
    pub passed: Vec<String>,
    /// How many failed.
    pub failed: usize,
    /// The end of what was printed.
    pub end: String,
}

/// Runs `cargo test` in a folder.
pub fn test(folder: &Path, arguments: &[&str]) -> Result<Tested> {
    let output = Command::new("cargo")
        .args(["test", "--no-fail-fast"])
        .args(arguments)
        .current_dir(folder)
        // All share what they depend on.
        .env("CARGO_TARGET_DIR", ports().join("target"))
        // The copy is not ours to mend.
        .env("RUSTFLAGS", "--cap-lints allow")
        .output()?;
    let said =
        [output.stderr, output.stdout].map(|said| String::from_utf8_lossy(&said).into_owned());
    let said = said.concat();
    let named = |end: &str| {
        let names = said
            .lines()
            .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(end));
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort();
        names
    };
    Ok(Tested {
        passed: named(" ... ok"),
        failed: named(" ... FAILED").len(),
        end: said
            .chars()
            .skip(said.chars().count().saturating_sub(3000))
            .collect(),
    })
}
