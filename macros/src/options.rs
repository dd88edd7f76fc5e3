use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Path, Token};

use crate::errors::Errors;
use crate::place::{Captures, Place};

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
    /// Make the handle own what the function borrows.
    pub(crate) owned: Option<Span>,
    /// What the type of the handle captures.
    pub(crate) captures: Option<Captures>,
    /// Leave the function of a block as it is.
    pub(crate) skip: Option<Span>,
    /// The sync twin of an async function.
    pub(crate) blocking: Option<Path>,
    /// The path of the crate smartcall.
    pub(crate) krate: Option<Path>,
    /// Hidden: expand the function now, whatever attributes it has, as one of that place.
    pub(crate) last: Option<Place>,
}

/// The names of the options, as an error lists them.
const ALL: &str = "`boxed`, `local`, `in_place`, `send`, `owned`, `use<..>`, `skip`, \
                   `blocking = function` or `crate = path`";

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
        if let (Some(captures), Some(_)) = (&self.captures, self.boxed) {
            errors.at_span(
                captures.span,
                "a `boxed` handle has a type that captures nothing: remove `use<..>`",
            );
            self.captures = None;
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
            "owned" => &mut self.owned,
            "skip" => &mut self.skip,
            "blocking" => return parse_path(&name, &mut self.blocking, input, errors),
            "crate" => return parse_path(&name, &mut self.krate, input, errors),
            "use" => return self.parse_captures(&name, input, errors),
            "__last" => {
                let inside;
                syn::parenthesized!(inside in input);
                self.last = Some(Place::parse(&inside)?);
                // It is made by us, and so it ends here.
                return inside.parse::<TokenStream>().map(drop);
            }
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

    fn parse_captures(
        &mut self,
        name: &Ident,
        input: ParseStream,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        if self.captures.is_some() {
            errors.at(name, given_twice(name));
        }
        match Captures::parse(name, input) {
            Ok(captures) => self.captures = Some(captures),
            Err(_) => {
                errors.at(
                    name,
                    "`use` needs the parameters that the handle captures: write `use<'a, T>`, or \
                     `use<>` for none",
                );
                skip_one(input)?;
            }
        }
        Ok(())
    }

    /// Whether there is an option other than `skip` and `crate`.
    fn names_another(&self) -> bool {
        let flags = [self.boxed, self.local, self.in_place, self.send, self.owned];
        flags.iter().any(Option::is_some) || self.blocking.is_some() || self.captures.is_some()
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

/// The options as they are written, for an attribute of ours.
impl ToTokens for Options {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let flags = [
            ("boxed", self.boxed),
            ("local", self.local),
            ("in_place", self.in_place),
            ("send", self.send),
            ("owned", self.owned),
            ("skip", self.skip),
        ];
        for (name, span) in flags {
            if let Some(span) = span {
                let name = Ident::new(name, span);
                tokens.extend(quote!(#name,));
            }
        }
        if let Some(Captures { written, .. }) = &self.captures {
            tokens.extend(quote!(#written,));
        }
        if let Some(path) = &self.blocking {
            tokens.extend(quote!(blocking = #path,));
        }
        if let Some(path) = &self.krate {
            tokens.extend(quote!(crate = #path,));
        }
        if let Some(place) = &self.last {
            tokens.extend(quote!(__last(#place)));
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
