//! The attributes of others on a function.
//!
//! Some rewrite the body, tracing's `instrument` for one, and want to see the `async fn`. So we are
//! the last to expand a function. The compiler goes from the top, and does not say which of the
//! attributes that are left it is done with; if there is one that is not known to stay where it is,
//! the function is handed back as it was, with us below all others.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Meta, parse_quote_spanned};

use crate::expand::at;
use crate::function::Function;
use crate::options::Options;
use crate::place::Place;

/// The attributes of the compiler that a function may have, and that stay on it.
///
/// `cfg_attr` is not among them: what it becomes is not known.
const OF_THE_COMPILER: [&str; 29] = [
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

/// The tools whose attributes the compiler lets be.
const OF_TOOLS: [&str; 5] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];

/// Whether a function has an attribute that may have to see it first.
pub(crate) fn has_others(function: &Function) -> bool {
    function.attrs.iter().any(|attr| !stays(attr))
}

/// Whether an attribute is known to stay on its function as it is.
fn stays(attr: &Attribute) -> bool {
    let segments = &attr.path().segments;
    let first = segments.first().map(|segment| segment.ident.to_string());
    let known: &[&str] = match segments.len() {
        1 => &OF_THE_COMPILER,
        _ => &OF_TOOLS,
    };
    first.is_some_and(|first| known.contains(&&*first) || first.starts_with("rustc_"))
}

/// The function as it was, to be expanded when all other attributes are done.
pub(crate) fn hand_on(mut function: Function, options: &Options, place: &Place) -> TokenStream {
    let span = at(function.sig.ident.span());
    let krate = options.krate(span);
    let options = Options {
        last: Some(place.clone()),
        ..options.clone()
    };
    function
        .attrs
        .push(parse_quote_spanned!(span=> #[#krate::smart(#options)]));
    quote!(#function)
}

/// Whether an attribute makes a test of a function.
pub(crate) fn is_test(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "test" || segment.ident == "rstest")
}

/// Makes the place of the call known to what a function makes of its body, where the language
/// allows it.
pub(crate) fn track_caller(function: &Function) -> TokenStream {
    let forbids = |attr: &Attribute| match &attr.meta {
        Meta::List(list) if attr.path().is_ident("unsafe") => {
            list.tokens.to_token_stream().to_string().contains("naked")
        }
        _ => ["track_caller", "naked", "target_feature"]
            .iter()
            .any(|name| attr.path().is_ident(name)),
    };
    // That of a `main` would be a second error beside the one that a `main` returns no handle.
    if function.sig.ident == "main" || function.attrs.iter().any(forbids) {
        return TokenStream::new();
    }
    quote_spanned!(at(function.sig.ident.span())=> #[track_caller])
}
