//! The options of `#[smart]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Lit, Path, Token};

use crate::errors::Errors;
use crate::parse::context::Context;
use crate::parse::option_list::{
    crate_path, parse_comma_separated, parse_equals, parse_path, report_duplicate, skip_to_comma,
};
use crate::parse::precise_capture::PreciseCapture;
use crate::parse::twin::{self, Twin, TypeWithTwin};

/// The options in `#[smart(…)]`. A flag that is set holds the span of its name.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Return a boxed handle, whose type can be named.
    pub(crate) boxed: Option<Span>,
    /// Allow boxed work that is not `Send`.
    pub(crate) local: Option<Span>,
    /// Run sync code on the thread that resolves the handle, never on a pool.
    pub(crate) in_place: Option<Span>,
    /// Add the bound `Send` to the work.
    pub(crate) send: Option<Span>,
    /// Clone the borrowed arguments, so that the handle borrows nothing.
    pub(crate) owned: Option<Span>,
    /// The generic parameters that the type of the handle captures.
    pub(crate) precise_capture: Option<PreciseCapture>,
    /// Return a handle of many items.
    pub(crate) stream: Option<Span>,
    /// How many items of a blocking iterator are made ahead.
    pub(crate) ahead: Option<Expr>,
    /// The runtime that the work belongs to.
    pub(crate) in_runtime: Option<Expr>,
    /// Leave this function of an `impl` block or trait unchanged.
    pub(crate) skip: Option<Span>,
    /// Leave this function out of the twin of its block.
    pub(crate) no_twin: Option<Span>,
    /// The sync version of an async function.
    pub(crate) blocking: Option<Path>,
    /// What is made beside it, for sync code.
    pub(crate) twin: Option<Twin>,
    /// The path of the smartcall crate.
    pub(crate) crate_path: Option<Path>,
    /// The hidden option `__last`: the expansion was deferred until the other attributes were
    /// expanded, and the function has this context.
    pub(crate) deferred: Option<Context>,
}

/// The names of the options, for an error message.
const NAMES: &str = "`boxed`, `local`, `in_place`, `send`, `owned`, `use<..>`, `stream`, \
                     `ahead = number`, `in_runtime = handle`, `skip`, `blocking = function`, `twin = name`, `keep_async`, `derive(..)`, `types(..)`, `no_twin` or `crate = path`";

/// The error message for `ahead` without its number.
const MISSING_NUMBER: &str =
    "`ahead` needs a number of items that is not 0: write `ahead = 64`, or name a constant";

/// The error message for `in_runtime` without its handle.
const MISSING_RUNTIME: &str = "`in_runtime` needs the handle of a tokio runtime: write `in_runtime = self.runtime`, or \
     `in_runtime = smartcall::tokio::runtime()`";

