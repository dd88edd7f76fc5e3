//! Where a function stands, as far as it matters for its handle.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{GenericParam, ItemImpl, Token};

/// Whose options a function has, and what is around it.
#[derive(Clone)]
pub(crate) struct Place {
    /// Whose options they are.
    pub(crate) options: Whose,
    /// What the function is in.
    pub(crate) within: Within,
}

/// Whose options they are.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Whose {
    /// The function's own.
    Function,
    /// The block's, for all of its `async fn`s.
    Block,
}

/// What a function is in.
#[derive(Clone)]
pub(crate) enum Within {
    /// It is not seen: a module, or a block that has no `#[smart]`.
    Unseen,
    /// An `impl` block without a trait, with the names of its parameters.
    Impl(Vec<TokenStream>),
    /// An `impl` block of a trait.
    ImplOfTrait,
    /// A trait.
    Trait,
}

impl Place {
    /// The place of a function that has the attribute itself.
    pub(crate) fn alone() -> Self {
        Place {
            options: Whose::Function,
            within: Within::Unseen,
        }
    }

    /// Parses what `to_tokens` makes.
    pub(crate) fn parse(input: ParseStream) -> syn::Result<Self> {
        let options = match input.call(Ident::parse_any)? {
            word if word == "block" => Whose::Block,
            _ => Whose::Function,
        };
        let within = match input.call(Ident::parse_any)? {
            word if word == "impl" => {
                let names = input.parse::<Group>()?.stream().into_iter();
                // Each is in a group, since a lifetime is two tokens.
                Within::Impl(
                    names
                        .filter_map(|name| match name {
                            TokenTree::Group(name) => Some(name.stream()),
                            _ => None,
                        })
                        .collect(),
                )
            }
            word if word == "for" => Within::ImplOfTrait,
            word if word == "trait" => Within::Trait,
            _ => Within::Unseen,
        };
        Ok(Place { options, within })
    }
}

/// For the hidden option by which a function is expanded later.
impl ToTokens for Place {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self.options {
            Whose::Function => quote!(function),
            Whose::Block => quote!(block),
        });
        tokens.extend(match &self.within {
            Within::Unseen => quote!(unseen),
            Within::Impl(names) => {
                let names = names
                    .iter()
                    .map(|name| Group::new(Delimiter::Parenthesis, name.clone()));
                quote!(impl (#(#names)*))
            }
            Within::ImplOfTrait => quote!(for),
            Within::Trait => quote!(trait),
        });
    }
}

impl Within {
    /// Looks at what is before the braces of an `impl` block. What has a syntax that is not known
    /// is not seen.
    pub(crate) fn of_impl(head: &TokenStream) -> Self {
        let Ok(block) = syn::parse2::<ItemImpl>(quote!(#head {})) else {
            return Within::Unseen;
        };
        if block.trait_.is_some() {
            return Within::ImplOfTrait;
        }
        Within::Impl(block.generics.params.iter().map(name_of).collect())
    }

    /// Whether it is a trait or the `impl` of one.
    pub(crate) fn is_of_trait(&self) -> bool {
        matches!(self, Within::ImplOfTrait | Within::Trait)
    }
}

/// The name of a generic parameter.
pub(crate) fn name_of(param: &GenericParam) -> TokenStream {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    }
}

/// The list of a `use<…>`.
#[derive(Clone)]
pub(crate) struct Captures {
    /// The place of the word.
    pub(crate) span: Span,
    /// All of it, as it is written.
    pub(crate) written: TokenStream,
    /// The names in it.
    pub(crate) names: Vec<TokenStream>,
}

impl Captures {
    /// Parses what comes after the word.
    pub(crate) fn parse(word: &Ident, input: ParseStream) -> syn::Result<Self> {
        let open: Token![<] = input.parse()?;
        let mut names = Vec::new();
        let mut inside = TokenStream::new();
        while !input.peek(Token![>]) {
            let name = if input.peek(syn::Lifetime) {
                input.parse::<syn::Lifetime>()?.into_token_stream()
            } else {
                input.call(Ident::parse_any)?.into_token_stream()
            };
            inside.extend(name.clone());
            names.push(name);
            if !input.peek(Token![>]) {
                input.parse::<Token![,]>()?.to_tokens(&mut inside);
            }
        }
        let close: Token![>] = input.parse()?;
        Ok(Captures {
            span: word.span(),
            written: quote!(#word #open #inside #close),
            names,
        })
    }
}
