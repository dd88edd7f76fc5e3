//! The attribute `#[smartcall::test]`.
//!
//! The function stays what it is, and a module of its name, which can stand beside it, has a test
//! for each caller. Which callers there are is up to the features of smartcall, of which we know
//! nothing: hidden macros of that crate decide.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, ReturnType, Safety, Signature, Token, Type};

use crate::errors::Errors;
use crate::expand::{at, describe};
use crate::function::Function;
use crate::options::{Options, parse_path};

/// The callers, in the order in which they are run.
const CALLERS: [&str; 4] = ["sync", "shim", "foreign", "tokio"];

/// Expands `#[smartcall::test]`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let (chosen, crate_path) = parse_options(options, &mut errors);
    let original = item.clone();
    let parser = |input: ParseStream| {
        let attrs = input.call(Attribute::parse_outer)?;
        if Function::is_next(input) {
            let function = Function::parse(attrs, input)?;
            return Ok(tests(function, &chosen, &crate_path, &mut errors));
        }
        let item: TokenStream = input.parse()?;
        errors.at(
            &item,
            format!(
                "`#[smartcall::test]` can't be on {}: put it on a function",
                describe(item.clone())
            ),
        );
        Ok(quote!(#(#attrs)* #item))
    };
    let expanded = parser.parse2(item).unwrap_or_else(|error| {
        errors.push(error);
        original
    });
    let errors = errors.into_items();
    quote!(#expanded #errors)
}

/// Parses the callers that are asked for by name, and the path of smartcall.
fn parse_options(options: TokenStream, errors: &mut Errors) -> (Vec<Ident>, Options) {
    let mut callers: Vec<Ident> = Vec::new();
    let mut crate_path = Options::default();
    let parser = |input: ParseStream| {
        while !input.is_empty() {
            let caller = input.call(Ident::parse_any)?;
            if caller == "crate" {
                parse_path(&caller, &mut crate_path.krate, input, errors)?;
            } else if !CALLERS.iter().any(|known| caller == known) {
                errors.at(
                    &caller,
                    format!(
                        "`#[smartcall::test]` has no caller `{caller}`: use `sync`, `shim`, \
                         `foreign` or `tokio`"
                    ),
                );
            } else if callers.contains(&caller) {
                errors.at(
                    &caller,
                    format!("`{caller}` is given twice: remove one of them"),
                );
            } else {
                callers.push(caller);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(options) {
        errors.push(error);
    }
    (callers, crate_path)
}

/// The function, and the module of its tests.
fn tests(
    mut function: Function,
    chosen: &[Ident],
    crate_path: &Options,
    errors: &mut Errors,
) -> TokenStream {
    if !check(&function, errors) {
        // Without a body it would only be told once more that there is none.
        return function
            .body
            .as_ref()
            .map_or_else(TokenStream::new, |_| quote!(#function));
    }
    let (of_tests, of_function): (Vec<_>, Vec<_>) =
        function.attrs.into_iter().partition(is_of_tests);
    function.attrs = of_function;
    let name = &function.sig.ident;
    let span = at(name.span());
    let asyncness = match function.sig.asyncness {
        Some(_) => quote_spanned!(span=> asynchronous),
        None => quote_spanned!(span=> blocking),
    };
    // `#[should_panic]` wants a test that visibly returns nothing.
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
        let given = chosen.iter().find(|chosen| chosen == caller);
        let (wanted, span) = match given {
            Some(given) => ("chosen", at(given.span())),
            None if chosen.is_empty() => ("known", span),
            None => return None,
        };
        let krate = crate_path.krate(span);
        let (wanted, caller) = (Ident::new(wanted, span), Ident::new(caller, span));
        Some(quote_spanned! {span=>
            #krate::__private::#caller! {
                #wanted
                #(#of_tests)*
                #[::core::prelude::v1::test]
                fn #caller() #output {
                    #krate::__private::caller::#caller::#asyncness(super::#name) #end
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

/// Whether an attribute is about tests, and not about the function.
///
/// A `cfg` or a `cfg_attr` is none of our business: the compiler is done with them before it asks us.
fn is_of_tests(attr: &Attribute) -> bool {
    attr.path().is_ident("ignore") || attr.path().is_ident("should_panic")
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Whether the function can be a test. It says why not.
fn check(function: &Function, errors: &mut Errors) -> bool {
    let Signature {
        constness,
        safety,
        abi,
        generics,
        inputs,
        ..
    } = &function.sig;
    let mut refuse = |tokens: &dyn ToTokens, message: &str| {
        errors.at(tokens.to_token_stream(), message);
        false
    };
    let mut fine = true;
    if let Some(constness) = constness {
        fine = refuse(constness, "a test can't be a `const fn`: remove `const`");
    }
    if let Safety::Unsafe(unsafety) = safety {
        fine = refuse(
            unsafety,
            "a test can't be an `unsafe fn`: remove `unsafe`, and use an `unsafe` block inside",
        );
    }
    if let Some(abi) = abi {
        fine = refuse(abi, "a test can't be an `extern` function: remove `extern`");
    }
    if !generics.params.is_empty() {
        fine = refuse(
            &generics.params,
            "a test can't be generic: remove the parameters, and call a generic function from it",
        );
    }
    if !inputs.is_empty() {
        fine = refuse(
            inputs,
            "a test takes no arguments: remove them, and make what is needed in the body",
        );
    }
    if let Some(test) = function.attrs.iter().find(|attr| is_test(attr)) {
        fine = refuse(
            test,
            "`#[smartcall::test]` makes the tests itself: remove `#[test]`",
        );
    }
    if function.body.is_none() {
        fine = refuse(&function.sig, "a test needs a body: add one");
    }
    fine
}

/// Whether an attribute is a `#[test]` of any crate.
fn is_test(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "test")
}
