use proc_macro2::TokenStream;
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Signature, Token, Visibility, braced, token};

/// A free function, or one in an `impl` block or a trait.
///
/// The body is not parsed. It is copied to the expansion as tokens, so it may use syntax that syn
/// does not know yet.
#[derive(Clone)]
pub(crate) struct Function {
    /// The outer attributes, and the inner ones at the start of the body.
    pub(crate) attrs: Vec<Attribute>,
    /// The visibility. It is empty in a trait.
    pub(crate) vis: Visibility,
    /// The keyword `default` of specialization.
    pub(crate) defaultness: Option<Token![default]>,
    /// Everything from the first keyword to the end of the `where` clause.
    pub(crate) sig: Signature,
    /// The body. A function that is only declared has none.
    pub(crate) body: Option<Body>,
    /// The semicolon of a function without a body.
    pub(crate) semicolon: Option<Token![;]>,
}

/// The body of a function.
#[derive(Clone)]
pub(crate) struct Body {
    /// The braces, with the user's spans.
    pub(crate) brace: token::Brace,
    /// The tokens between the braces.
    pub(crate) tokens: TokenStream,
}

impl Function {
    /// Whether the next tokens, after the attributes, are a function.
    pub(crate) fn peek(input: ParseStream) -> bool {
        let ahead = input.fork();
        let head = |input: ParseStream| -> syn::Result<bool> {
            input.parse::<Visibility>()?;
            input.parse::<Option<Token![default]>>()?;
            input.parse::<Option<Token![const]>>()?;
            input.parse::<Option<Token![async]>>()?;
            input.parse::<Option<Token![unsafe]>>()?;
            input.parse::<Option<syn::Abi>>()?;
            Ok(input.peek(Token![fn]))
        };
        head(&ahead).unwrap_or(false)
    }

    /// Parses a function whose outer attributes have already been parsed.
    pub(crate) fn parse(mut attrs: Vec<Attribute>, input: ParseStream) -> syn::Result<Self> {
        let vis = input.parse()?;
        let defaultness = input.parse()?;
        let sig = input.parse()?;
        let semicolon: Option<Token![;]> = input.parse()?;
        let body = if semicolon.is_some() {
            None
        } else {
            let content;
            let brace = braced!(content in input);
            // Inner attributes at the start of a body apply to the function. They are moved out,
            // since the compiler does not allow them at the start of a plain block.
            let inner = content.call(Attribute::parse_inner)?;
            attrs.extend(inner.into_iter().map(|attr| Attribute {
                style: syn::AttrStyle::Outer,
                ..attr
            }));
            Some(Body {
                brace,
                tokens: content.parse()?,
            })
        };
        Ok(Function {
            attrs,
            vis,
            defaultness,
            sig,
            body,
            semicolon,
        })
    }
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        Function::parse(attrs, input)
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(tokens);
        self.defaultness.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
        self.semicolon.to_tokens(tokens);
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.brace
            .surround(tokens, |tokens| self.tokens.to_tokens(tokens));
    }
}
