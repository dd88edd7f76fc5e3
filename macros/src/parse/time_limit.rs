//! The option `timeout` of `#[smartcall::test]`.

use proc_macro2::Ident;
use syn::LitStr;
use syn::parse::ParseStream;

use crate::errors::Errors;
use crate::parse::option_list::{parse_equals, skip_to_comma};

/// How long a test may take.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    Millis(u64),
    /// As long as it likes.
    Off,
}

impl Default for Limit {
    fn default() -> Self {
        Limit::Millis(60_000)
    }
}

/// The error message for an option without a time.
const MISSING: &str =
    "`timeout` needs a time: write `timeout = \"10s\"`, or `\"500ms\"`, `\"2min\"`, or `\"off\"`";

/// Parses the `= "time"` after the name of the option.
pub(crate) fn parse(
    name: &Ident,
    option: &mut Option<Limit>,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<()> {
    let has_value = parse_equals(name, option.is_some(), MISSING, input, errors)?;
    // A wrong time is reported, and the test has the default.
    *option = Some(Limit::default());
    if !has_value {
        return Ok(());
    }
    if !input.peek(LitStr) {
        errors.push(input.error(MISSING));
        return skip_to_comma(input);
    }
    let time: LitStr = input.parse()?;
    match limit_of(&time.value()) {
        Some(limit) => *option = Some(limit),
        None => errors.push_spanned(&time, MISSING),
    }
    Ok(())
}

/// Returns what a text says: a whole number and a unit, or "off".
fn limit_of(text: &str) -> Option<Limit> {
    if text == "off" {
        return Some(Limit::Off);
    }
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let unit: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        _ => return None,
    };
    let millis = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (millis > 0).then_some(Limit::Millis(millis))
}
