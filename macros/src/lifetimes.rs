//! The lifetimes in a signature, as far as they can be seen.
//!
//! A macro sees the text of a type, so `Words` may borrow without a sign of it where `Words<'_>`
//! shows that it does. The compiler tells what we miss.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    BoundLifetimes, FnArg, GenericParam, Generics, Lifetime, LifetimeParam,
    ParenthesizedGenericArguments, Receiver, ReceiverKind, Signature, TraitBound, Type, TypeFnPtr,
    TypeImplTrait, TypeReference, parse_quote,
};

/// Whether a type shows a lifetime that may end before `'static`.
pub(crate) fn is_borrowed(ty: &Type) -> bool {
    shows(ty, &|_| true)
}

/// Whether a type shows such a lifetime that is one of those looked for.
pub(crate) fn shows(ty: &Type, is_one: &dyn Fn(&Lifetime) -> bool) -> bool {
    let mut found = false;
    visit(&mut ty.clone(), &mut |lifetime| found |= is_one(lifetime));
    found
}

/// Whether a receiver shows such a lifetime.
pub(crate) fn is_receiver_borrowed(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => is_borrowed(ty),
        _ => false,
    }
}

/// Whether a function has lifetimes of its own, or shows others.
pub(crate) fn has_lifetimes(sig: &Signature) -> bool {
    let mut found = sig.generics.lifetimes().next().is_some();
    visit_inputs(&mut sig.clone(), &mut |_| found = true);
    found
}

/// Finds or makes the lifetime that a boxed handle may not outlive. `None` is `'static`.
///
/// Where all that is borrowed has one lifetime, it is that one, and the signature stays as it is.
/// Else it is a new one, which everything that the body holds outlives: borrowed arguments, whose
/// elided lifetimes get names for it, type parameters, and `Self`.
pub(crate) fn of_box(sig: &mut Signature) -> Option<Lifetime> {
    let mut distinct: Vec<Lifetime> = Vec::new();
    visit_inputs(sig, &mut |lifetime| {
        if lifetime.ident == "_" || !distinct.contains(lifetime) {
            distinct.push(lifetime.clone());
        }
    });
    let types: Vec<Ident> = sig
        .generics
        .type_params()
        .map(|ty| ty.ident.clone())
        .collect();
    let generic = !types.is_empty() || sig.inputs.iter().any(has_impl_trait);
    let holds_self = sig.inputs.iter().any(holds_self);
    if !generic && !holds_self && distinct.len() < 2 {
        return distinct.pop();
    }

    let span = Span::mixed_site();
    let smart = Lifetime::new("'smart", span);
    let mut elided = Vec::new();
    visit_inputs(sig, &mut |lifetime| {
        if lifetime.ident == "_" {
            let name = format!("'life{}", elided.len());
            *lifetime = Lifetime::new(&name, lifetime.span());
            elided.push(lifetime.clone());
        }
    });
    for input in &mut sig.inputs {
        if let FnArg::Typed(typed) = input {
            Outlives(&smart).visit_type_mut(&mut typed.ty);
        }
    }
    let named = distinct.iter().filter(|lifetime| lifetime.ident != "_");
    let longer: Vec<TokenStream> = named
        .chain(&elided)
        .map(ToTokens::to_token_stream)
        .chain(types.iter().map(ToTokens::to_token_stream))
        .chain(holds_self.then(|| quote!(Self)))
        .collect();
    for longer in longer {
        outlive(&mut sig.generics, &longer, &smart);
    }
    let names = elided.into_iter().chain([smart.clone()]);
    for (index, name) in names.enumerate() {
        let param = GenericParam::Lifetime(LifetimeParam::new(name));
        sig.generics.params.insert(index, param);
    }
    Some(smart)
}

