//! The option `twin = name`, and those that go with it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Path, Token, Visibility};

/// The message for `twin` without its name.
pub(crate) const MISSING_NAME: &str = "`twin` needs the name of what it makes: write `twin = blocking` for a module beside an `impl` block, \
     and `twin = fetch_blocking` for a function beside a function. A visibility may stand before the name";

/// What is made beside a function or an `impl` block.
#[derive(Clone)]
pub(crate) struct Twin {
    /// The visibility of the module or function, if it is not the usual one.
    pub(crate) vis: Option<Visibility>,
    /// The name of the module or function.
    pub(crate) name: Ident,
    /// The option `keep_async`: the functions stay as they are.
    pub(crate) keep_async: Option<Span>,
    /// The option `derive(…)`: traits that the type derives, as an attribute, and where they are named.
    pub(crate) derive: Option<(Span, TokenStream)>,
    /// The option `types(…)`: other types that have twins.
    pub(crate) types: Vec<TypeWithTwin>,
}

/// A type, as signatures name it without its type arguments, and its twin.
#[derive(Clone)]
pub(crate) struct TypeWithTwin {
    pub(crate) ty: Path,
    pub(crate) twin: Path,
}

/// The message for `types` without its list.
const MISSING_TYPES: &str = "`types` needs the types that have twins of their own: write `types(Builder = builders::Builder)`, where \
     `builders` is the `twin` of `Builder`";

impl Twin {
    /// Parses what follows the `=`.
    pub(crate) fn parse(input: ParseStream) -> syn::Result<Self> {
        let missing = |error: syn::Error| syn::Error::new(error.span(), MISSING_NAME);
        let vis: Visibility = input.parse().map_err(missing)?;
        let name = input.call(Ident::parse_any).map_err(missing)?;
        if input.peek(Token![::]) {
            return Err(syn::Error::new(name.span(), MISSING_NAME));
        }
        Ok(Twin {
            vis: (!matches!(vis, Visibility::Inherited)).then_some(vis),
            name,
            keep_async: None,
            derive: None,
            types: Vec::new(),
        })
    }
}

/// Parses the traits in `derive(…)`.
pub(crate) fn parse_derive(input: ParseStream) -> syn::Result<TokenStream> {
    let traits;
    syn::parenthesized!(traits in input);
    let traits: TokenStream = traits.parse()?;
    Ok(quote!(#[derive(#traits)]))
}

/// Parses the types in `types(…)`.
pub(crate) fn parse_types(input: ParseStream) -> syn::Result<Vec<TypeWithTwin>> {
    let missing = |error: syn::Error| syn::Error::new(error.span(), MISSING_TYPES);
    let parser = |input: ParseStream| {
        let types;
        syn::parenthesized!(types in input);
        types.parse_terminated(TypeWithTwin::parse, Token![,])
    };
    let types = parser(input).map_err(missing)?;
    Ok(types.into_iter().collect())
}

impl TypeWithTwin {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let ty = input.call(Path::parse_mod_style)?;
        input.parse::<Token![=]>()?;
        let twin = input.call(Path::parse_mod_style)?;
        Ok(TypeWithTwin { ty, twin })
    }
}
