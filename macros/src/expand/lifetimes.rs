//! The visible lifetimes in a signature.
//!
//! A macro sees only the tokens of a type: `Words<'_>` shows that it borrows, but `Words` may have
//! the same lifetime and not show it. The compiler reports the cases that are missed here.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    BoundLifetimes, FnArg, GenericParam, Generics, Lifetime, LifetimeParam,
    ParenthesizedGenericArguments, Receiver, ReceiverKind, Signature, TraitBound, Type, TypeFnPtr,
    TypeImplTrait, TypeReference, parse_quote,
};

use crate::expand::tokens::any_token;

/// Whether a type contains a visible lifetime other than `'static`.
pub(crate) fn is_borrowed(ty: &Type) -> bool {
    any_lifetime(ty, &|_| true)
}

/// Whether any visible lifetime in a type, other than `'static`, satisfies a predicate.
pub(crate) fn any_lifetime(ty: &Type, predicate: &dyn Fn(&Lifetime) -> bool) -> bool {
    let mut found = false;
    visit_type(&mut ty.clone(), &mut |lifetime| {
        found |= predicate(lifetime)
    });
    found
}

/// Whether the type of a receiver contains such a lifetime.
pub(crate) fn is_receiver_borrowed(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => is_borrowed(ty),
        _ => false,
    }
}

/// Whether a function has lifetime parameters, or its arguments contain visible lifetimes.
pub(crate) fn has_lifetimes(sig: &Signature) -> bool {
    let mut found = sig.generics.lifetimes().next().is_some();
    visit_inputs(&mut sig.clone(), &mut |_| found = true);
    found
}

/// Returns the lifetime bound of a boxed handle. `None` is `'static`.
///
/// If the arguments have only one lifetime, that is the bound, and the signature does not change.
/// Otherwise the signature gets a new lifetime parameter, and everything that the body may hold has
/// to outlive it: the borrowed arguments, the type parameters, and `Self`. Plain references have that lifetime themselves, as
/// one would write it. Where that could be shorter than what the value needs, elided lifetimes get names of their own.
///
/// `output` is the type of the value.
pub(crate) fn boxed_lifetime(sig: &mut Signature, output: &TokenStream) -> Option<Lifetime> {
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
    let has_types = !types.is_empty() || sig.inputs.iter().any(has_impl_trait);
    let holds_self = sig.inputs.iter().any(holds_self);
    if !has_types && !holds_self && distinct.len() < 2 {
        return distinct.pop();
    }

    let span = Span::mixed_site();
    let smart = Lifetime::new("'smart", span);
    let is_shared = sig.inputs.iter().all(is_plain_reference) && !has_lifetime_tokens(output);
    let mut elided = Vec::new();
    visit_inputs(sig, &mut |lifetime| {
        if is_shared {
            *lifetime = Lifetime::new("'smart", lifetime.span());
        } else if lifetime.ident == "_" {
            let name = format!("'life{}", elided.len());
            *lifetime = Lifetime::new(&name, lifetime.span());
            elided.push(lifetime.clone());
        }
    });
    for input in &mut sig.inputs {
        if let FnArg::Typed(typed) = input {
            AddBound(&smart).visit_type_mut(&mut typed.ty);
        }
    }
    let named = distinct.iter().filter(|lifetime| lifetime.ident != "_");
    let bounded: Vec<TokenStream> = named
        .chain(&elided)
        .map(ToTokens::to_token_stream)
        .chain(types.iter().map(ToTokens::to_token_stream))
        .chain(holds_self.then(|| quote!(Self)))
        .collect();
    for bounded in bounded {
        add_bound(&mut sig.generics, &bounded, &smart);
    }
    let names = elided.into_iter().chain([smart.clone()]);
    for (index, name) in names.enumerate() {
        let param = GenericParam::Lifetime(LifetimeParam::new(name));
        sig.generics.params.insert(index, param);
    }
    Some(smart)
}

/// Whether an argument borrows by one reference, whose lifetime is elided, to what borrows nothing, or borrows nothing itself. Such
/// a reference can be taken for a shorter time.
fn is_plain_reference(input: &FnArg) -> bool {
    let is_plain = |ty: &Type| match ty {
        Type::Reference(reference) => {
            let lifetime = reference.lifetime.as_ref();
            lifetime.is_none_or(|lifetime| lifetime.ident == "_") && !is_borrowed(&reference.elem)
        }
        ty => !is_borrowed(ty),
    };
    match input {
        FnArg::Typed(typed) => is_plain(&typed.ty),
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, lifetime, _) => lifetime.is_none(),
            ReceiverKind::Typed(_, ty) => is_plain(ty),
            _ => true,
        },
    }
}

/// Whether a type shows a lifetime, elided or not.
fn has_lifetime_tokens(ty: &TokenStream) -> bool {
    any_token(
        ty.clone(),
        &|token| matches!(token, TokenTree::Punct(punct) if "&'".contains(punct.as_char())),
    )
}

