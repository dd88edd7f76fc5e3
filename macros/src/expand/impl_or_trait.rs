//! Expansion of the functions in an `impl` block or a trait.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::Meta;

use crate::errors::Errors;
use crate::expand::twin::{self, Block, Returns};
use crate::parse::context::{Container, Context, OptionSource};
use crate::parse::impl_or_trait::{AssociatedFunction, AssociatedItem, ImplOrTrait};
use crate::parse::options::Options;

/// Expands the functions that have options of their own, and every other `async fn`.
pub(crate) fn expand(block: ImplOrTrait, options: &Options, errors: &mut Errors) -> TokenStream {
    reject_function_options(options, errors);
    // The errors for these two options already say what to do.
    let is_rejected = options.skip.is_some() || options.in_place.is_some();
    // A twin may pass on sync functions only.
    let is_rejected = is_rejected || options.twin.is_some();
    if !is_rejected && !block.items.iter().any(is_selected) {
        errors.push_spanned(&block.head, nothing_to_convert(block.is_trait));
    }
    let container = if block.is_trait {
        Container::Trait
    } else {
        Container::from_impl_head(&block.head)
    };
    let twin = options.twin.as_ref();
    let mut twin = twin.and_then(|twin| Block::new(twin, &block.attrs, &block.head, errors));
    // What the functions have of them.
    let options = &Options {
        twin: None,
        ..options.clone()
    };
    let mut content = TokenStream::new();
    content.append_all(&block.inner_attrs);
    for item in block.items {
        match item {
            AssociatedItem::Function(function) => {
                let twin = twin.as_mut();
                content.extend(expand_function(
                    *function, options, &container, twin, errors,
                ));
            }
            AssociatedItem::Other(tokens) => {
                if let Some(twin) = &mut twin {
                    twin.add_constant(&tokens);
                }
                content.extend(tokens);
            }
        }
    }
    let mut braces = Group::new(Delimiter::Brace, content);
    braces.set_span(block.braces.span());
    let (attrs, head) = (&block.attrs, &block.head);
    let twin = twin.map(|twin| twin.finish(errors));
    quote!(#(#attrs)* #head #braces #twin)
}

/// Whether an item is an `async fn`, or has a `#[smart]` of its own.
fn is_selected(item: &AssociatedItem) -> bool {
    match item {
        AssociatedItem::Function(function) => {
            function.smart_attr.is_some() || function.function.sig.asyncness.is_some()
        }
        AssociatedItem::Other(_) => false,
    }
}

/// Expands a function by its own options, or an `async fn` without any by those of the container.
fn expand_function(
    function: AssociatedFunction,
    container_options: &Options,
    container: &Container,
    twin: Option<&mut Block>,
    errors: &mut Errors,
) -> TokenStream {
    let AssociatedFunction {
        function,
        smart_attr,
    } = function;
    let (options, option_source) = match smart_attr.map(|attr| attr.meta) {
        None if function.sig.asyncness.is_none() => {
            if let Some(twin) = twin {
                let source = OptionSource::Container;
                twin.add(&function, Returns::Value, container_options, source, errors);
            }
            return function.into_token_stream();
        }
        None => (container_options.clone(), OptionSource::Container),
        Some(meta) => {
            let mut options = match meta {
                Meta::List(list) => Options::parse(list.tokens, errors),
                _ => Options::default(),
            };
            if options.crate_path.is_none() {
                options.crate_path.clone_from(&container_options.crate_path);
            }
            (options, OptionSource::Function)
        }
    };
    if option_source == OptionSource::Function && options.skip.is_some() {
        return function.into_token_stream();
    }
    if let Some(twin) = twin {
        let is_kept = twin.keeps_async() && function.sig.asyncness.is_some();
        let returns = match is_kept {
            true => Returns::Future,
            false => Returns::Handle,
        };
        if is_kept && option_source == OptionSource::Function && options.changes_the_handle() {
            errors.push_spanned(
                &function.sig.ident,
                "`keep_async` leaves the `async fn`s of the block unchanged, so options about the handle of this one have no effect: \
                 remove them, or remove `keep_async`",
            );
        }
        if options.no_twin.is_none() {
            twin.add(&function, returns, &options, option_source, errors);
        }
        if is_kept {
            return function.into_token_stream();
        }
    }
    let context = Context {
        option_source,
        container: container.clone(),
    };
    twin::expand(function, &options, &context, errors)
}

/// The error message for an item without a function to convert.
fn nothing_to_convert(is_trait: bool) -> String {
    let block = if is_trait {
        "a trait"
    } else {
        "an `impl` block"
    };
    format!(
        "`#[smart]` on {block} converts its `async fn`s, but there are none: make the functions `async`, put \
         `#[smart]` on each sync function that should return a handle, or remove the attribute (if the \
         functions are `async`, an attribute above has already rewritten them: remove `#[async_trait]`, \
         which is not needed with `#[smart]`)"
    )
}

/// Reports options that only a function can have.
fn reject_function_options(options: &Options, errors: &mut Errors) {
    if let Some(path) = &options.blocking {
        errors.push_spanned(
            path,
            format!(
                "`blocking` can't be used on an `impl` block or a trait: put `#[smart(blocking = {path})]` on the \
                 `async fn` that has `{path}` as its sync version",
                path = quote!(#path),
            ),
        );
    }
    if let Some(ahead) = &options.ahead {
        errors.push_spanned(
            ahead,
            "`ahead` can't be used on an `impl` block or a trait, where `#[smart]` converts the `async fn`s: put \
             `#[smart(stream, ahead = ..)]` on each sync function that returns an iterator",
        );
    }
    if let Some(in_place) = options.in_place {
        errors.push_at(
            in_place,
            "`in_place` can't be used on an `impl` block or a trait, where `#[smart]` converts the `async fn`s: \
             put `#[smart(in_place)]` on each sync function that should run in place",
        );
    }
    if let Some(skip) = options.skip {
        errors.push_at(
            skip,
            "`skip` can't be used on an `impl` block or a trait: to leave it unchanged, remove `#[smart]`",
        );
    }
}
