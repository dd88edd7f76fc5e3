//! The item that an attribute is applied to.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;
use syn::parse::{ParseStream, Parser};

use crate::errors::Errors;

/// Parses the attributes of an item, and expands the item by a closure.
///
/// The errors are appended to the expansion. If the item cannot be parsed, it stays unchanged.
pub(crate) fn expand_with(
    item: TokenStream,
    mut errors: Errors,
    expand: impl FnOnce(Vec<Attribute>, ParseStream, &mut Errors) -> syn::Result<TokenStream>,
) -> TokenStream {
    let original = item.clone();
    let parser = |input: ParseStream| {
        let attrs = input.call(Attribute::parse_outer)?;
        expand(attrs, input, &mut errors)
    };
    let expanded = parser.parse2(item).unwrap_or_else(|error| {
        errors.push(error);
        original
    });
    let errors = errors.into_compile_errors();
    quote!(#expanded #errors)
}

/// Reports that an item does not support the attribute, and returns the item unchanged.
///
/// `supported` lists the items that do.
pub(crate) fn unsupported(
    attribute: &str,
    supported: &str,
    attrs: &[Attribute],
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<TokenStream> {
    let item: TokenStream = input.parse()?;
    let kind = describe(item.clone());
    errors.push_spanned(
        &item,
        format!("`{attribute}` can't be used on {kind}: put it on {supported}"),
    );
    Ok(quote!(#(#attrs)* #item))
}

/// Names the kind of an item, by its first keyword.
fn describe(item: TokenStream) -> &'static str {
    item.into_iter()
        .find_map(|token| {
            let TokenTree::Ident(keyword) = token else {
                return None;
            };
            Some(match keyword.to_string().as_str() {
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
