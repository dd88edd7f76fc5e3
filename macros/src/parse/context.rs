//! Where a function is defined, as far as this matters for its handle.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{GenericParam, ItemImpl};

/// Where a function is defined, and where its options come from.
#[derive(Clone)]
pub(crate) struct Context {
    /// Where the options come from.
    pub(crate) option_source: OptionSource,
    /// The item that contains the function.
    pub(crate) container: Container,
}

/// The attribute that the options of a function come from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum OptionSource {
    /// The `#[smart]` of the function.
    Function,
    /// The `#[smart]` of its `impl` block or trait, which applies to every `async fn` in it.
    Container,
}

/// The item that contains a function.
#[derive(Clone)]
pub(crate) enum Container {
    /// The macro cannot see it: a module, or an `impl` block or trait without `#[smart]`.
    Unknown,
    /// An `impl` block without a trait, with the names of its generic parameters.
    InherentImpl(Vec<TokenStream>),
    /// An `impl` block of a trait.
    TraitImpl,
    /// A trait.
    Trait,
}

impl Context {
    /// The context of a function that has the attribute itself.
    pub(crate) fn standalone() -> Self {
        Context {
            option_source: OptionSource::Function,
            container: Container::Unknown,
        }
    }

    /// Parses what `to_tokens` prints.
    pub(crate) fn parse(input: ParseStream) -> syn::Result<Self> {
        let option_source = match input.call(Ident::parse_any)? {
            word if word == "block" => OptionSource::Container,
            _ => OptionSource::Function,
        };
        let container = match input.call(Ident::parse_any)? {
            word if word == "impl" => {
                let names = input.parse::<Group>()?.stream().into_iter();
                // Each name is in a group, since a lifetime is two tokens.
                Container::InherentImpl(
                    names
                        .filter_map(|name| match name {
                            TokenTree::Group(name) => Some(name.stream()),
                            _ => None,
                        })
                        .collect(),
                )
            }
            word if word == "for" => Container::TraitImpl,
            word if word == "trait" => Container::Trait,
            _ => Container::Unknown,
        };
        Ok(Context {
            option_source,
            container,
        })
    }
}

/// Prints the value of the hidden option with which a function is expanded later.
impl ToTokens for Context {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self.option_source {
            OptionSource::Function => quote!(function),
            OptionSource::Container => quote!(block),
        });
        tokens.extend(match &self.container {
            Container::Unknown => quote!(unseen),
            Container::InherentImpl(names) => {
                let names = names
                    .iter()
                    .map(|name| Group::new(Delimiter::Parenthesis, name.clone()));
                quote!(impl (#(#names)*))
            }
            Container::TraitImpl => quote!(for),
            Container::Trait => quote!(trait),
        });
    }
}

impl Container {
    /// Parses the part of an `impl` block that is before its braces. If syn does not know the
    /// syntax, the container is unknown.
    pub(crate) fn from_impl_head(head: &TokenStream) -> Self {
        let Ok(block) = syn::parse2::<ItemImpl>(quote!(#head {})) else {
            return Container::Unknown;
        };
        if block.trait_.is_some() {
            return Container::TraitImpl;
        }
        Container::InherentImpl(block.generics.params.iter().map(param_name).collect())
    }

    /// Whether the container is a trait or an `impl` block of one.
    pub(crate) fn is_trait_or_trait_impl(&self) -> bool {
        matches!(self, Container::TraitImpl | Container::Trait)
    }
}

/// Returns the name of a generic parameter.
pub(crate) fn param_name(param: &GenericParam) -> TokenStream {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    }
}
