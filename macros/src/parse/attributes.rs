//! Attributes that `#[smart]` has to recognise.

use syn::{Attribute, FnArg};

/// The built-in attributes that a function may have and that are inert: they stay on it.
///
/// `cfg_attr` is missing on purpose: it may become any attribute.
const INERT: [&str; 29] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "ignore",
    "inline",
    "instruction_set",
    "link_name",
    "link_section",
    "must_use",
    "naked",
    "no_mangle",
    "no_sanitize",
    "optimize",
    "sanitize",
    "should_panic",
    "stable",
    "target_feature",
    "track_caller",
    "unsafe",
    "unstable",
    "warn",
];

/// The tools whose attributes, such as `#[rustfmt::skip]`, are inert.
const TOOLS: [&str; 5] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];

/// Whether an attribute is known to be inert: the compiler leaves it on the function as it is.
pub(crate) fn is_inert(attr: &Attribute) -> bool {
    let segments = &attr.path().segments;
    let first = segments.first().map(|segment| segment.ident.to_string());
    let known: &[&str] = match segments.len() {
        1 => &INERT,
        _ => &TOOLS,
    };
    first.is_some_and(|first| known.contains(&&*first) || first.starts_with("rustc_"))
}

/// Whether an attribute is `#[smart]`, by any path.
pub(crate) fn is_smart(attr: &Attribute) -> bool {
    has_name(attr, "smart")
}

/// Whether an attribute is a `#[test]` of any crate.
pub(crate) fn is_test(attr: &Attribute) -> bool {
    has_name(attr, "test")
}

/// Whether an attribute is `#[rstest]`, which turns a function into several tests.
pub(crate) fn is_rstest(attr: &Attribute) -> bool {
    has_name(attr, "rstest")
}

/// Whether an attribute decides if its item or argument exists.
pub(crate) fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

/// Finds a `cfg` on an argument.
pub(crate) fn cfg_of_argument(input: &FnArg) -> Option<&Attribute> {
    let FnArg::Typed(typed) = input else {
        return None;
    };
    typed.attrs.iter().find(|attr| attr.path().is_ident("cfg"))
}

/// Whether the path of an attribute ends with a name.
fn has_name(attr: &Attribute, name: &str) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == name)
}