impl Options {
    /// Parses the tokens between the parentheses.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Options::default();
        let mut of_twin = OfTwin::default();
        parse_comma_separated(tokens, errors, |input, errors| {
            options.parse_one(&mut of_twin, input, errors)
        });
        of_twin.add_to(&mut options.twin, errors);
        options.resolve_conflicts(errors);
        options
    }

    /// Reports options that conflict, and removes one of them.
    fn resolve_conflicts(&mut self, errors: &mut Errors) {
        if let (Some(local), None) = (self.local, self.boxed) {
            errors.push_at(
                local,
                "`local` needs `boxed`: write `#[smart(boxed, local)]`, or remove `local`",
            );
            // Continue as if `boxed` had been given.
            self.boxed = self.local;
        }
        if let (Some(send), Some(_)) = (self.send, self.boxed) {
            let message = match self.local {
                Some(_) => {
                    "`send` conflicts with `local`: remove `send`, and also `local` if the handle must be `Send`"
                }
                None => "a `boxed` handle is already `Send`: remove `send`",
            };
            errors.push_at(send, message);
            self.send = None;
        }
        if let (Some(capture), Some(_)) = (&self.precise_capture, self.boxed) {
            errors.push_at(
                capture.span,
                "`use<..>` is for an `impl Trait`, and a `boxed` handle has a named type: remove `use<..>`",
            );
            self.precise_capture = None;
        }
        self.resolve_conflicts_of_stream(errors);
        let keep_async = self.twin.as_ref().and_then(|twin| twin.keep_async);
        if let (Some(keep_async), true) = (keep_async, self.changes_the_handle()) {
            errors.push_at(
                keep_async,
                "`keep_async` leaves the function unchanged, so options about its handle have no effect: remove them, or remove \
                 `keep_async`",
            );
        }
        let is_changed =
            self.changes_the_handle() || self.in_runtime.is_some() || self.twin.is_some();
        if let (Some(skip), true) = (self.skip, is_changed) {
            errors.push_at(
                skip,
                "`skip` leaves the function unchanged, so the other options have no effect: remove them, or remove `skip`",
            );
        }
    }

    /// Reports options that conflict with `stream`, or need it, and removes them.
    fn resolve_conflicts_of_stream(&mut self, errors: &mut Errors) {
        if self.stream.is_none() {
            if let Some(ahead) = self.ahead.take() {
                errors.push_spanned(
                    ahead,
                    "`ahead` is for a stream: write `#[smart(stream, ahead = ..)]`, or remove `ahead`",
                );
            }
            return;
        }
        if let Some(path) = self.blocking.take() {
            errors.push_spanned(
                path,
                "`blocking` can't be used with `stream`: remove it, or write a function without the attribute \
                 that returns `DualStream::pair(iterator, stream)`",
            );
        }
        if let Some(in_place) = self.in_place.take() {
            errors.push_at(
                in_place,
                "`in_place` can't be used with `stream`: remove it, or, if no item has to be waited for, write a \
                 function without the attribute that returns `DualStream::ready(items)`",
            );
        }
    }

    fn parse_one(
        &mut self,
        of_twin: &mut OfTwin,
        input: ParseStream,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let name = input.call(Ident::parse_any)?;
        let flag = match name.to_string().as_str() {
            "boxed" => &mut self.boxed,
            "local" => &mut self.local,
            "in_place" => &mut self.in_place,
            "send" => &mut self.send,
            "owned" => &mut self.owned,
            "stream" => &mut self.stream,
            "skip" => &mut self.skip,
            "no_twin" => &mut self.no_twin,
            "keep_async" => &mut of_twin.keep_async,
            "twin" => {
                let is_given = self.twin.is_some();
                if parse_equals(&name, is_given, twin::MISSING_NAME, input, errors)? {
                    self.twin = Some(Twin::parse(input)?);
                }
                return Ok(());
            }
            "derive" => {
                report_duplicate(&name, of_twin.derive.is_some(), errors);
                of_twin.derive = Some((name.span(), twin::parse_derive(input)?));
                return Ok(());
            }
            "types" => {
                report_duplicate(&name, of_twin.types.is_some(), errors);
                of_twin.types = Some((name.span(), twin::parse_types(input)?));
                return Ok(());
            }
            "blocking" => return parse_path(&name, &mut self.blocking, input, errors),
            "crate" => return parse_path(&name, &mut self.crate_path, input, errors),
            "ahead" => return self.parse_ahead(&name, input, errors),
            "in_runtime" => return self.parse_in_runtime(&name, input, errors),
            "use" => return self.parse_precise_capture(&name, input, errors),
            "__last" => {
                let value;
                syn::parenthesized!(value in input);
                self.deferred = Some(Context::parse(&value)?);
                // This crate printed the value, so ignore anything that follows the context.
                return value.parse::<TokenStream>().map(drop);
            }
            _ => {
                errors.push_spanned(
                    &name,
                    format!("`#[smart]` has no option `{name}`: use one of {NAMES}"),
                );
                return skip_to_comma(input);
            }
        };
        report_duplicate(&name, flag.is_some(), errors);
        *flag = Some(name.span());
        if input.peek(Token![=]) || input.peek(syn::token::Paren) {
            errors.push_spanned(
                &name,
                format!("`{name}` takes no value: write `{name}` alone"),
            );
            skip_to_comma(input)?;
        }
        Ok(())
    }

    fn parse_ahead(
        &mut self,
        name: &Ident,
        input: ParseStream,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        if !parse_equals(name, self.ahead.is_some(), MISSING_NUMBER, input, errors)? {
            return Ok(());
        }
        let number: Expr = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), MISSING_NUMBER))?;
        if is_number(&number) {
            self.ahead = Some(number);
        } else {
            errors.push_spanned(number, MISSING_NUMBER);
        }
        Ok(())
    }

    fn parse_in_runtime(
        &mut self,
        name: &Ident,
        input: ParseStream,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        if parse_equals(
            name,
            self.in_runtime.is_some(),
            MISSING_RUNTIME,
            input,
            errors,
        )? {
            let runtime = input.parse::<Expr>();
            let runtime =
                runtime.map_err(|error| syn::Error::new(error.span(), MISSING_RUNTIME))?;
            self.in_runtime = Some(runtime);
        }
        Ok(())
    }

    fn parse_precise_capture(
        &mut self,
        name: &Ident,
        input: ParseStream,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        report_duplicate(name, self.precise_capture.is_some(), errors);
        match PreciseCapture::parse(name, input) {
            Ok(capture) => self.precise_capture = Some(capture),
            Err(_) => {
                errors.push_spanned(
                    name,
                    "`use` needs a list of the captured parameters: write `use<'a, T>`, or \
                     `use<>` for none",
                );
                skip_to_comma(input)?;
            }
        }
        Ok(())
    }

    /// Whether an option is set that is about the handle, and not also about what a twin does.
    pub(crate) fn changes_the_handle(&self) -> bool {
        let flags = [
            self.boxed,
            self.local,
            self.in_place,
            self.send,
            self.owned,
            self.stream,
        ];
        flags.iter().any(Option::is_some)
            || self.ahead.is_some()
            || self.blocking.is_some()
            || self.precise_capture.is_some()
    }

    /// Returns the path of the smartcall crate. The default path gets `span`.
    pub(crate) fn crate_path(&self, span: Span) -> TokenStream {
        crate_path(self.crate_path.as_ref(), span)
    }
}

