//! Parsers for a list of options, for both attributes.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::{Path, Token};

use crate::errors::Errors;

/// Parses a comma-separated list. A syntax error ends it and is reported.
pub(crate) fn parse_comma_separated(
    tokens: TokenStream,
    errors: &mut Errors,
    mut parse_one: impl FnMut(ParseStream, &mut Errors) -> syn::Result<()>,
) {
    let parser = |input: ParseStream| {
        while !input.is_empty() {
            parse_one(input, errors)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
}

/// Returns the path of the smartcall crate, given the option `crate`.
///
/// The default path gets `span`, so that errors point there. A path from the user keeps its own
/// spans.
pub(crate) fn crate_path(option: Option<&Path>, span: Span) -> TokenStream {
    match option {
        Some(path) => path.to_token_stream(),
        None => quote_spanned!(span=> ::smartcall),
    }
}

/// Parses the `= path` after the name of an option.
pub(crate) fn parse_path(
    name: &Ident,
    option: &mut Option<Path>,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<()> {
    let missing = missing_path(name);
    if parse_equals(name, option.is_some(), &missing, input, errors)? {
        let path = input.call(Path::parse_mod_style);
        *option = Some(path.map_err(|error| syn::Error::new(error.span(), missing))?);
    }
    Ok(())
}

/// Parses the `=` after the name of an option, and reports an option that is given twice. If there is no `=`, says what is
/// missing, skips the option, and returns `false`.
pub(crate) fn parse_equals(
    name: &Ident,
    is_given: bool,
    missing: &str,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<bool> {
    report_duplicate(name, is_given, errors);
    if !input.peek(Token![=]) {
        errors.push_spanned(name, missing);
        skip_to_comma(input)?;
        return Ok(false);
    }
    input.parse::<Token![=]>()?;
    Ok(true)
}

/// The error message for an option without its path.
fn missing_path(name: &Ident) -> String {
    let (what, example) = if name == "blocking" {
        ("a sync function that does the same", "path::to::function")
    } else {
        ("the smartcall crate", "path::to::smartcall")
    };
    format!("`{name}` needs the path of {what}: write `{name} = {example}`, without quotes")
}

/// Reports an option that was given before.
pub(crate) fn report_duplicate(name: &Ident, is_given: bool, errors: &mut Errors) {
    if is_given {
        errors.push_spanned(name, format!("`{name}` is given twice: remove one of them"));
    }
}

/// Skips the tokens before the next comma.
pub(crate) fn skip_to_comma(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
