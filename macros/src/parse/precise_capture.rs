use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

/// A `use<…>` list: the generic parameters that the type of the handle captures.
#[derive(Clone)]
pub(crate) struct PreciseCapture {
    /// The span of the keyword `use`.
    pub(crate) span: Span,
    /// The whole list, as the user wrote it.
    pub(crate) tokens: TokenStream,
    /// The parameters in the list.
    pub(crate) params: Vec<TokenStream>,
}

impl PreciseCapture {
    /// Parses the list, whose keyword has already been parsed.
    pub(crate) fn parse(keyword: &Ident, input: ParseStream) -> syn::Result<Self> {
        let open: Token![<] = input.parse()?;
        let mut params = Vec::new();
        let mut list = TokenStream::new();
        while !input.peek(Token![>]) {
            let param = if input.peek(syn::Lifetime) {
                input.parse::<syn::Lifetime>()?.into_token_stream()
            } else {
                input.call(Ident::parse_any)?.into_token_stream()
            };
            list.extend(param.clone());
            params.push(param);
            if !input.peek(Token![>]) {
                input.parse::<Token![,]>()?.to_tokens(&mut list);
            }
        }
        let close: Token![>] = input.parse()?;
        Ok(PreciseCapture {
            span: keyword.span(),
            tokens: quote!(#keyword #open #list #close),
            params,
        })
    }
}
