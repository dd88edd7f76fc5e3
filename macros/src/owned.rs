//! `owned`: a handle that borrows nothing.
//!
//! What the function borrows is made owned when it is called, and lent to the body. The type of the
//! handle says that it captures no lifetime of the function: by `use<…>`, which names all that it
//! does capture, or by `'static` where `use` can't.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{FnArg, GenericParam, Receiver, ReceiverKind, ReturnType, Signature, Type, parse_quote};

use crate::errors::Errors;
use crate::expand::at;
use crate::lifetimes;
use crate::options::Options;
use crate::place::{Captures, Place, Whose, Within, name_of};

/// What the type of a handle may hold.
pub(crate) struct Held {
    /// The parameters that it captures.
    names: Vec<TokenStream>,
    /// Whether it holds nothing that is borrowed, in words of the language: `'static`.
    is_static: bool,
    /// Whether there is a lifetime that it does not capture. Else a lint would ask what a list is for.
    leaves_out: bool,
}

impl Held {
    /// What the handle of a function holds. `None` is all that there is, as for an `async fn`.
    pub(crate) fn new(
        sig: &Signature,
        has_body: bool,
        options: &Options,
        place: &Place,
    ) -> Option<Self> {
        let written = options.captures.as_ref();
        if options.owned.is_none() {
            return written.map(|written| Held {
                names: written.names.clone(),
                is_static: false,
                leaves_out: true,
            });
        }
        // Only a trait has functions without a body.
        let of_trait = place.within.is_of_trait() || !has_body;
        let unnamed = sig.inputs.iter().any(lifetimes::has_impl_trait);
        let of_function = sig
            .generics
            .params
            .iter()
            .filter(|param| !is_lifetime(param));
        let names = match (written, &place.within) {
            (Some(written), _) => written.names.clone(),
            (None, Within::Impl(names)) => {
                let of_function = of_function.map(name_of);
                names.iter().cloned().chain(of_function).collect()
            }
            (None, _) => of_function.map(name_of).collect(),
        };
        Some(Held {
            names,
            is_static: of_trait || (unnamed && written.is_none()),
            leaves_out: lifetimes::has_lifetimes(sig),
        })
    }

