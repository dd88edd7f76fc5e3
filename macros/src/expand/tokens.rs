use proc_macro2::{TokenStream, TokenTree};

/// Whether any token, in groups too, satisfies a predicate. The predicate is not asked about the
/// groups themselves.
pub(crate) fn any_token(tokens: TokenStream, predicate: &dyn Fn(&TokenTree) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => any_token(group.stream(), predicate),
        token => predicate(&token),
    })
}
