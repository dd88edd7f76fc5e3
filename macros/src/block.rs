//! Whole `impl` blocks and traits.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, ImplItem, Meta, Token, TraitItem, Visibility};

use crate::errors::Errors;
use crate::function::Function;
use crate::options::Options;
use crate::place::{Place, Whose, Within};
use crate::signature;

/// An `impl` block or a trait.
pub(crate) struct Block {
    /// The outer attributes.
    attrs: Vec<Attribute>,
    /// Whether it is a trait.
    is_trait: bool,
    /// All before the braces.
    head: TokenStream,
    /// The braces, where the user wrote them.
    braces: proc_macro2::Group,
    /// The attributes inside, at the head of the block.
    inner_attrs: Vec<Attribute>,
    /// What is in the braces, in its order.
    items: Vec<Item>,
}

/// An item of a block.
enum Item {
    /// A function, with the `#[smart]` of its own.
    Function(Box<(Function, Option<Attribute>)>),
    /// A constant, a type or a macro, as it is.
    Other(TokenStream),
}

impl Block {
    /// Whether an `impl` block or a trait comes next, after its attributes.
    pub(crate) fn is_next(input: ParseStream) -> bool {
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

    /// Parses a block whose outer attributes are parsed already.
    pub(crate) fn parse(attrs: Vec<Attribute>, input: ParseStream) -> syn::Result<Self> {
        let is_trait = {
            let tokens: TokenStream = input.fork().parse()?;
            // `impl` and `trait` are keywords, so the first of them is the block's own.
            tokens.into_iter().find_map(|token| match token {
                TokenTree::Ident(word) if word == "trait" => Some(true),
                TokenTree::Ident(word) if word == "impl" => Some(false),
                _ => None,
            }) == Some(true)
        };
        let mut head = TokenStream::new();
        let braces = loop {
            match input.parse()? {
                // The last ones: there may be braces in the head, around constants.
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
                items.push(Item::parse(is_trait, input)?);
            }
            Ok((inner_attrs, items))
        };
        let (inner_attrs, items) = parser.parse2(braces.stream())?;
        Ok(Block {
            attrs,
            is_trait,
            head,
            braces,
            inner_attrs,
            items,
        })
    }

    /// Expands the functions in it.
    pub(crate) fn expand(self, options: &Options, errors: &mut Errors) -> TokenStream {
        check(options, errors);
        // What is said of these two says what to do.
        let is_refused = options.skip.is_some() || options.in_place.is_some();
        if !is_refused && !self.items.iter().any(Item::is_for_us) {
            errors.at(&self.head, nothing_to_do(self.is_trait));
        }
        let within = if self.is_trait {
            Within::Trait
        } else {
            Within::of_impl(&self.head)
        };
        let mut inside = TokenStream::new();
        inside.append_all(&self.inner_attrs);
        for item in self.items {
            match item {
                Item::Function(function) => {
                    inside.extend(expand_one(*function, options, &within, errors));
                }
                Item::Other(tokens) => inside.extend(tokens),
            }
        }
        let mut braces = proc_macro2::Group::new(Delimiter::Brace, inside);
        braces.set_span(self.braces.span());
        let (attrs, head) = (&self.attrs, &self.head);
        quote!(#(#attrs)* #head #braces)
    }
}

impl Item {
    /// Whether it is a function that is to be converted, or one that says that it is not.
    fn is_for_us(&self) -> bool {
        match self {
            Item::Function(function) => {
                let (function, own) = &**function;
                own.is_some() || function.sig.asyncness.is_some()
            }
            Item::Other(_) => false,
        }
    }

    fn parse(is_trait: bool, input: ParseStream) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        if Function::is_next(&ahead) {
            let mut function: Function = input.parse()?;
            let own = function.attrs.iter().position(is_smart);
            let own = own.map(|index| function.attrs.remove(index));
            return Ok(Item::Function(Box::new((function, own))));
        }
        Ok(Item::Other(if is_trait {
            input.parse::<TraitItem>()?.into_token_stream()
        } else {
            input.parse::<ImplItem>()?.into_token_stream()
        }))
    }
}

/// Expands a function by the options of its own, or, if it is an `async fn`, by those of its block.
fn expand_one(
    (function, own): (Function, Option<Attribute>),
    options: &Options,
    within: &Within,
    errors: &mut Errors,
) -> TokenStream {
    let (options, whose) = match own.map(|own| own.meta) {
        None if function.sig.asyncness.is_none() => return function.into_token_stream(),
        None => (options.clone(), Whose::Block),
        Some(own) => {
            let own = match own {
                Meta::List(list) => Options::parse(list.tokens, errors),
                _ => Options::default(),
            };
            let krate = own.krate.clone().or_else(|| options.krate.clone());
            (Options { krate, ..own }, Whose::Function)
        }
    };
    if whose == Whose::Function && options.skip.is_some() {
        return function.into_token_stream();
    }
    let place = Place {
        options: whose,
        within: within.clone(),
    };
    signature::expand(function, &options, &place, errors)
}

/// Why a block in which nothing is for us is an error.
fn nothing_to_do(is_trait: bool) -> String {
    let block = if is_trait {
        "a trait"
    } else {
        "an `impl` block"
    };
    format!(
        "`#[smart]` on {block} is for its `async fn`s, and here is none: make the functions `async`, put a \
         `#[smart]` on each sync one that is to return a handle, or remove the attribute (if they are \
         `async`, an attribute above has rewritten them first: with `#[smart]`, `#[async_trait]` is not needed)"
    )
}

/// Whether an attribute is a `#[smart]` of a function in the block.
pub(crate) fn is_smart(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "smart")
}

/// Refuses the options that are a function's alone.
fn check(options: &Options, errors: &mut Errors) {
    if let Some(path) = &options.blocking {
        errors.at(
            path,
            format!(
                "`blocking` can't be on a whole block: put `#[smart(blocking = {path})]` on the \
                 `async fn` that this is the sync path of",
                path = quote!(#path),
            ),
        );
    }
    if let Some(in_place) = options.in_place {
        errors.at_span(
            in_place,
            "`in_place` can't be on a whole block, which is for its `async fn`s: put `#[smart(in_place)]` on \
             each sync function that is to be in place",
        );
    }
    if let Some(skip) = options.skip {
        errors.at_span(
            skip,
            "`skip` can't be on a whole block: remove the attribute, and the block stays as it is",
        );
    }
}
