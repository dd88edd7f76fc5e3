//! Snapshots of expansions. Each file in `expansions/` contains source code and, below, its
//! expansion.
//!
//! `OVERWRITE=1 cargo test --package smartcall-macros` updates them.

use std::env;
use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Meta;

use crate::{smart, test};

/// The line between the source code and its expansion.
const SEPARATOR: &str = "\n// becomes\n\n";

// In this crate `test` is the name of another attribute.
#[core::prelude::v1::test]
fn expansions_match_snapshots() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/expansions");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("the entry is readable").path();
        let text = fs::read_to_string(&path).expect("the file is text");
        let (source, snapshot) = text.split_once(SEPARATOR).unwrap_or((&text, ""));
        let expanded = expand_file(source);
        if env::var_os("OVERWRITE").is_some() {
            let text = format!("{}\n{SEPARATOR}{expanded}", source.trim_end());
            fs::write(&path, text).expect("the file is writable");
        } else {
            assert_eq!(expanded, snapshot, "{}", path.display());
        }
        files += 1;
    }
    assert!(files > 5);
}

/// Expands each item of a file by its first attribute.
fn expand_file(source: &str) -> String {
    let items = syn::parse_file(source)
        .expect("the source is valid Rust")
        .items;
    let tokens = items.iter().map(|item| expand_item(item.to_token_stream()));
    let file = syn::parse2(tokens.collect()).expect("the expansion is valid Rust");
    prettyplease::unparse(&file)
}

fn expand_item(item: TokenStream) -> TokenStream {
    /// An attribute and its item.
    struct AttributedItem(syn::Attribute, TokenStream);

    impl syn::parse::Parse for AttributedItem {
        fn parse(input: syn::parse::ParseStream) -> syn::Result<Self> {
            let mut attrs = input.call(syn::Attribute::parse_outer)?;
            let first = attrs.remove(0);
            let rest: TokenStream = input.parse()?;
            Ok(AttributedItem(first, quote::quote!(#(#attrs)* #rest)))
        }
    }

    let AttributedItem(attr, item) = syn::parse2(item).expect("the item has an attribute");
    let options = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    if attr.path().is_ident("smart") {
        smart::expand(options, item)
    } else {
        test::expand(options, item)
    }
}

/// A body is not parsed, so it may have any syntax.
#[core::prelude::v1::test]
fn body_is_not_parsed() {
    let body = "{ ~ not § rust; => { at: all } 1.2.3 }".replace('§', "#");
    let item: TokenStream = format!("async fn f() {body}")
        .parse()
        .expect("it can be tokenized");
    let body: TokenStream = body.parse().expect("it can be tokenized");
    let expanded = smart::expand(TokenStream::new(), item).to_string();
    assert!(expanded.contains(&body.to_string()), "{expanded}");
}
