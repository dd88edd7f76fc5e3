//! The handle that a function makes of its body.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Path, Receiver, ReceiverKind, Signature};

use crate::argument::{self, Argument, Kind};
use crate::expand::at;
use crate::function::Body;
use crate::future::BoxedFuture;
use crate::options::Options;
use crate::output::Output;
use crate::owned::{self, Held};
use crate::this;

/// How the body of a function is run.
pub(crate) enum Form {
    /// As a future.
    Async,
    /// As a future, or by its sync twin.
    Pair(Path),
    /// As the future that it returns.
    Future(Box<BoxedFuture>),
    /// As sync code that may go to the pool.
    Blocking,
    /// As sync code that stays where it is.
    InPlace,
}

/// The parts of a function that its body is made of.
pub(crate) struct Parts<'a> {
    /// The options, for the path of the crate.
    pub(crate) options: &'a Options,
    /// The signature, with names in the place of patterns.
    pub(crate) sig: &'a Signature,
    /// The arguments, with their patterns.
    pub(crate) arguments: &'a [Argument],
    /// What the body returns.
    pub(crate) output: &'a Output,
    /// What the handle holds, if something is said of it.
    pub(crate) held: Option<&'a Held>,
    /// The body as the user wrote it.
    pub(crate) body: &'a Body,
}

