//! How a function with `stream` makes its items: by an `Emit`, or as what it returns.

use quote::{ToTokens, quote};
use syn::{FnArg, PatType, Path, ReturnType, Signature, Type};

use crate::errors::Errors;
use crate::parse::boxed_future::BoxedFuture;
use crate::parse::context::OptionSource;
use crate::parse::many_items::{ManyItems, emitted_item, is_emit, is_result, is_unit, result_of};

/// How a function with `stream` makes its items.
pub(crate) struct StreamForm {
    /// The type of an item.
    pub(crate) item: Type,
    /// Whether the items are results, and the function returns one, too.
    pub(crate) is_fallible: bool,
    /// The argument by which an async body hands out items. If there is none, the body returns an
    /// iterator or a stream.
    pub(crate) emit: Option<PatType>,
    /// The traits in the return type that are in neither the new one nor the body.
    pub(crate) traits: Vec<Path>,
}

impl StreamForm {
    /// Reads a signature, and removes the `Emit` from its arguments. Reports a signature that does
    /// not show where the items come from.
    pub(crate) fn take(
        sig: &mut Signature,
        option_source: OptionSource,
        errors: &mut Errors,
    ) -> Option<Self> {
        match StreamForm::read(sig, option_source) {
            Ok(form) => {
                if form.emit.is_some() {
                    sig.inputs.pop();
                    sig.inputs.pop_punct();
                }
                Some(form)
            }
            Err(error) => {
                errors.push(error);
                None
            }
        }
    }

    fn read(sig: &Signature, option_source: OptionSource) -> syn::Result<Self> {
        let mut emits = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => is_emit(&typed.ty).then_some(typed),
            FnArg::Receiver(_) => None,
        });
        match (emits.next(), emits.next()) {
            (None, _) => StreamForm::returned(sig, option_source),
            (Some(emit), None) => StreamForm::emitted(sig, emit),
            (Some(_), Some(second)) => Err(syn::Error::new_spanned(
                second,
                "`#[smart(stream)]` takes one `Emit`: remove this one, and clone the other where two are needed",
            )),
        }
    }

    /// Reads a function that has an `Emit`.
    fn emitted(sig: &Signature, emit: &PatType) -> syn::Result<Self> {
        let Some(item) = emitted_item(&emit.ty) else {
            return Err(syn::Error::new_spanned(
                emit,
                "`#[smart(stream)]` makes the `Emit`, so take it by value: write `mut out: Emit<..>`",
            ));
        };
        if sig.asyncness.is_none() {
            let (name, item) = (&sig.ident, quote!(#item));
            return Err(syn::Error::new_spanned(
                emit,
                format!(
                    "a sync function can't wait in `emit`: return an iterator, `-> impl Iterator<Item = {item}>`, or write \
                     `async fn {name}`. For sync code that can't be an iterator, write a function without the attribute that \
                     returns `DualStream::produce(ahead, |out| ..)`"
                ),
            ));
        }
        if !matches!(sig.inputs.last(), Some(FnArg::Typed(last)) if is_emit(&last.ty)) {
            return Err(syn::Error::new_spanned(
                emit,
                "`#[smart(stream)]` takes the `Emit` as the last argument: move it to the end",
            ));
        }
        let result = match &sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) if is_unit(ty) => None,
            ReturnType::Type(_, ty) => Some(result_of(item, ty).ok_or_else(|| {
                syn::Error::new_spanned(
                    ty,
                    "an `async fn` that hands out its items by an `Emit` returns nothing, or a `Result<(), E>` whose \
                     error is the last item: change the return type, or remove the `Emit`",
                )
            })?),
        };
        Ok(StreamForm {
            is_fallible: result.is_some(),
            item: result.unwrap_or_else(|| item.clone()),
            emit: Some(emit.clone()),
            traits: Vec::new(),
        })
    }

    /// Reads a function whose items are in what it returns.
    fn returned(sig: &Signature, option_source: OptionSource) -> syn::Result<Self> {
        let is_async = sig.asyncness.is_some();
        let returned = match &sig.output {
            ReturnType::Type(_, ty) => Some(&**ty),
            ReturnType::Default => None,
        };
        let message = match returned.and_then(ManyItems::from_type) {
            Some(items) if items.is_in_result && !is_result(&items.item) => {
                let item = items.item.to_token_stream();
                format!(
                    "if the stream can't be opened, its only item is the error, so the items are results with the \
                     same error: write `Item = Result<{item}, ..>`"
                )
            }
            Some(items) if items.is_stream == is_async => {
                return Ok(StreamForm {
                    item: items.item,
                    is_fallible: items.is_in_result,
                    emit: None,
                    traits: items.traits,
                });
            }
            Some(_) if is_async => {
                "an iterator that an `async fn` returns would block the executor: remove `async`, so that it is \
                 opened and runs on a thread pool, or hand out the items by a last argument `mut out: Emit<..>`"
                    .to_owned()
            }
            Some(_) => format!(
                "`#[smart(stream)]` makes a stream when its first item is asked for: write `async fn {}`",
                sig.ident,
            ),
            None if BoxedFuture::from_signature(sig).is_some() => {
                "`stream` can't be used on a function that returns a boxed future, even if another attribute made \
                 it return one: write an `async fn`, and remove that attribute"
                    .to_owned()
            }
            None => nothing_to_take(is_async, option_source),
        };
        let place = match returned {
            Some(ty) => ty.to_token_stream(),
            None => sig.ident.to_token_stream(),
        };
        Err(syn::Error::new_spanned(place, message))
    }
}

/// The error message for a function that does not show where its items come from.
fn nothing_to_take(is_async: bool, option_source: OptionSource) -> String {
    let write = if is_async {
        "hand them out by a last argument `mut out: Emit<T>`, with `out.emit(item).await`, or return `impl \
         Stream<Item = T>`, or a `Result` of one"
    } else {
        "return `impl Iterator<Item = T>`, or `Result<impl Iterator<Item = Result<T, E>>, E>`, or make it an `async \
         fn` with a last argument `mut out: Emit<T>`"
    };
    let one_value = match option_source {
        OptionSource::Function => "remove `stream`",
        OptionSource::Container => "put a `#[smart]` without `stream` on the function",
    };
    format!(
        "`#[smart(stream)]` does not see where the items come from: {write}. If the function makes one value, {one_value}"
    )
}