/// Adds a lifetime bound to a type or a lifetime.
///
/// The bound goes where the other bounds of a parameter are: a lint reports parameters that have
/// bounds in two places.
fn add_bound(generics: &mut Generics, bounded: &TokenStream, lifetime: &Lifetime) {
    for param in &mut generics.params {
        match param {
            GenericParam::Type(param)
                if !param.bounds.is_empty() && param.ident == bounded.to_string() =>
            {
                return param.bounds.push(parse_quote!(#lifetime));
            }
            GenericParam::Lifetime(param)
                if !param.bounds.is_empty()
                    && param.lifetime.to_string() == bounded.to_string() =>
            {
                return param.bounds.push(lifetime.clone());
            }
            _ => {}
        }
    }
    let predicates = &mut generics.make_where_clause().predicates;
    predicates.push(parse_quote!(#bounded: #lifetime));
}

/// Whether an argument contains `Self`. `&self` does not count: the reference already implies that
/// `Self` outlives it.
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
    any_token(
        tokens,
        &|token| matches!(token, TokenTree::Ident(ident) if ident == "Self"),
    )
}

/// Whether the type of an argument contains an `impl Trait`.
pub(crate) fn has_impl_trait(input: &FnArg) -> bool {
    struct FindImplTrait(bool);
    impl VisitMut for FindImplTrait {
        fn visit_type_impl_trait_mut(&mut self, _: &mut TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut find = FindImplTrait(false);
    find.visit_fn_arg_mut(&mut input.clone());
    find.0
}

/// Adds a lifetime bound to each `impl Trait` of an argument.
struct AddBound<'a>(&'a Lifetime);

impl VisitMut for AddBound<'_> {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        let lifetime = self.0;
        ty.bounds.push(parse_quote!(#lifetime));
    }
}

/// Calls `visit` with each visible lifetime of the arguments, and of `self`. It may change them.
fn visit_inputs(sig: &mut Signature, visit: &mut dyn FnMut(&mut Lifetime)) {
    for input in &mut sig.inputs {
        match input {
            FnArg::Typed(typed) => visit_type(&mut typed.ty, visit),
            FnArg::Receiver(receiver) => match &mut receiver.kind {
                ReceiverKind::Reference(and, lifetime, _) => {
                    visit_reference(and.span, lifetime, visit)
                }
                ReceiverKind::Typed(_, ty) => visit_type(ty, visit),
                _ => {}
            },
        }
    }
}

fn visit_type(ty: &mut Type, visit: &mut dyn FnMut(&mut Lifetime)) {
    let mut visitor = LifetimeVisitor {
        visit,
        bound: Vec::new(),
        in_fn_signature: false,
    };
    visitor.visit_type_mut(ty);
}

/// Calls `visit` with the lifetime of a reference, or with `'_` if it is elided.
fn visit_reference(
    and: Span,
    lifetime: &mut Option<Lifetime>,
    visit: &mut dyn FnMut(&mut Lifetime),
) {
    let mut explicit = lifetime.take().unwrap_or_else(|| Lifetime::new("'_", and));
    if explicit.ident != "static" {
        visit(&mut explicit);
    }
    *lifetime = (explicit.ident != "_").then_some(explicit);
}

/// Visits the lifetimes in a type, except those that the type binds itself.
struct LifetimeVisitor<'a> {
    /// Is called with each lifetime.
    visit: &'a mut dyn FnMut(&mut Lifetime),
    /// The lifetimes of the surrounding `for<…>`s.
    bound: Vec<Lifetime>,
    /// Whether the visitor is in a function pointer or an `Fn(…)`, which binds the elided lifetimes
    /// in its signature.
    in_fn_signature: bool,
}

impl LifetimeVisitor<'_> {
    /// Visits a part of the type in which the lifetimes of a `for<…>` are bound.
    fn with_bound(&mut self, bound: Option<&BoundLifetimes>, visit: impl FnOnce(&mut Self)) {
        let outer = self.bound.len();
        for param in bound.iter().flat_map(|bound| &bound.lifetimes) {
            if let GenericParam::Lifetime(param) = param {
                self.bound.push(param.lifetime.clone());
            }
        }
        visit(self);
        self.bound.truncate(outer);
    }

    /// Whether the type itself binds a lifetime.
    fn is_bound(&self, lifetime: &Lifetime) -> bool {
        (lifetime.ident == "_" && self.in_fn_signature) || self.bound.contains(lifetime)
    }
}

impl VisitMut for LifetimeVisitor<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident != "static" && !self.is_bound(lifetime) {
            (self.visit)(lifetime);
        }
    }

    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        let is_bound = match &ty.lifetime {
            Some(lifetime) => self.is_bound(lifetime),
            None => self.in_fn_signature,
        };
        if !is_bound {
            visit_reference(ty.and_token.span, &mut ty.lifetime, self.visit);
        }
        self.visit_type_mut(&mut ty.elem);
    }

    fn visit_type_fn_ptr_mut(&mut self, ty: &mut TypeFnPtr) {
        let outer = std::mem::replace(&mut self.in_fn_signature, true);
        let bound = ty.lifetimes.clone();
        self.with_bound(bound.as_ref(), |visitor| {
            ty.lifetimes = None;
            visit_mut::visit_type_fn_ptr_mut(visitor, ty);
        });
        ty.lifetimes = bound;
        self.in_fn_signature = outer;
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        arguments: &mut ParenthesizedGenericArguments,
    ) {
        let outer = std::mem::replace(&mut self.in_fn_signature, true);
        visit_mut::visit_parenthesized_generic_arguments_mut(self, arguments);
        self.in_fn_signature = outer;
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        self.with_bound(bound.lifetimes.clone().as_ref(), |visitor| {
            visitor.visit_path_mut(&mut bound.path);
        });
    }

    /// Skips the lengths of arrays.
    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}
