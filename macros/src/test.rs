//! The attribute `#[smartcall::test]`.
//!
//! The function stays unchanged. A module with the same name contains a test for each caller. Which
//! callers exist depends on the features of smartcall, which this crate cannot see, so hidden macros
//! of smartcall decide.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Path, ReturnType, Safety, Signature, Type};

use crate::errors::Errors;
use crate::expand::item;
use crate::parse::attributes::is_test;
use crate::parse::function::Function;
use crate::parse::option_list::{crate_path, parse_comma_separated, parse_path, report_duplicate};
use crate::parse::time_limit::{self, Limit};
use crate::span::mixed_site_at;

/// The callers, in the order of their tests.
const CALLERS: [&str; 5] = ["sync", "shim", "foreign", "tokio", "current_thread"];

/// The caller that is meant only if it is named: in its runtime a body may await, and not block.
const CURRENT_THREAD: &str = "current_thread";

/// Expands `#[smartcall::test]`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = parse_options(options, &mut errors);
    item::expand_with(item, errors, |attrs, input, errors| {
        if Function::peek(input) {
            let function = Function::parse(attrs, input)?;
            return Ok(tests(function, &options, errors));
        }
        item::unsupported("#[smartcall::test]", "a function", &attrs, input, errors)
    })
}

/// The options of the attribute.
#[derive(Default)]
struct Options {
    /// The callers that are named. If none is, all are meant.
    callers: Vec<Ident>,
    /// The path of the smartcall crate.
    krate: Option<Path>,
    limit: Option<Limit>,
}

/// Parses the options.
fn parse_options(tokens: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    parse_comma_separated(tokens, errors, |input, errors| {
        let name = input.call(Ident::parse_any)?;
        if name == "crate" {
            return parse_path(&name, &mut options.krate, input, errors);
        }
        if name == "timeout" {
            return time_limit::parse(&name, &mut options.limit, input, errors);
        }
        if !CALLERS.iter().any(|known| name == known) {
            errors.push_spanned(
                &name,
                format!(
                    "`#[smartcall::test]` has no caller `{name}`: use `sync`, `shim`, `foreign`, \
                     `tokio` or `current_thread`"
                ),
            );
        } else if options.callers.contains(&name) {
            report_duplicate(&name, true, errors);
        } else {
            options.callers.push(name);
        }
        Ok(())
    });
    options
}

/// Returns the function, and the module with its tests.
fn tests(mut function: Function, options: &Options, errors: &mut Errors) -> TokenStream {
    if !check(&function, errors) {
        // The compiler would report a second error about a function without a body.
        return function
            .body
            .as_ref()
            .map_or_else(TokenStream::new, |_| quote!(#function));
    }
    let is_sync = function.sig.asyncness.is_none();
    let named = options
        .callers
        .iter()
        .find(|caller| *caller == CURRENT_THREAD);
    if let Some(named) = named.filter(|_| is_sync) {
        errors.push_spanned(
            named,
            "the caller `current_thread` is for an `async fn`: in a current-thread runtime a `.get()` panics, and a \
             sync body can't await",
        );
    }
    let (test_attrs, function_attrs): (Vec<_>, Vec<_>) =
        function.attrs.into_iter().partition(belongs_to_test);
    function.attrs = function_attrs;
    let name = &function.sig.ident;
    let span = mixed_site_at(name.span());
    let asyncness = match function.sig.asyncness {
        Some(_) => quote_spanned!(span=> asynchronous),
        None => quote_spanned!(span=> blocking),
    };
    // `#[should_panic]` requires a test that returns `()`, and not an `impl Trait`.
    let returns_nothing = match &function.sig.output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => is_unit(ty),
    };
    let (output, end) = if returns_nothing {
        (TokenStream::new(), quote_spanned!(span=> ;))
    } else {
        let output = quote_spanned!(span=> -> impl ::std::process::Termination);
        (output, TokenStream::new())
    };
    let tests = CALLERS.iter().filter_map(|caller| {
        if is_sync && *caller == CURRENT_THREAD {
            return None;
        }
        // If a feature for the caller is missing, `chosen` is an error, and `known` adds no test.
        let given = options.callers.iter().find(|chosen| chosen == caller);
        let (wanted, span) = match given {
            Some(given) => ("chosen", mixed_site_at(given.span())),
            None if options.callers.is_empty() && *caller != CURRENT_THREAD => ("known", span),
            None => return None,
        };
        let krate = crate_path(options.krate.as_ref(), span);
        let (wanted, caller) = (Ident::new(wanted, span), Ident::new(caller, span));
        let test = quote_spanned!(span=> #krate::__private::caller::#caller::#asyncness(super::#name));
        let test = match options.limit.unwrap_or_default() {
            Limit::Off => test,
            Limit::Millis(millis) => quote_spanned! {span=>
                #krate::__private::limit::within(::core::time::Duration::from_millis(#millis), || #test)
            },
        };
        Some(quote_spanned! {span=>
            #krate::__private::#caller! {
                #wanted
                #(#test_attrs)*
                #[::core::prelude::v1::test]
                fn #caller() #output {
                    #test #end
                }
            }
        })
    });
    quote_spanned! {span=>
        #[cfg(test)]
        #function

        #[cfg(test)]
        mod #name {
            #(#tests)*
        }
    }
}

/// Whether an attribute belongs to the tests, and not to the function.
///
/// `cfg` and `cfg_attr` are not considered: the compiler evaluates them before it expands this macro.
fn belongs_to_test(attr: &Attribute) -> bool {
    attr.path().is_ident("ignore") || attr.path().is_ident("should_panic")
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Checks that the function can be a test. Reports each reason why it can't.
fn check(function: &Function, errors: &mut Errors) -> bool {
    let Signature {
        constness,
        safety,
        abi,
        generics,
        inputs,
        ..
    } = &function.sig;
    let mut reject = |tokens: &dyn ToTokens, message: &str| {
        errors.push_spanned(tokens.to_token_stream(), message);
        false
    };
    let mut is_valid = true;
    if let Some(constness) = constness {
        is_valid = reject(constness, "a test can't be a `const fn`: remove `const`");
    }
    if let Safety::Unsafe(unsafety) = safety {
        is_valid = reject(
            unsafety,
            "a test can't be an `unsafe fn`: remove `unsafe`, and use an `unsafe` block inside",
        );
    }
    if let Some(abi) = abi {
        is_valid = reject(abi, "a test can't be an `extern` function: remove `extern`");
    }
    if !generics.params.is_empty() {
        is_valid = reject(
            &generics.params,
            "a test can't be generic: remove the generic parameters, and call a generic function in the body",
        );
    }
    if !inputs.is_empty() {
        is_valid = reject(
            inputs,
            "a test takes no arguments: remove them, and create what is needed in the body",
        );
    }
    if let Some(test) = function.attrs.iter().find(|attr| is_test(attr)) {
        is_valid = reject(
            test,
            "`#[smartcall::test]` adds `#[test]` itself: remove `#[test]`",
        );
    }
    if function.body.is_none() {
        is_valid = reject(&function.sig, "a test needs a body: add one");
    }
    is_valid
}