/// The options that need `twin`, which may come after them.
#[derive(Default)]
struct OfTwin {
    keep_async: Option<Span>,
    derive: Option<(Span, TokenStream)>,
    types: Option<(Span, Vec<TypeWithTwin>)>,
}

impl OfTwin {
    fn add_to(self, twin: &mut Option<Twin>, errors: &mut Errors) {
        let derive = self.derive.as_ref().map(|(span, _)| ("derive", *span));
        let types = self.types.as_ref().map(|(span, _)| ("types", *span));
        let keep_async = self.keep_async.map(|span| ("keep_async", span));
        match twin {
            Some(twin) => {
                twin.keep_async = self.keep_async;
                twin.derive = self.derive;
                twin.types = self.types.map(|(_, types)| types).unwrap_or_default();
            }
            None => {
                for (name, span) in derive.into_iter().chain(types).chain(keep_async) {
                    errors.push_at(
                        span,
                        format!(
                            "`{name}` is for what `twin` makes: add `twin = blocking`, or remove it"
                        ),
                    );
                }
            }
        }
    }
}

/// Whether an expression may be a number other than 0.
fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => is_number(&group.expr),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_digits() != "0",
            _ => false,
        },
        _ => true,
    }
}

/// Prints the options as the user wrote them, for a `#[smart]` that is expanded later.
impl ToTokens for Options {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let flags = [
            ("boxed", self.boxed),
            ("local", self.local),
            ("in_place", self.in_place),
            ("send", self.send),
            ("owned", self.owned),
            ("stream", self.stream),
            ("skip", self.skip),
        ];
        for (name, span) in flags {
            if let Some(span) = span {
                let name = Ident::new(name, span);
                tokens.extend(quote!(#name,));
            }
        }
        if let Some(PreciseCapture { tokens: list, .. }) = &self.precise_capture {
            tokens.extend(quote!(#list,));
        }
        if let Some(number) = &self.ahead {
            tokens.extend(quote!(ahead = #number,));
        }
        if let Some(runtime) = &self.in_runtime {
            tokens.extend(quote!(in_runtime = #runtime,));
        }
        if let Some(path) = &self.blocking {
            tokens.extend(quote!(blocking = #path,));
        }
        if let Some(path) = &self.crate_path {
            tokens.extend(quote!(crate = #path,));
        }
        if let Some(context) = &self.deferred {
            tokens.extend(quote!(__last(#context)));
        }
    }
}
