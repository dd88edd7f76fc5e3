use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, ImplItem, Token, TraitItem, Visibility};

use crate::parse::attributes::is_smart;
use crate::parse::function::Function;

/// An `impl` block or a trait.
pub(crate) struct ImplOrTrait {
    /// The outer attributes.
    pub(crate) attrs: Vec<Attribute>,
    /// Whether it is a trait.
    pub(crate) is_trait: bool,
    /// The tokens between the attributes and the braces.
    pub(crate) head: TokenStream,
    /// The braces and their content, with the user's spans.
    pub(crate) braces: Group,
    /// The inner attributes, at the start of the content.
    pub(crate) inner_attrs: Vec<Attribute>,
    /// The items, in the order of the source.
    pub(crate) items: Vec<AssociatedItem>,
}

/// An item of an `impl` block or trait.
pub(crate) enum AssociatedItem {
    Function(Box<AssociatedFunction>),
    /// A constant, a type or a macro, which stays unchanged.
    Other(TokenStream),
}

/// A function of an `impl` block or trait.
pub(crate) struct AssociatedFunction {
    /// The function, without its `#[smart]`.
    pub(crate) function: Function,
    /// The `#[smart]` on the function itself.
    pub(crate) smart_attr: Option<Attribute>,
}

impl ImplOrTrait {
    /// Whether the next tokens, after the attributes, are an `impl` block or a trait.
    pub(crate) fn peek(input: ParseStream) -> bool {
        let ahead = input.fork();
        let head = |input: ParseStream| -> syn::Result<bool> {
            input.parse::<Visibility>()?;
            input.parse::<Option<Token![default]>>()?;
            input.parse::<Option<Token![unsafe]>>()?;
            input.parse::<Option<Token![auto]>>()?;
            Ok(input.peek(Token![impl]) || input.peek(Token![trait]))
        };
        head(&ahead).unwrap_or(false)
    }

    /// Parses an item whose outer attributes have already been parsed.
    pub(crate) fn parse(attrs: Vec<Attribute>, input: ParseStream) -> syn::Result<Self> {
        let is_trait = {
            let tokens: TokenStream = input.fork().parse()?;
            // Both are keywords, so the first one found is the one of this item.
            tokens.into_iter().find_map(|token| match token {
                TokenTree::Ident(word) if word == "trait" => Some(true),
                TokenTree::Ident(word) if word == "impl" => Some(false),
                _ => None,
            }) == Some(true)
        };
        let mut head = TokenStream::new();
        let braces = loop {
            match input.parse()? {
                // Only the last braces are the content: constants in the head may have braces.
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Brace && input.is_empty() =>
                {
                    break group;
                }
                token => head.append(token),
            }
        };
        let parser = |input: ParseStream| {
            let inner_attrs = input.call(Attribute::parse_inner)?;
            let mut items = Vec::new();
            while !input.is_empty() {
                items.push(AssociatedItem::parse(is_trait, input)?);
            }
            Ok((inner_attrs, items))
        };
        let (inner_attrs, items) = parser.parse2(braces.stream())?;
        Ok(ImplOrTrait {
            attrs,
            is_trait,
            head,
            braces,
            inner_attrs,
            items,
        })
    }
}

impl AssociatedItem {
    fn parse(is_trait: bool, input: ParseStream) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        if Function::peek(&ahead) {
            let mut function: Function = input.parse()?;
            let index = function.attrs.iter().position(is_smart);
            let smart_attr = index.map(|index| function.attrs.remove(index));
            return Ok(AssociatedItem::Function(Box::new(AssociatedFunction {
                function,
                smart_attr,
            })));
        }
        Ok(AssociatedItem::Other(if is_trait {
            input.parse::<TraitItem>()?.into_token_stream()
        } else {
            input.parse::<ImplItem>()?.into_token_stream()
        }))
    }
}
