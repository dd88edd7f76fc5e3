use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Path, Token};

use crate::errors::Errors;

/// What is written in `#[smart(…)]`. A flag holds the place where it is written.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Return a boxed handle, whose type has a name.
    pub(crate) boxed: Option<Span>,
    /// Let the boxed work be one that is not `Send`.
    pub(crate) local: Option<Span>,
    /// Run the sync code on the thread of the caller, always.
    pub(crate) in_place: Option<Span>,
    /// Promise that the work is `Send`.
    pub(crate) send: Option<Span>,
    /// Leave the function of a block as it is.
    pub(crate) skip: Option<Span>,
    /// The sync twin of an async function.
    pub(crate) blocking: Option<Path>,
    /// The path of the crate smartcall.
    pub(crate) krate: Option<Path>,
}

/// The names of the options, as an error lists them.
const ALL: &str =
    "`boxed`, `local`, `in_place`, `send`, `skip`, `blocking = function` or `crate = path`";

impl Options {
    /// Parses the tokens between the parentheses.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Options::default();
        let parser = |input: ParseStream| {
            while !input.is_empty() {
                options.parse_one(input, errors)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
        options.check(errors);
        options
    }

    /// Takes out the options that don't go together.
    fn check(&mut self, errors: &mut Errors) {
        if let (Some(local), None) = (self.local, self.boxed) {
            errors.at_span(
                local,
                "`local` needs `boxed`: write `#[smart(boxed, local)]`, or remove `local`",
            );
            // That is what it is to be.
            self.boxed = self.local;
        }
        if let (Some(send), Some(_)) = (self.send, self.boxed) {
            let message = match self.local {
                Some(_) => {
                    "`send` contradicts `local`: remove `send`, and `local` as well if the handle is to be `Send`"
                }
                None => "a `boxed` handle is `Send` as it is: remove `send`",
            };
            errors.at_span(send, message);
            self.send = None;
        }
        if let (Some(skip), true) = (self.skip, self.names_another()) {
            errors.at_span(
                skip,
                "`skip` leaves the function as it is: remove the other options, or remove `skip`",
            );
        }
    }

    fn parse_one(&mut self, input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
        let name = input.call(Ident::parse_any)?;
        let flag = match name.to_string().as_str() {
            "boxed" => &mut self.boxed,
            "local" => &mut self.local,
            "in_place" => &mut self.in_place,
            "send" => &mut self.send,
            "skip" => &mut self.skip,
            "blocking" => return parse_path(&name, &mut self.blocking, input, errors),
            "crate" => return parse_path(&name, &mut self.krate, input, errors),
            _ => {
                errors.at(
                    &name,
                    format!("`#[smart]` has no option `{name}`: use one of {ALL}"),
                );
                return skip_one(input);
            }
        };
        if flag.is_some() {
            errors.at(&name, given_twice(&name));
        }
        *flag = Some(name.span());
        if input.peek(Token![=]) || input.peek(syn::token::Paren) {
            errors.at(
                &name,
                format!("`{name}` takes no value: write `{name}` alone"),
            );
            skip_one(input)?;
        }
        Ok(())
    }

    /// Whether there is an option other than `skip` and `crate`.
    fn names_another(&self) -> bool {
        let flags = [self.boxed, self.local, self.in_place, self.send];
        flags.iter().any(Option::is_some) || self.blocking.is_some()
    }

    /// The path of the crate smartcall, to be used at a place.
    ///
    /// Ours is written as if it stood there, so that the compiler points there and nowhere else.
    pub(crate) fn krate(&self, span: Span) -> TokenStream {
        match &self.krate {
            Some(path) => path.to_token_stream(),
            None => quote_spanned!(span=> ::smartcall),
        }
    }
}

/// Parses the `= path` of an option.
pub(crate) fn parse_path(
    name: &Ident,
    option: &mut Option<Path>,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<()> {
    if option.is_some() {
        errors.at(name, given_twice(name));
    }
    if !input.peek(Token![=]) {
        errors.at(name, needs_path(name));
        return skip_one(input);
    }
    input.parse::<Token![=]>()?;
    let path = input.call(Path::parse_mod_style);
    *option = Some(path.map_err(|error| syn::Error::new(error.span(), needs_path(name)))?);
    Ok(())
}

fn needs_path(name: &Ident) -> String {
    let what = if name == "blocking" {
        "the sync function that does the same"
    } else {
        "the crate's name"
    };
    format!("`{name}` needs {what}: write `{name} = path::to::it`, without quotes")
}

fn given_twice(name: &Ident) -> String {
    format!("`{name}` is given twice: remove one of them")
}

/// Goes on to the next comma.
fn skip_one(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
