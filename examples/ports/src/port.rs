//! What is changed in a crate.

/// A published crate, and the lines that give it sync callers.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// The name of the crate.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The line of the dependency, without the path.
    pub features: &'static [&'static str],
    /// The lines that are inserted.
    pub attributes: &'static [Attribute],
    /// The arguments of `cargo test` for the crate's own tests.
    pub own_tests: &'static [&'static str],
    /// A test of ours, which uses each function by both callers.
    pub check: &'static str,
    /// The further arguments of `cargo test` for it.
    pub check_arguments: &'static [&'static str],
    /// What the check needs beside what the crate has.
    pub check_dependencies: &'static [&'static str],
    /// What is not converted, and why.
    pub left: &'static str,
}

/// A line above another one.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The file.
    pub file: &'static str,
    /// How the line begins above which it stands, without spaces in front. No other line begins like that.
    pub above: &'static str,
    /// The line.
    pub line: &'static str,
    /// The functions that it converts. The check calls each of them.
    pub functions: &'static [&'static str],
}

impl Port {
    /// Returns how many functions are converted.
    pub fn functions(&self) -> usize {
        self.attributes
            .iter()
            .map(|attribute| attribute.functions.len())
            .sum()
    }

    /// Returns how many lines are inserted: the attributes, and the dependency.
    pub fn lines(&self) -> usize {
        self.attributes.len() + 1
    }
}
