//! Plain functions beside those that return handles: the option `twin`.
//!
//! A function gets another one beside it, which resolves its handle. An `impl` block gets a module with a type that holds the one of the
//! block, and has its public functions. Their `impl` block stands beside that of the user, so that types, visibilities and
//! lifetimes are written as there.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, FnArg, GenericParam, ImplItemConst, ItemImpl, Pat, Path, Receiver,
    ReceiverKind, ReturnType, Safety, Signature, Type, TypeParamBound, Visibility,
};

use crate::errors::Errors;
use crate::expand::rename_self::{rename_self, renamed_self};
use crate::expand::stream_form::StreamForm;
use crate::expand::twin_types::TwinTypes;
use crate::expand::{check, function, lifetimes};
use crate::parse::attributes::cfg_of_argument;
use crate::parse::boxed_future::BoxedFuture;
use crate::parse::context::{Container, Context, OptionSource, param_name};
use crate::parse::function::Function;
use crate::parse::options::Options;
use crate::parse::twin::Twin;
use crate::span::mixed_site_at;

/// What the function behind a plain one returns.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Returns {
    /// The value.
    Value,
    /// A future, as an `async fn` does that stays as it is.
    Future,
    /// A handle.
    Handle,
}

impl Returns {
    /// What leaves such a function out of a twin, and otherwise as it is.
    fn left_out(self) -> &'static str {
        match self {
            Returns::Handle => "`#[smart(no_twin)]`",
            Returns::Value | Returns::Future => "`#[smart(skip)]`",
        }
    }
}

