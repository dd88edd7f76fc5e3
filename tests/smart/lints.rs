//! No lint complains of what the attributes add: those of the compiler that are off by default,
//! and clippy's strict ones. They are errors where warnings are, as in `cargo clippy -- -D warnings`.

#![warn(
    rust_2018_idioms,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    closure_returning_async_block,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    impl_trait_redundant_captures,
    keyword_idents,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_debug_implementations,
    missing_docs,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![warn(
    clippy::allow_attributes,
    clippy::default_numeric_fallback,
    clippy::else_if_without_else,
    clippy::empty_structs_with_brackets,
    clippy::infinite_loop,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::semicolon_inside_block,
    clippy::unneeded_field_pattern,
    clippy::unreachable,
    clippy::used_underscore_items
)]

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use futures::Stream;
use smartcall::{Dual, DualOf, Emit, Work, smart};

/// Something with a drop.
#[derive(Clone, Debug)]
struct Client {
    /// Its name.
    name: String,
}

#[smart]
impl Client {
    /// Makes one.
    async fn new(name: &str) -> Self {
        let owned = Dual::ready(name.to_owned()).await;
        Self { name: owned }
    }

    /// All sorts of arguments.
    async fn arguments(
        &self,
        (a, b): (String, u32),
        mut c: String,
        _: Self,
        _d: String,
    ) -> Result<String, String> {
        c.push_str(&a);
        if b == 0 {
            return Err("none".into());
        }
        Ok(format!("{}{c}{b}", self.name))
    }

    /// Consumes it.
    #[smart]
    fn into_name(self) -> String {
        self.name
    }

    /// Lends.
    #[smart(in_place)]
    fn name(&self) -> &str {
        &self.name
    }

    /// Two lifetimes.
    #[smart(boxed)]
    async fn longer<T: Clone + Send + Sync>(&self, other: &str, more: &[T]) -> Vec<T> {
        if self.name.len() < other.len() {
            return self.longer("", more).await;
        }
        more.to_vec()
    }

    /// A pair.
    #[smart(blocking = twin)]
    async fn pair(&mut self, n: u32, _m: u32) -> u32 {
        self.name.push('a');
        n
    }

    /// It does nothing.
    async fn nothing(&self) {}

    /// It does not end.
    async fn never(&self) -> ! {
        panic!("{}", self.name)
    }

    /// A stream by an `Emit`.
    #[smart(stream)]
    async fn letters(&self, _more: &str, mut out: Emit<char>) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("no letters".into());
        }
        if out.emit_all(self.name.chars()).await.is_closed() {
            return Err("nobody takes them".into());
        }
        Ok(())
    }

    /// One that has a single expression.
    #[smart(stream, boxed)]
    async fn no_letters(&self, _out: Emit<char>) {}

    /// A stream of a stream.
    #[smart(stream)]
    async fn stream(&self) -> impl Stream<Item = char> {
        futures::stream::iter(self.name.chars())
    }

    /// No `impl Trait` of ours is seen.
    async fn numbers(&self, n: u32) -> Option<impl Iterator<Item = u32> + use<>> {
        (n > 0).then_some(0..n)
    }
}

fn twin(client: &mut Client, n: u32, m: u32) -> u32 {
    client.name.push('b');
    n + m
}

/// Lines, and the error of opening the file.
#[smart(stream, ahead = 5)]
fn lines(path: String) -> io::Result<impl Iterator<Item = io::Result<String>>> {
    Ok(BufReader::new(File::open(path)?).lines())
}

/// A single expression.
#[smart(stream)]
fn count(n: u32) -> impl Iterator<Item = u32> {
    0..n
}

/// A trait.
#[smart(send)]
trait Source: Sync {
    /// Reads.
    async fn read(&self, index: usize) -> Option<u32>;

    /// Reads all.
    async fn first(&self) -> u32 {
        self.read(0).await.unwrap_or_default()
    }
}

#[smart(send)]
impl Source for Client {
    async fn read(&self, index: usize) -> Option<u32> {
        self.name.as_bytes().get(index).copied().map(u32::from)
    }
}

#[smart]
#[rustfmt::skip]
async fn one(n: u32) -> u32 { n }

fn by_hand() -> DualOf<impl Work<Output = u32>> {
    Dual::ready(5)
}

/// What is called here is there for what the compiler and clippy say of it.
#[test]
fn no_lint_complains() {
    let mut client = Client::new("a").get();
    let other = client.clone();
    let found = client.arguments(("a".into(), 1), "c".into(), other, "d".into());
    assert_eq!(found.get().as_deref(), Ok("aca1"));
    assert_eq!(client.name().get(), "a");
    assert_eq!(client.longer("bb", &[1_u32]).get(), [1]);
    assert_eq!(client.pair(2, 3).get(), 5);
    client.nothing().get();
    assert_eq!(client.numbers(2).get().map(Iterator::count), Some(2));
    assert_eq!(client.first().get(), 97);
    assert!(client.letters("").iter().take(1).eq([Ok('a')]));
    assert_eq!(client.no_letters().into_iter().count(), 0);
    assert!(client.stream().into_iter().eq("ab".chars()));
    assert!(
        lines("no such file".into())
            .iter()
            .any(|line| line.is_err())
    );
    assert_eq!(count(5).into_iter().count(), 5);
    let ends = std::panic::catch_unwind(|| client.never().get());
    assert!(ends.is_err());
    assert_eq!(client.into_name().get(), "ab");
    assert_eq!(one(5).get(), by_hand().get());
}

/// The tests of `#[smartcall::test]`, too.
#[smartcall::test]
async fn a_test() -> Result<(), String> {
    assert_eq!(one(5).await, 5);
    Ok(())
}
