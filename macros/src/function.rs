use proc_macro2::TokenStream;
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Signature, Token, Visibility, braced, token};

/// A function, wherever it stands: free, in an `impl` block or in a trait.
///
/// The body is not parsed: it passes through as it was written, and no syntax of the compiler is
/// too new for it.
#[derive(Clone)]
pub(crate) struct Function {
    /// The outer attributes, and those at the head of the body.
    pub(crate) attrs: Vec<Attribute>,
    /// The visibility, of which a trait's function has none.
    pub(crate) vis: Visibility,
    /// The `default` of specialisation.
    pub(crate) defaultness: Option<Token![default]>,
    /// All from the first keyword to the `where`.
    pub(crate) sig: Signature,
    /// The body, unless the function is only declared.
    pub(crate) body: Option<Body>,
    /// The semicolon in place of a body.
    pub(crate) semicolon: Option<Token![;]>,
}

/// A body, with the braces where the user wrote them.
#[derive(Clone)]
pub(crate) struct Body {
    /// The braces.
    pub(crate) brace: token::Brace,
    /// What is in them.
    pub(crate) tokens: TokenStream,
}

impl Function {
    /// Whether a function comes next, after its attributes.
    pub(crate) fn is_next(input: ParseStream) -> bool {
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

    /// Parses a function whose outer attributes are parsed already.
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
            // Attributes at the head of a body are the function's, and may not stand at the head
            // of a mere block.
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