/// Expands a function, and a plain one beside it if the options say so.
pub(crate) fn expand(
    function: Function,
    options: &Options,
    context: &Context,
    errors: &mut Errors,
) -> TokenStream {
    // A function that is expanded later has its twin already.
    let Some(twin) = options.twin.as_ref().filter(|_| options.deferred.is_none()) else {
        return function::expand(function, options, context, errors);
    };
    let plain = beside(&function, twin, options, context, errors);
    let is_kept = twin.keep_async.is_some() && function.sig.asyncness.is_some();
    let function = match is_kept {
        true => function.into_token_stream(),
        false => function::expand(function, options, context, errors),
    };
    quote!(#function #plain)
}

/// Returns a plain function beside a function.
fn beside(
    function: &Function,
    twin: &Twin,
    options: &Options,
    context: &Context,
    errors: &mut Errors,
) -> TokenStream {
    if context.container.is_trait_or_trait_impl() {
        errors.push_at(
            twin.name.span(),
            "a trait has only the functions that it declares, so none can be made beside one: write it, with a body that calls \
             `.get()`",
        );
        return TokenStream::new();
    }
    if let Some((span, _)) = twin.derive {
        errors.push_at(
            span,
            "`derive` is for the type that a twin of an `impl` block has: remove it",
        );
    }
    let returns = match twin.keep_async {
        Some(_) if function.sig.asyncness.is_some() => Returns::Future,
        Some(span) => {
            errors.push_at(span, "`keep_async` is for an `async fn`: remove it");
            Returns::Handle
        }
        None => Returns::Handle,
    };
    let name = &function.sig.ident;
    let receiver = function.sig.receiver();
    let mut plain = function.clone();
    plain.sig.ident = twin.name.clone();
    if let Some(vis) = &twin.vis {
        plain.vis = vis.clone();
    }
    let is_method = receiver.is_some() || matches!(context.container, Container::InherentImpl(_));
    let callee = match is_method {
        true => quote!(Self::#name),
        false => quote!(#name),
    };
    let this = receiver.map(|receiver| {
        let this = receiver.self_token;
        quote!(#this)
    });
    let types = TwinTypes::new(None, &twin.types);
    let call = Call {
        callee,
        this,
        is_held: false,
        types: &types,
    };
    let source = context.option_source;
    let plain = plain_function(plain, &call, returns, options, source, errors);
    types.report_unused(errors);
    plain
}

/// A module beside an `impl` block, while the functions of the block are expanded.
pub(crate) struct Block {
    twin: Twin,
    block: ItemImpl,
    /// The type of the block.
    path: Path,
    /// The types in the signatures that have twins.
    types: TwinTypes,
    cfgs: Vec<Attribute>,
    content: TokenStream,
}

impl Block {
    /// Reads the part of a block that is before its braces.
    pub(crate) fn new(
        twin: &Twin,
        attrs: &[Attribute],
        head: &TokenStream,
        errors: &mut Errors,
    ) -> Option<Self> {
        let block = syn::parse2::<ItemImpl>(quote!(#head {})).ok();
        let Some(block) = block.filter(|block| block.trait_.is_none()) else {
            errors.push_at(
                twin.name.span(),
                "`twin` can't be used on a trait, which has only the functions that it declares, nor on an `impl` block of \
                 one: put it on an `impl` block of the type, or write a trait with plain functions whose bodies call `.get()`",
            );
            return None;
        };
        let path = match &*block.self_ty {
            Type::Path(ty) if ty.qself.is_none() => Some(ty.path.clone()),
            _ => None,
        };
        let is_named = |path: &Path| {
            let first = path.segments.first();
            first.is_some_and(|first| first.ident != "self" && first.ident != "super")
        };
        let Some(path) = path.filter(is_named) else {
            errors.push_spanned(
                &block.self_ty,
                "`twin` makes a module, in which this type has another path: name the type without `self::` and `super::`",
            );
            return None;
        };
        Some(Block {
            types: TwinTypes::new(Some((*block.self_ty).clone()), &twin.types),
            twin: twin.clone(),
            path,
            block,
            cfgs: attrs
                .iter()
                .filter(|attr| attr.path().is_ident("cfg"))
                .cloned()
                .collect(),
            content: TokenStream::new(),
        })
    }

    /// Whether the functions of the block stay as they are.
    pub(crate) fn keeps_async(&self) -> bool {
        self.twin.keep_async.is_some()
    }

    /// Adds a function of the block, if it is not private.
    pub(crate) fn add(
        &mut self,
        function: &Function,
        returns: Returns,
        options: &Options,
        option_source: OptionSource,
        errors: &mut Errors,
    ) {
        if matches!(function.vis, Visibility::Inherited) {
            return;
        }
        let (self_ty, name) = (&self.block.self_ty, &function.sig.ident);
        let receiver = function.sig.receiver();
        if let Some(receiver) = receiver.filter(|receiver| is_typed(receiver)) {
            return errors.push_spanned(
                receiver,
                format!(
                    "a twin holds its type by value, so it can't pass on this receiver: write `self`, `&self` or `&mut self`, \
                     or leave the function out of the twin by {}",
                    returns.left_out(),
                ),
            );
        }
        let call = Call {
            callee: quote!(<#self_ty>::#name),
            this: receiver.map(held),
            is_held: true,
            types: &self.types,
        };
        let plain = function.clone();
        let plain = plain_function(plain, &call, returns, options, option_source, errors);
        self.content.extend(plain);
    }

    /// Adds a constant of the block, if it is one. A private one may be needed in a signature.
    pub(crate) fn add_constant(&mut self, tokens: &TokenStream) {
        let Ok(constant) = syn::parse2::<ImplItemConst>(tokens.clone()) else {
            return;
        };
        let ImplItemConst {
            attrs,
            vis,
            ident,
            ty,
            ..
        } = constant;
        let (attrs, self_ty) = (carried_over(attrs), &self.block.self_ty);
        self.content.extend(
            quote!(#(#attrs)* #[allow(dead_code)] #vis const #ident: #ty = <#self_ty>::#ident;),
        );
    }

    /// Returns the module, and the `impl` block of its type.
    pub(crate) fn finish(self, errors: &mut Errors) -> TokenStream {
        if self.content.is_empty() && !errors.has_any() {
            errors.push_at(
                self.twin.name.span(),
                "this twin has no function, since private ones are not in it: give the functions a visibility, such as `pub`",
            );
        }
        self.types.report_unused(errors);
        let Block {
            twin,
            block,
            path,
            types: _,
            cfgs,
            content,
        } = self;
        let Some(last) = path.segments.last() else {
            return TokenStream::new();
        };
        let (module, name) = (&twin.name, &last.ident);
        let span = mixed_site_at(module.span());
        let vis = twin.vis.unwrap_or_else(|| syn::parse_quote!(pub));
        let generics = &block.generics;
        let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
        let is_absolute = path.leading_colon.is_some()
            || path
                .segments
                .first()
                .is_some_and(|first| first.ident == "crate");
        let path = match is_absolute {
            true => quote!(#path),
            false => quote!(super::#path),
        };
        let docs = [
            format!(" `{name}` for sync code."),
            format!(" `{name}` for sync code: its functions return when their values are there."),
        ];
        let [module_docs, type_docs] = docs;
        let derive = twin.derive.map(|(_, derive)| derive);
        let debug = (!derive
            .iter()
            .any(|derive| derive.to_string().contains("Debug")))
        .then(|| {
            quote_spanned! {span=>
                impl #impl_generics ::core::fmt::Debug for #name #ty_generics #where_clause {
                    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        f.debug_struct(::core::stringify!(#name)).finish_non_exhaustive()
                    }
                }
            }
        });
        quote_spanned! {span=>
            #(#cfgs)*
            #[doc = #module_docs]
            #vis mod #module {
                #[allow(unused_imports)]
                use super::*;

                #[doc = #type_docs]
                #derive
                pub struct #name #generics (pub(super) #path) #where_clause;

                #debug

                impl #impl_generics ::core::convert::From<#path> for #name #ty_generics #where_clause {
                    fn from(held: #path) -> Self {
                        Self(held)
                    }
                }

                impl #impl_generics ::core::convert::AsRef<#path> for #name #ty_generics #where_clause {
                    fn as_ref(&self) -> &#path {
                        &self.0
                    }
                }

                impl #impl_generics ::core::convert::AsMut<#path> for #name #ty_generics #where_clause {
                    fn as_mut(&mut self) -> &mut #path {
                        &mut self.0
                    }
                }

                impl #impl_generics ::core::convert::From<#name #ty_generics> for #path #where_clause {
                    fn from(twin: #name #ty_generics) -> Self {
                        twin.0
                    }
                }
            }

            #(#cfgs)*
            impl #impl_generics #module::#name #ty_generics #where_clause { #content }
        }
    }
}

/// A call of the function behind a plain one.
struct Call<'a> {
    callee: TokenStream,
    /// What is passed as `self`.
    this: Option<TokenStream>,
    /// Whether the plain function is one of a type that holds the other one's.
    is_held: bool,
    /// The types in its signature that have twins.
    types: &'a TwinTypes,
}

fn is_typed(receiver: &Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Typed(..))
}

/// Returns what is passed as `self` to a function of the type that is held.
fn held(receiver: &Receiver) -> TokenStream {
    let this = receiver.self_token;
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => quote!(&#mutability #this.0),
        _ => quote!(#this.0),
    }
}

/// Returns a function that calls another one with the same arguments, and waits for its value.
fn plain_function(
    plain: Function,
    call: &Call<'_>,
    returns: Returns,
    options: &Options,
    option_source: OptionSource,
    errors: &mut Errors,
) -> TokenStream {
    let Function {
        attrs,
        vis,
        mut sig,
        ..
    } = plain;
    if returns == Returns::Value && waits(&sig.output) {
        errors.push_spanned(
            &sig.output,
            "this function returns what has to be resolved, so a twin can't return its value: make it an `async fn`, or one with \
             `#[smart(stream)]`, or leave it out of the twin by `#[smart(skip)]`",
        );
        return TokenStream::new();
    }
    if let Some(keyword) = unsupported(&sig) {
        errors.push_at(
            keyword,
            format!(
                "a twin can't have such a function: leave it out of the twin by {}, and write it by hand",
                returns.left_out(),
            ),
        );
        return TokenStream::new();
    }
    // Its errors are those of the function itself.
    let items = match (options.stream, returns) {
        (Some(_), Returns::Handle) => {
            match StreamForm::take(&mut sig, option_source, &mut Errors::default()) {
                None => return TokenStream::new(),
                items => items,
            }
        }
        _ => None,
    };
    let span = mixed_site_at(sig.ident.span());
    let krate = options.crate_path(span);
    let turbofish = turbofish(&sig);
    let Some(arguments) = arguments(&mut sig, call.types, returns, errors) else {
        return TokenStream::new();
    };
    let (callee, this) = (&call.callee, call.this.iter());
    let this = this.chain(&arguments);
    let value = quote_spanned!(span=> #callee #turbofish (#(#this),*));
    let value = match returns {
        Returns::Value => value,
        Returns::Future => {
            let handle = quote_spanned!(span=> #krate::Dual::future(#value));
            let handle = in_runtime(handle, &sig, call, options, errors);
            quote_spanned!(span=> #krate::Dual::get(#handle))
        }
        Returns::Handle if items.is_some() => {
            quote_spanned!(span=> ::core::iter::IntoIterator::into_iter(#value))
        }
        Returns::Handle => quote_spanned!(span=> #krate::Dual::get(#value)),
    };
    let future = match returns {
        Returns::Handle => BoxedFuture::from_signature(&sig),
        _ => None,
    };
    if let Some(BoxedFuture { output, .. }) = future {
        sig.output = syn::parse_quote!(-> #output);
    }
    let value = match &items {
        Some(items) => iterator(value, &items.item, &mut sig, call.types, span),
        None => match &sig.output {
            ReturnType::Type(_, ty) => call.types.put_in(value, ty),
            ReturnType::Default => Some(value),
        },
    };
    let Some(value) = value else {
        errors.push_spanned(
            &sig.output,
            format!(
                "a twin can't make this value, in which there is a type that has a twin: return that type, or a `Result` or an `Option` \
                 of it by these names, or leave the function out of the twin by {}",
                returns.left_out(),
            ),
        );
        return TokenStream::new();
    };
    call.types.replace(&mut sig);
    sig.asyncness = None;
    sig.constness = None;
    if let Some(FnArg::Receiver(receiver)) = sig.inputs.first_mut() {
        receiver.mutability = None;
    }
    let attrs = carried_over(attrs);
    quote_spanned! {span=>
        #(#attrs)*
        #[allow(deprecated, clippy::used_underscore_binding)]
        #[track_caller]
        #vis #sig { #value }
    }
}

/// Returns the handle of a function that stays as it is, in the runtime of the option `in_runtime`.
fn in_runtime(
    handle: TokenStream,
    sig: &Signature,
    call: &Call<'_>,
    options: &Options,
    errors: &mut Errors,
) -> TokenStream {
    let Some(runtime) = &options.in_runtime else {
        return handle;
    };
    if check::lacks_self(runtime, sig) {
        errors.push_spanned(&sig.ident, check::RUNTIME_LACKS_SELF);
        return handle;
    }
    let span = mixed_site_at(sig.ident.span());
    let krate = options.crate_path(span);
    // In the block `self` is what the twin holds.
    let this = sig.receiver().filter(|_| call.is_held).map(|receiver| {
        let token = receiver.self_token;
        let name = renamed_self(token.span);
        quote_spanned!(span=> let #name = &#token.0;)
    });
    let runtime = match this {
        Some(_) => rename_self(quote!(#runtime)),
        None => quote!(#runtime),
    };
    // Before the call takes the arguments.
    quote_spanned! {span=>
        {
            let __in_runtime = {
                #this
                #krate::__private::runtime(&(#runtime))
            };
            #krate::__private::in_runtime(#handle, __in_runtime)
        }
    }
}

/// Whether a function returns a handle or a future, by these names.
fn waits(output: &ReturnType) -> bool {
    const HANDLES: [&str; 4] = ["Dual", "DualOf", "DualStream", "DualStreamOf"];
    const TRAITS: [&str; 5] = ["Future", "IntoFuture", "Source", "Stream", "Work"];
    let is_one = |path: &Path, names: &[&str]| {
        let last = path.segments.last();
        last.is_some_and(|last| names.iter().any(|name| last.ident == name))
    };
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    match &**ty {
        Type::Path(ty) => is_one(&ty.path, &HANDLES),
        Type::ImplTrait(ty) => ty.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => is_one(&bound.path, &TRAITS),
            _ => false,
        }),
        _ => false,
    }
}

/// Makes the function return an iterator, and returns it.
fn iterator(
    items: TokenStream,
    item: &Type,
    sig: &mut Signature,
    types: &TwinTypes,
    span: Span,
) -> Option<TokenStream> {
    let name = Ident::new("item", span);
    let twin = types.put_in(quote!(#name), item)?;
    let output = quote_spanned!(span=> -> impl ::core::iter::Iterator<Item = #item>);
    sig.output = syn::parse2(output).ok()?;
    Some(match types.are_in(item) {
        true => quote_spanned!(span=> ::core::iter::Iterator::map(#items, |#name| #twin)),
        false => items,
    })
}

/// Returns the keyword of a function that a twin can't have.
fn unsupported(sig: &Signature) -> Option<Span> {
    let never = match &sig.output {
        ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => Some(sig.ident.span()),
        _ => None,
    };
    let cfg = sig.inputs.iter().find_map(cfg_of_argument);
    let is_unsafe = matches!(sig.safety, Safety::Unsafe(_)).then(|| sig.ident.span());
    is_unsafe
        .or(sig.abi.as_ref().map(|abi| abi.extern_token.span))
        .or(sig.variadic.as_ref().map(|dots| dots.dots.spans[0]))
        .or(cfg.map(|cfg| cfg.pound_token.span))
        .or(never)
}

/// Gives each argument a name, and returns the arguments of the call.
fn arguments(
    sig: &mut Signature,
    types: &TwinTypes,
    returns: Returns,
    errors: &mut Errors,
) -> Option<Vec<TokenStream>> {
    let mut arguments = Vec::new();
    for (number, input) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = input else {
            continue;
        };
        typed.attrs.clear();
        let name = match &*typed.pat {
            Pat::Ident(pat) => pat.ident.clone(),
            pat => format_ident!("argument_{number}", span = mixed_site_at(pat.span())),
        };
        *typed.pat = syn::parse_quote!(#name);
        let Some(argument) = types.take_out(&quote!(#name), &typed.ty) else {
            errors.push_spanned(
                &typed.ty,
                format!(
                    "a twin can't pass on this argument, in which there is a type that has a twin: take that type by value or by \
                     reference, or leave the function out of the twin by {}",
                    returns.left_out(),
                ),
            );
            return None;
        };
        arguments.push(argument);
    }
    Some(arguments)
}

/// Returns the type arguments of the call, which may be found nowhere else. An `impl Trait` excludes them.
fn turbofish(sig: &Signature) -> Option<TokenStream> {
    if sig.inputs.iter().any(lifetimes::has_impl_trait) {
        return None;
    }
    let params = sig.generics.params.iter();
    let mut names = params
        .filter(|param| !matches!(param, GenericParam::Lifetime(_)))
        .map(param_name)
        .peekable();
    names.peek()?;
    Some(quote!(::<#(#names),*>))
}

/// Returns the attributes that a plain function has, too: those that document it, or decide whether it exists.
fn carried_over(attrs: Vec<Attribute>) -> Vec<Attribute> {
    const NAMES: [&str; 5] = ["allow", "cfg", "deprecated", "doc", "must_use"];
    let is_carried = |attr: &Attribute| match attr.path().get_ident() {
        Some(name) if name == "cfg_attr" => is_of_docs(attr),
        Some(name) => NAMES.iter().any(|carried| name == carried),
        None => false,
    };
    attrs.into_iter().filter(is_carried).collect()
}

/// Whether a `cfg_attr` stands for an attribute of the docs.
fn is_of_docs(attr: &Attribute) -> bool {
    let parser = |input: syn::parse::ParseStream| {
        input.parse::<Expr>().ok();
        while !input.peek(syn::Token![,]) && !input.is_empty() {
            input.parse::<proc_macro2::TokenTree>()?;
        }
        input.parse::<syn::Token![,]>()?;
        let name = input.call(Ident::parse_any)?;
        input.parse::<TokenStream>()?;
        Ok(name == "doc")
    };
    attr.parse_args_with(parser).unwrap_or(false)
}
