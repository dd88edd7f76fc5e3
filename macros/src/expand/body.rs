//! The blocks that contain the user's body: the future of an async body, and the closure of a sync
//! one.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{FnArg, Path, Receiver, Signature};

use crate::expand::argument::{self, Argument};
use crate::expand::captures::HandleCaptures;
use crate::expand::output::Output;
use crate::expand::owned;
use crate::expand::rename_self::{rename_self, renamed_self};
use crate::expand::stream_form::StreamForm;
use crate::parse::boxed_future::BoxedFuture;
use crate::parse::function::Body;
use crate::parse::options::Options;
use crate::span::mixed_site_at;

/// How the body of a function is run.
pub(crate) enum BodyKind {
    /// As a future.
    Async,
    /// As a future, or by its sync version.
    Pair(Path),
    /// As the boxed future that it returns.
    BoxedFuture(Box<BoxedFuture>),
    /// As sync code that may run on a pool.
    Blocking,
    /// As sync code that runs on the thread that resolves the handle.
    InPlace,
}

/// A function, with everything that its new body is made of.
pub(crate) struct FunctionParts<'a> {
    /// The options of the function.
    pub(crate) options: &'a Options,
    /// The signature, with names in the place of patterns.
    pub(crate) sig: &'a Signature,
    /// The arguments, with the patterns.
    pub(crate) arguments: &'a [Argument],
    /// What the body returns.
    pub(crate) output: &'a Output,
    /// How it makes its items, if it has `stream`.
    pub(crate) stream: Option<&'a StreamForm>,
    /// What the type of the handle captures, if the options restrict it.
    pub(crate) captures: Option<&'a HandleCaptures>,
    /// The body as the user wrote it.
    pub(crate) body: &'a Body,
}

impl FunctionParts<'_> {
    /// Returns the `async` block of a body.
    ///
    /// The inner block has the edition of this crate, 2024. In this edition a block drops the
    /// temporaries of its last expression before its local variables. A function drops these
    /// temporaries before its arguments in every edition, so the order is the same.
    ///
    /// An unreachable `return` at the start tells the compiler the output type, as the signature of
    /// an `async fn` does. The compiler then checks every later `return`, `?` and the last expression
    /// against this type, and coerces them to it.
    pub(crate) fn async_block(&self, bindings: &TokenStream, body: TokenStream) -> TokenStream {
        let Output {
            inferred_ty, span, ..
        } = self.output;
        let krate = self.options.crate_path(*span);
        let allow = self.output.is_never.then(
            || quote_spanned!(*span=> #[allow(unreachable_code, clippy::diverging_sub_expression)]),
        );
        let declare_type = quote_spanned! {*span=>
            #allow
            if false {
                return #krate::__private::never::<#inferred_ty>();
            }
        };
        let braces = self.body.brace.span.join();
        let block = quote_spanned! {mixed_site_at(braces)=>
            {
                #declare_type
                #bindings
                #body
            }
        };
        // With the user's span, errors name the captured variables.
        quote_spanned!(braces=> async move { #block })
    }

    /// Returns the closure of a sync body.
    pub(crate) fn closure(&self) -> TokenStream {
        let (bindings, body) = (self.bindings(), self.body_block());
        let ty = &self.output.inferred_ty;
        quote_spanned! {mixed_site_at(self.body.brace.span.join())=>
            move || -> #ty {
                #bindings
                #body
            }
        }
    }

    /// Returns the statements that capture and bind the arguments and `self`.
    pub(crate) fn bindings(&self) -> TokenStream {
        argument::bindings(self.arguments, &self.self_binding())
    }

    /// Returns the user's body as a block. A cloned `self` has another name in it.
    pub(crate) fn body_block(&self) -> TokenStream {
        let tokens = self.body.tokens.clone();
        inner_block(
            self.body,
            match self.cloned_receiver() {
                Some(_) => rename_self(tokens),
                None => tokens,
            },
        )
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        match self.sig.inputs.first() {
            Some(FnArg::Receiver(receiver)) => Some(receiver),
            _ => None,
        }
    }

    /// Returns the receiver if `owned` clones it.
    pub(crate) fn cloned_receiver(&self) -> Option<&Receiver> {
        self.options.owned?;
        self.receiver()
            .filter(|receiver| owned::is_self_cloned(receiver))
    }

    /// Captures the whole of `self`, even if the body uses only a part of it or nothing.
    pub(crate) fn self_binding(&self) -> TokenStream {
        if let Some(receiver) = self.cloned_receiver() {
            let token = receiver.self_token;
            let (name, clone) = (renamed_self(token.span), cloned_self_name(receiver));
            return quote_spanned!(mixed_site_at(token.span)=> let #name = #clone.lend(););
        }
        let token = self.receiver().map(|receiver| receiver.self_token);
        token.map_or_else(
            TokenStream::new,
            |token| quote_spanned!(mixed_site_at(token.span)=> let _ = &#token;),
        )
    }
}

/// Returns a block that can be the last expression of another block.
///
/// Its braces have the user's spans, so that the body keeps its edition. A lint would then report a
/// block with a single expression as needless. An empty statement prevents this.
pub(crate) fn inner_block(body: &Body, tokens: TokenStream) -> TokenStream {
    let is_semicolon = |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let statement = (!tokens.is_empty() && !tokens.clone().into_iter().any(is_semicolon))
        .then(|| quote_spanned!(Span::mixed_site()=> let () = ();));
    let mut block = TokenStream::new();
    body.brace.surround(&mut block, |content| {
        content.extend(quote!(#statement #tokens));
    });
    block
}

/// Returns the name of the clone of `self`. The body cannot see it.
pub(crate) fn cloned_self_name(receiver: &Receiver) -> Ident {
    Ident::new("this", mixed_site_at(receiver.self_token.span))
}