impl Parts<'_> {
    /// The expression of the handle.
    pub(crate) fn handle(&self, form: &Form) -> TokenStream {
        let call = at(self.sig.ident.span());
        let krate = self.options.krate(call);
        match form {
            Form::Async => {
                let future = self.future(&self.bindings(), self.user_body());
                quote_spanned!(call=> #krate::Dual::future(#future))
            }
            Form::Future(future) => {
                // A closure, since there may be a `return` in it.
                let (ty, body) = (&future.ty, &self.body.tokens);
                let code =
                    quote_spanned!(at(self.body.brace.span.join())=> move || -> #ty { #body });
                quote_spanned!(call=> #krate::Dual::future((#code)()))
            }
            Form::Pair(path) => self.pair(path),
            Form::Blocking => {
                let (checks, code) = (self.checks(), self.code());
                // All at one place, the output's, so that what is wrong with it is said once.
                let span = self.output.span;
                let krate = self.options.krate(span);
                let code = quote_spanned!(span=> #krate::__private::comes_from_the_pool(#code));
                quote_spanned!(span=> { #checks #krate::Dual::blocking(#code) })
            }
            Form::InPlace => {
                let code = self.code();
                quote_spanned!(call=> #krate::Dual::in_place(#code))
            }
        }
    }

    /// Makes owned what the handle is not to borrow.
    pub(crate) fn keeps(&self, form: &Form) -> TokenStream {
        let Some(held) = self.held.filter(|_| self.options.owned.is_some()) else {
            return TokenStream::new();
        };
        let this = self.lent_self().map(|receiver| {
            let span = at(receiver.span());
            let (krate, this, name) = (
                self.options.krate(span),
                receiver.self_token,
                owned_self(receiver),
            );
            quote_spanned!(span=> let #name = #krate::__private::keep_self(#this);)
        });
        let arguments = self.arguments.iter().map(|argument| {
            let Argument { name, ty, kind, .. } = argument;
            let cfgs: Vec<_> = argument.cfgs().collect();
            let span = at(ty.span());
            let krate = self.options.krate(span);
            let is_lent = *kind == Kind::Lent;
            let keep = is_lent.then(
                || quote_spanned!(span=> #(#cfgs)* let #name = #krate::__private::keep(#name);),
            );
            // Sync code is checked for all that a pool wants of it.
            let hides = !matches!(form, Form::Blocking) && held.names_nothing(ty, self.sig);
            let check = hides.then(|| {
                let value = match is_lent {
                    true => quote_spanned!(span=> #name.lend()),
                    false => quote_spanned!(span=> &#name),
                };
                quote_spanned!(span=> #(#cfgs)* #krate::__private::borrows_nothing(#value);)
            });
            quote!(#keep #check)
        });
        this.into_iter().chain(arguments).collect()
    }

    /// The future of a body.
    ///
    /// The inner block is of our edition, 2024, in which a block drops the temporaries of its last
    /// expression before its locals, as a function does with its arguments in every edition. A
    /// `return` that is never reached tells the compiler the type first, as the signature of an
    /// `async fn` would: each later one, a `?` or the last expression, is then judged by it, and
    /// coerced.
    fn future(&self, first: &TokenStream, body: TokenStream) -> TokenStream {
        let Output {
            with_holes, span, ..
        } = self.output;
        let krate = self.options.krate(*span);
        let quiet = self.output.never.then(
            || quote_spanned!(*span=> #[allow(unreachable_code, clippy::diverging_sub_expression)]),
        );
        let ty = quote_spanned! {*span=>
            #quiet
            if false {
                return #krate::__private::never::<#with_holes>();
            }
        };
        let place = self.body.brace.span.join();
        let block = quote_spanned! {at(place)=>
            {
                #ty
                #first
                #body
            }
        };
        // The compiler knows what it captures by name only if it is the user's.
        quote_spanned!(place=> async move { #block })
    }

    /// The closure of a sync body.
    fn code(&self) -> TokenStream {
        let (first, body) = (self.bindings(), self.user_body());
        let ty = &self.output.with_holes;
        quote_spanned! {at(self.body.brace.span.join())=>
            move || -> #ty {
                #first
                #body
            }
        }
    }

    /// Checks of what the closure is to hold, so that errors are the argument's.
    fn checks(&self) -> TokenStream {
        let this = self.receiver().map(|receiver| {
            let this = receiver.self_token;
            let value = match self.lent_self() {
                Some(receiver) => {
                    let name = owned_self(receiver);
                    quote!(#name.owned())
                }
                None => quote_spanned!(at(this.span)=> &#this),
            };
            self.check(value, at(this.span))
        });
        let arguments = self.arguments.iter().map(|argument| {
            let Argument { name, ty, kind, .. } = argument;
            let cfgs = argument.cfgs();
            let value = match kind {
                Kind::Lent => quote!(#name.owned()),
                _ => quote_spanned!(at(ty.span())=> &#name),
            };
            let check = self.check(value, at(ty.span()));
            quote!(#(#cfgs)* #check)
        });
        this.into_iter().chain(arguments).collect()
    }

    fn check(&self, value: TokenStream, span: Span) -> TokenStream {
        let krate = self.options.krate(span);
        quote_spanned!(span=> #krate::__private::goes_to_the_pool(#value);)
    }

    /// Both native paths over the arguments.
    fn pair(&self, path: &Path) -> TokenStream {
        let Pairing {
            capture,
            input,
            param,
            passed,
            first,
            body,
        } = match self.receiver() {
            None => Pairing {
                body: self.user_body(),
                ..Pairing::default()
            },
            Some(receiver) if self.lent_self().is_some() => {
                let name = owned_self(receiver);
                Pairing {
                    input: quote!(#name,),
                    param: quote!(#name,),
                    passed: quote!(#name.lend(),),
                    first: self.keep_self(),
                    body: self.user_body(),
                    ..Pairing::default()
                }
            }
            Some(receiver) if is_shared(receiver) => self.pair_of_shared(receiver),
            Some(receiver) => self.pair_of_moved(receiver),
        };
        let ty = &self.output.with_holes;
        let call = at(self.sig.ident.span());
        let krate = self.options.krate(call);
        let arguments = self.arguments;
        let names = arguments.iter().map(|argument| &argument.name);
        let names: Vec<&Ident> = names.collect();
        let params = arguments.iter().map(Argument::param);
        let given = arguments
            .iter()
            .map(|Argument { name, kind, .. }| match kind {
                Kind::Lent => quote_spanned!(call=> #name.lend()),
                _ => quote!(#name),
            });
        let future = self.future(&argument::bindings(arguments, &first), body);
        quote_spanned! {call=>
            #krate::Dual::pair(
                (#input #(#names,)*),
                #capture |(#param #(#names,)*)| -> #ty { #path(#passed #(#given),*) },
                #capture |(#param #(#params,)*)| #future,
            )
        }
    }

    /// Both closures hold a copy of `&self`.
    fn pair_of_shared(&self, receiver: &Receiver) -> Pairing {
        let this = receiver.self_token;
        Pairing {
            capture: quote_spanned!(at(this.span)=> move),
            passed: quote!(#this,),
            first: self.keep_self(),
            body: self.user_body(),
            ..Pairing::default()
        }
    }

    /// `self` is a part of the input, and in the body it has another name.
    fn pair_of_moved(&self, receiver: &Receiver) -> Pairing {
        let this = receiver.self_token;
        let moved = Ident::new("__this", at(this.span));
        let name = this::name(this.span);
        let mutability = receiver.mutability;
        Pairing {
            input: quote!(#this,),
            param: quote!(#moved,),
            passed: quote!(#moved,),
            first: quote_spanned!(at(this.span)=> let #mutability #name = #moved;),
            body: nested(self.body, this::rename(self.body.tokens.clone())),
            ..Pairing::default()
        }
    }

    /// The body, with another name for a `self` that was made owned.
    fn user_body(&self) -> TokenStream {
        let tokens = self.body.tokens.clone();
        nested(
            self.body,
            match self.lent_self() {
                Some(_) => this::rename(tokens),
                None => tokens,
            },
        )
    }

    /// The receiver, if it is made owned.
    fn lent_self(&self) -> Option<&Receiver> {
        self.options.owned?;
        self.receiver()
            .filter(|receiver| owned::lent_self(receiver))
    }

    fn bindings(&self) -> TokenStream {
        argument::bindings(self.arguments, &self.keep_self())
    }

    fn receiver(&self) -> Option<&Receiver> {
        match self.sig.inputs.first() {
            Some(FnArg::Receiver(receiver)) => Some(receiver),
            _ => None,
        }
    }

    /// Moves the whole of `self` into the body, even if the body uses a part of it or nothing.
    fn keep_self(&self) -> TokenStream {
        if let Some(receiver) = self.lent_self() {
            let this = receiver.self_token;
            let (name, owned) = (this::name(this.span), owned_self(receiver));
            return quote_spanned!(at(this.span)=> let #name = #owned.lend(););
        }
        let this = self.receiver().map(|receiver| receiver.self_token);
        this.map_or_else(
            TokenStream::new,
            |this| quote_spanned!(at(this.span)=> let _ = &#this;),
        )
    }
}

/// What the receiver adds to the two paths.
#[derive(Default)]
struct Pairing {
    /// The `move` of closures that hold it.
    capture: TokenStream,
    /// Its place in the input.
    input: TokenStream,
    /// Its place in the parameters of the closures.
    param: TokenStream,
    /// Its place in the call of the sync path.
    passed: TokenStream,
    /// What the body begins with.
    first: TokenStream,
    /// The body, by the name that it has there.
    body: TokenStream,
}

/// The block of a body, as the last expression of another block.
///
/// Its braces are the user's, for the edition that they are of, and so a lint would ask what they are
/// for if there were one expression in them and nothing else.
fn nested(body: &Body, tokens: TokenStream) -> TokenStream {
    let is_semicolon = |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let first = (!tokens.is_empty() && !tokens.clone().into_iter().any(is_semicolon))
        .then(|| quote_spanned!(Span::mixed_site()=> let () = ();));
    let mut block = TokenStream::new();
    body.brace
        .surround(&mut block, |inside| inside.extend(quote!(#first #tokens)));
    block
}

/// The name of what `self` is made when it is made owned, which the body does not see.
fn owned_self(receiver: &Receiver) -> Ident {
    Ident::new("this", at(receiver.self_token.span))
}

/// Whether a receiver is `&self`, which can be copied.
fn is_shared(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        _ => false,
    }
}