    /// The bounds that say so.
    pub(crate) fn bounds(&self, options: &Options, span: proc_macro2::Span) -> TokenStream {
        let mut bounds = TokenStream::new();
        if self.is_static {
            bounds.extend(quote_spanned!(span=> + 'static));
        }
        if let Some(Captures { written, .. }) = &options.captures {
            bounds.extend(quote_spanned!(span=> + #written));
        } else if !self.is_static && self.leaves_out {
            let names = &self.names;
            bounds.extend(quote_spanned!(span=> + use<#(#names),*>));
        }
        bounds
    }

    /// Whether a type shows a lifetime that the handle does not capture.
    fn borrows(&self, ty: &Type) -> bool {
        let names = self.names.iter().map(ToString::to_string);
        let names: Vec<String> = names.collect();
        lifetimes::shows(ty, &|lifetime| !names.contains(&lifetime.to_string()))
    }

    /// Whether a type is a reference, to be made owned.
    pub(crate) fn is_lent(&self, ty: &Type) -> bool {
        let Type::Reference(reference) = ty else {
            return false;
        };
        match &reference.lifetime {
            None => true,
            Some(lifetime) => {
                lifetime.ident != "static" && {
                    let name = lifetime.to_token_stream().to_string();
                    self.names.iter().all(|held| held.to_string() != name)
                }
            }
        }
    }

    /// Whether a type names no parameter, so that it holds no lifetime unless it hides one.
    pub(crate) fn names_nothing(&self, ty: &Type, sig: &Signature) -> bool {
        let of_function = sig.generics.params.iter().map(name_of);
        let names = self.names.iter().cloned().chain(of_function);
        let names: Vec<String> = names
            .map(|name| name.to_string().replace('\'', ""))
            .collect();
        !mentions(ty.to_token_stream(), &|word| {
            word == "Self" || word == "impl" || names.iter().any(|name| name == word)
        })
    }

    /// Whether all that the function is given can be made owned. It names each that can't.
    pub(crate) fn check(&self, sig: &Signature, place: &Place, errors: &mut Errors) -> bool {
        let mut fine = true;
        let mut refuse = |tokens: &dyn ToTokens, message: String| {
            errors.at(tokens.to_token_stream(), message);
            fine = false;
        };
        let without = match place.options {
            Whose::Function => "remove `owned`",
            Whose::Block => "give the function a `#[smart]` of its own, without `owned`",
        };
        for input in &sig.inputs {
            let (name, ty) = match input {
                FnArg::Receiver(receiver) => ("self".to_owned(), type_of(receiver)),
                FnArg::Typed(typed) => {
                    let pat = &typed.pat;
                    (quote!(#pat).to_string(), (*typed.ty).clone())
                }
            };
            match &ty {
                Type::Reference(reference) if reference.mutability.is_some() => refuse(
                    input,
                    format!(
                        "`owned` can't be with `&mut`: the body would change a copy of `{name}`, and \
                         the caller would never see it; take it by value and return it, or {without}"
                    ),
                ),
                Type::Reference(reference) if self.is_lent(&ty) => {
                    if matches!(&*reference.elem, Type::TraitObject(_)) {
                        refuse(
                            input,
                            format!(
                                "`owned` can't make an owned value of `{name}`, since a `dyn` type can't be \
                                 cloned: take an `Arc<dyn ..>`, or {without}"
                            ),
                        );
                    } else if self.borrows(&reference.elem) {
                        refuse(input, inner(&name, without));
                    }
                }
                ty if self.borrows(ty) => refuse(input, inner(&name, without)),
                _ => {}
            }
        }
        if let ReturnType::Type(_, ty) = &sig.output {
            if self.borrows(ty) {
                refuse(
                    ty,
                    format!(
                        "`owned` can't return what is borrowed from an argument, since the handle outlives it: \
                         return an owned value, or {without}"
                    ),
                );
            }
        }
        fine
    }

    /// What a trait's own body needs of `Self`, for the handle to hold it.
    pub(crate) fn bound_self(sig: &mut Signature) {
        let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
            return;
        };
        let span = at(receiver.self_token.span);
        let clone = matches!(receiver.kind, ReceiverKind::Reference(..))
            .then(|| quote_spanned!(span=> ::core::clone::Clone +));
        let predicates = &mut sig.generics.make_where_clause().predicates;
        predicates.push(parse_quote!(Self: #clone 'static));
    }
}

/// Why an argument that holds a borrow deeper inside is refused.
fn inner(name: &str, without: &str) -> String {
    format!(
        "`owned` can't make an owned value of `{name}`, which holds a borrow inside: take a type that \
         owns what it holds, a `String` or a `Vec<String>`, or {without}"
    )
}

/// Whether an argument is one that `owned` makes an owned value of.
pub(crate) fn can_keep(input: &FnArg) -> bool {
    let ty = match input {
        FnArg::Receiver(receiver) => type_of(receiver),
        FnArg::Typed(typed) => (*typed.ty).clone(),
    };
    match ty {
        Type::Reference(reference) => {
            reference.mutability.is_none()
                && !matches!(*reference.elem, Type::TraitObject(_))
                && !lifetimes::is_borrowed(&reference.elem)
        }
        _ => false,
    }
}

/// Whether the receiver is one that `owned` makes an owned value of.
pub(crate) fn lent_self(receiver: &Receiver) -> bool {
    match type_of(receiver) {
        Type::Reference(reference) => reference.mutability.is_none(),
        _ => false,
    }
}

fn type_of(receiver: &Receiver) -> Type {
    match &receiver.kind {
        ReceiverKind::Reference(and, lifetime, mutability) => {
            parse_quote!(#and #lifetime #mutability Self)
        }
        ReceiverKind::Typed(_, ty) => (**ty).clone(),
        _ => parse_quote!(Self),
    }
}

fn is_lifetime(param: &GenericParam) -> bool {
    matches!(param, GenericParam::Lifetime(_))
}

/// Whether one of some words is among tokens.
pub(crate) fn mentions(tokens: TokenStream, is_one: &dyn Fn(&str) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_one(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), is_one),
        _ => false,
    })
}
