use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;
use syn::parse::{ParseStream, Parser};

use crate::block::Block;
use crate::errors::Errors;
use crate::function::Function;
use crate::options::Options;
use crate::place::Place;
use crate::signature;

/// A place in the user's code, in the hygiene and the edition of this crate.
///
/// Errors show the user's code, and lints know that it is not the user's. By the edition an
/// `impl Work` captures all lifetimes, as an `async fn` does, in callers of edition 2021 too.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// Expands `#[smart]`.
pub(crate) fn smart(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &mut errors);
    let original = item.clone();
    let parser = |input: ParseStream| parse(input, &options, &mut errors);
    let expanded = parser.parse2(item).unwrap_or_else(|error| {
        errors.push(error);
        original
    });
    let errors = errors.into_items();
    quote!(#expanded #errors)
}

fn parse(input: ParseStream, options: &Options, errors: &mut Errors) -> syn::Result<TokenStream> {
    let attrs = input.call(Attribute::parse_outer)?;
    if Function::is_next(input) {
        let function = Function::parse(attrs, input)?;
        let place = options.last.clone().unwrap_or_else(Place::alone);
        return Ok(signature::expand(function, options, &place, errors));
    }
    if Block::is_next(input) {
        let block = Block::parse(attrs, input)?;
        return Ok(block.expand(options, errors));
    }
    let item: TokenStream = input.parse()?;
    errors.at(
        &item,
        format!(
            "`#[smart]` can't be on {}: put it on a function, an `impl` block or a trait",
            describe(item.clone())
        ),
    );
    Ok(quote!(#(#attrs)* #item))
}

/// What an item is, by its first keyword.
pub(crate) fn describe(item: TokenStream) -> &'static str {
    item.into_iter()
        .find_map(|token| {
            let TokenTree::Ident(word) = token else {
                return None;
            };
            Some(match word.to_string().as_str() {
                "struct" => "a struct",
                "enum" => "an enum",
                "union" => "a union",
                "const" => "a constant",
                "static" => "a static",
                "type" => "a type alias",
                "use" => "an import",
                "mod" => "a module",
                "extern" => "an `extern` item",
                "macro_rules" => "a macro",
                _ => return None,
            })
        })
        .unwrap_or("this item")
}
