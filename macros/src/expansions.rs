//! The expansions of the main forms, as text: `expansions/*.rs`, with what is written first and
//! what it becomes below.
//!
//! `OVERWRITE=1 cargo test --package smartcall-macros` writes them anew.

use std::env;
use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Meta;

use crate::{expand, test};

/// Stands between what is written and what it becomes.
const BECOMES: &str = "\n// becomes\n\n";

// In this crate `test` is another attribute.
#[core::prelude::v1::test]
fn expansions_are_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/expansions");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let text = fs::read_to_string(&path).expect("it is a text");
        let (written, becomes) = text.split_once(BECOMES).unwrap_or((&text, ""));
        let expanded = expanded(written);
        if env::var_os("OVERWRITE").is_some() {
            let text = format!("{}\n{BECOMES}{expanded}", written.trim_end());
            fs::write(&path, text).expect("it can be written");
        } else {
            assert_eq!(expanded, becomes, "{}", path.display());
        }
        files += 1;
    }
    assert!(files > 5);
}

/// Expands each item of a file by its first attribute.
fn expanded(written: &str) -> String {
    let items = syn::parse_file(written).expect("it is Rust").items;
    let tokens = items.iter().map(|item| expand_item(item.to_token_stream()));
    let file = syn::parse2(tokens.collect()).expect("it expands to Rust");
    prettyplease::unparse(&file)
}

fn expand_item(item: TokenStream) -> TokenStream {
    /// An attribute, and what it is on.
    struct Marked(syn::Attribute, TokenStream);

    impl syn::parse::Parse for Marked {
        fn parse(input: syn::parse::ParseStream) -> syn::Result<Self> {
            let mut attrs = input.call(syn::Attribute::parse_outer)?;
            let first = attrs.remove(0);
            let rest: TokenStream = input.parse()?;
            Ok(Marked(first, quote::quote!(#(#attrs)* #rest)))
        }
    }

    let Marked(attr, item) = syn::parse2(item).expect("it has an attribute");
    let options = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    if attr.path().is_ident("smart") {
        expand::smart(options, item)
    } else {
        test::expand(options, item)
    }
}

/// A body is not parsed, so it may be of any syntax.
#[core::prelude::v1::test]
fn a_body_passes_through_as_it_is() {
    let body = "{ ~ not § rust; => { at: all } 1.2.3 }".replace('§', "#");
    let item: TokenStream = format!("async fn f() {body}")
        .parse()
        .expect("it is tokens");
    let body: TokenStream = body.parse().expect("it is tokens");
    let expanded = expand::smart(TokenStream::new(), item).to_string();
    assert!(expanded.contains(&body.to_string()), "{expanded}");
}
