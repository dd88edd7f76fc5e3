use proc_macro2::Span;

/// Returns the location of `span`, with the hygiene and the edition of this crate.
///
/// Errors point at the user's code, but lints see that the code comes from a macro. The edition
/// matters for `impl Work`: it captures all lifetimes, as an `async fn` does, even if the caller's
/// crate uses edition 2021.
pub(crate) fn mixed_site_at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