/// Bounds a parameter by a lifetime, where its other bounds are: two places would be one too
/// many for a lint.
fn outlive(generics: &mut Generics, longer: &TokenStream, lifetime: &Lifetime) {
    for param in &mut generics.params {
        match param {
            GenericParam::Type(param)
                if !param.bounds.is_empty() && param.ident == longer.to_string() =>
            {
                return param.bounds.push(parse_quote!(#lifetime));
            }
            GenericParam::Lifetime(param)
                if !param.bounds.is_empty() && param.lifetime.to_string() == longer.to_string() =>
            {
                return param.bounds.push(lifetime.clone());
            }
            _ => {}
        }
    }
    let predicates = &mut generics.make_where_clause().predicates;
    predicates.push(parse_quote!(#longer: #lifetime));
}

/// Whether an argument holds a `Self` that is not behind the reference of `&self`, which says
/// by itself that `Self` outlives it.
fn holds_self(input: &FnArg) -> bool {
    match input {
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(..) => false,
            ReceiverKind::Typed(_, ty) => mentions_self(ty.to_token_stream()),
            _ => true,
        },
        FnArg::Typed(typed) => mentions_self(typed.ty.to_token_stream()),
    }
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == "Self",
        proc_macro2::TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

/// Whether an argument is an `impl Trait`, or has one in it.
pub(crate) fn has_impl_trait(input: &FnArg) -> bool {
    struct Seen(bool);
    impl VisitMut for Seen {
        fn visit_type_impl_trait_mut(&mut self, _: &mut TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut seen = Seen(false);
    seen.visit_fn_arg_mut(&mut input.clone());
    seen.0
}

/// Bounds each `impl Trait` of an argument by a lifetime.
struct Outlives<'a>(&'a Lifetime);

impl VisitMut for Outlives<'_> {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        let lifetime = self.0;
        ty.bounds.push(parse_quote!(#lifetime));
    }
}

/// Shows each lifetime of the arguments, `self` among them, to a closure, which may change it.
fn visit_inputs(sig: &mut Signature, each: &mut dyn FnMut(&mut Lifetime)) {
    for input in &mut sig.inputs {
        match input {
            FnArg::Typed(typed) => visit(&mut typed.ty, each),
            FnArg::Receiver(receiver) => match &mut receiver.kind {
                ReceiverKind::Reference(and, lifetime, _) => {
                    visit_reference(and.span, lifetime, each)
                }
                ReceiverKind::Typed(_, ty) => visit(ty, each),
                _ => {}
            },
        }
    }
}

fn visit(ty: &mut Type, each: &mut dyn FnMut(&mut Lifetime)) {
    let mut walk = Walk {
        each,
        bound: Vec::new(),
        in_signature: false,
    };
    walk.visit_type_mut(ty);
}

/// Shows the lifetime of a reference, which is a `'_` if it isn't written.
fn visit_reference(
    and: Span,
    lifetime: &mut Option<Lifetime>,
    each: &mut dyn FnMut(&mut Lifetime),
) {
    let mut shown = lifetime.take().unwrap_or_else(|| Lifetime::new("'_", and));
    if shown.ident != "static" {
        each(&mut shown);
    }
    *lifetime = (shown.ident != "_").then_some(shown);
}

/// Finds the lifetimes in a type that are not the type's own.
struct Walk<'a> {
    /// Is shown each lifetime.
    each: &'a mut dyn FnMut(&mut Lifetime),
    /// The lifetimes of the `for<…>`s around.
    bound: Vec<Lifetime>,
    /// Whether this is the signature of a function pointer or of an `Fn(…)`, where an elided
    /// lifetime is the signature's own.
    in_signature: bool,
}

impl Walk<'_> {
    fn within(&mut self, bound: Option<&BoundLifetimes>, walk: impl FnOnce(&mut Self)) {
        let outer = self.bound.len();
        for param in bound.iter().flat_map(|bound| &bound.lifetimes) {
            if let GenericParam::Lifetime(param) = param {
                self.bound.push(param.lifetime.clone());
            }
        }
        walk(self);
        self.bound.truncate(outer);
    }

    fn is_own(&self, lifetime: &Lifetime) -> bool {
        (lifetime.ident == "_" && self.in_signature) || self.bound.contains(lifetime)
    }
}

impl VisitMut for Walk<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident != "static" && !self.is_own(lifetime) {
            (self.each)(lifetime);
        }
    }

    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        let own = match &ty.lifetime {
            Some(lifetime) => self.is_own(lifetime),
            None => self.in_signature,
        };
        if !own {
            visit_reference(ty.and_token.span, &mut ty.lifetime, self.each);
        }
        self.visit_type_mut(&mut ty.elem);
    }

    fn visit_type_fn_ptr_mut(&mut self, ty: &mut TypeFnPtr) {
        let outer = std::mem::replace(&mut self.in_signature, true);
        let bound = ty.lifetimes.clone();
        self.within(bound.as_ref(), |walk| {
            ty.lifetimes = None;
            visit_mut::visit_type_fn_ptr_mut(walk, ty);
        });
        ty.lifetimes = bound;
        self.in_signature = outer;
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        arguments: &mut ParenthesizedGenericArguments,
    ) {
        let outer = std::mem::replace(&mut self.in_signature, true);
        visit_mut::visit_parenthesized_generic_arguments_mut(self, arguments);
        self.in_signature = outer;
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        self.within(bound.lifetimes.clone().as_ref(), |walk| {
            walk.visit_path_mut(&mut bound.path);
        });
    }

    /// The lengths of arrays have no lifetimes of interest.
    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}
