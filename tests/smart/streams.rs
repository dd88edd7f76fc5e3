//! `#[smart(stream)]`: functions that make many items.

#![deny(refining_impl_trait)]

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::io::{self, BufRead, BufReader};
use std::num::ParseIntError;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

use futures::Stream;
use futures::stream::{self, BoxStream};
use smartcall::stream::{Boxed, LocalBoxed};
use smartcall::{Dual, DualStream, DualStreamOf, Emit, Source, smart};

use crate::common::limit;

/// What both callers get from a function.
#[track_caller]
fn both<T, S>(call: impl Fn() -> DualStream<T, S>, expected: &[T])
where
    T: Debug + PartialEq,
    S: Source<Item = T>,
{
    let got: Vec<T> = call().into_iter().collect();
    assert_eq!(got, expected, "in a `for`");
    let got = pollster::block_on(async {
        let (mut items, mut stream) = (Vec::new(), call());
        while let Some(item) = stream.next().await {
            items.push(item);
        }
        items
    });
    assert_eq!(got, expected, "awaited");
}

/// Numbers as text, which may be wrong.
#[smart(stream)]
async fn parsed(texts: &[&str], mut out: Emit<u32>) -> Result<(), ParseIntError> {
    for text in texts {
        out.emit(text.parse()?).await;
    }
    Ok(())
}

#[smart(stream)]
async fn countdown(from: u32, mut out: Emit<u32>) {
    for n in (0..from).rev() {
        if n == 10 {
            return;
        }
        out.emit(n).await;
    }
}

#[smart(stream)]
fn words(text: String) -> impl Iterator<Item = String> {
    if text.is_empty() {
        return Vec::new().into_iter();
    }
    let words: Vec<String> = text.split(' ').map(String::from).collect();
    words.into_iter()
}

/// `?` in the opening, and errors among the items.
#[smart(stream)]
fn lines(text: &'static str) -> io::Result<impl Iterator<Item = io::Result<String>>> {
    if text.is_empty() {
        Err(io::Error::other("empty"))?;
    }
    Ok(BufReader::new(text.as_bytes()).lines())
}

#[smart(stream)]
async fn doubled(n: u32) -> impl Stream<Item = u32> {
    let n = Dual::blocking(move || n).await;
    stream::iter((0..n).map(|n| n * 2))
}

#[smart(stream)]
async fn checked(n: &str) -> Result<impl Stream<Item = Result<u32, ParseIntError>>, ParseIntError> {
    let n = n.parse()?;
    Ok(stream::iter((0..n).map(Ok)))
}

#[test]
fn each_form_for_both_callers() {
    limit(|| {
        let wrong = "x".parse::<u32>().expect_err("no number");
        both(|| parsed(&["1", "2"]), &[Ok(1), Ok(2)]);
        both(|| parsed(&["1", "x", "3"]), &[Ok(1), Err(wrong.clone())]);
        both(|| countdown(3), &[2, 1, 0]);
        both(|| countdown(12), &[11]);
        both(|| words("a b".into()), &["a".into(), "b".into()]);
        both(|| words(String::new()), &[]);
        both(|| doubled(3), &[0, 2, 4]);
        both(|| checked("2"), &[Ok(0), Ok(1)]);
        both(|| checked("x"), &[Err(wrong.clone())]);

        let shown = |item: io::Result<String>| item.map_err(|error| error.to_string());
        let (two, none) = (|| lines("a\nb").map(shown), || lines("").map(shown));
        both(two, &[Ok("a".into()), Ok("b".into())]);
        both(none, &[Err("empty".into())]);
    });
}

#[test]
fn nothing_runs_before_the_first_item() {
    fn here(runs: &AtomicUsize) -> usize {
        runs.fetch_add(1, Ordering::Relaxed)
    }

    #[smart(stream)]
    async fn emits(runs: Arc<AtomicUsize>, mut out: Emit<usize>) {
        out.emit(here(&runs)).await;
    }
    #[smart(stream)]
    fn iterates(runs: Arc<AtomicUsize>) -> impl Iterator<Item = usize> {
        [here(&runs)].into_iter()
    }
    #[smart(stream)]
    async fn streams(runs: Arc<AtomicUsize>) -> impl Stream<Item = usize> {
        stream::iter([here(&runs)])
    }
    let runs = Arc::default();
    let emits = emits(Arc::clone(&runs));
    let iterates = iterates(Arc::clone(&runs));
    let streams = streams(Arc::clone(&runs));
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    let items = emits.into_iter().chain(iterates).chain(streams);
    assert!(items.eq([0, 1, 2]));
}

/// The opening and the items are blocking code: a sync caller runs them, and an executor's pool.
#[test]
fn an_iterator_runs_where_its_caller_wants_it() {
    #[smart(stream)]
    fn threads() -> impl Iterator<Item = ThreadId> {
        let opened = thread::current().id();
        (0..2).map(move |n| match n {
            0 => opened,
            _ => thread::current().id(),
        })
    }
    limit(|| {
        let here = thread::current().id();
        assert!(threads().into_iter().all(|thread| thread == here));
        let there: Vec<_> = pollster::block_on(threads().collect());
        assert_eq!(there.len(), 2);
        assert!(there.iter().all(|thread| *thread != here));
    });
}

struct Client {
    names: Vec<String>,
}

impl Client {
    /// Borrows `self`, and an argument.
    #[smart(stream)]
    async fn starting_with(&self, start: &str, mut out: Emit<&str>) {
        for name in &self.names {
            if name.starts_with(start) {
                out.emit(name).await;
            }
        }
    }

    #[smart(stream)]
    async fn take_all(&mut self, mut out: Emit<String>) {
        out.emit_all(self.names.drain(..)).await;
    }

    #[smart(stream)]
    async fn into_names(self, mut out: Emit<String>) {
        let Client { names } = self;
        out.emit_all(names).await;
    }

    #[smart(stream)]
    fn shared(self: Arc<Self>) -> impl Iterator<Item = usize> {
        (0..self.names.len()).map(move |n| self.names[n].len())
    }

    #[smart(stream)]
    async fn borrowing_stream(&self) -> impl Stream<Item = &String> {
        stream::iter(&self.names)
    }
}

fn client() -> Client {
    Client {
        names: ["one", "two", "three"].map(String::from).into(),
    }
}

#[test]
fn methods() {
    limit(|| {
        let mut it = client();
        both(|| it.starting_with("t"), &["two", "three"]);
        assert!(it.borrowing_stream().into_iter().eq(&it.names));
        assert_eq!(it.take_all().into_iter().count(), 3);
        assert_eq!(it.take_all().into_iter().count(), 0);
        both(|| client().into_names(), &client().names);
        both(|| Arc::new(client()).shared(), &[3, 3, 5]);
    });
}

/// `#[smart]` on a block: streams have options of their own, and the rest are handles of one value.
#[derive(Clone)]
struct Numbers<'a, T>(&'a [T]);

#[smart]
impl<'a, T: Copy + Display> Numbers<'a, T> {
    async fn first(&self) -> Option<T> {
        self.0.first().copied()
    }

    #[smart(stream)]
    async fn each(&self, mut out: Emit<(usize, T)>) {
        for (n, item) in self.0.iter().enumerate() {
            out.emit((n, *item)).await;
        }
    }

    /// The stream outlives `self`, but not the numbers.
    #[smart(stream, owned)]
    async fn shown(&self, before: &str, mut out: Emit<String>) {
        for item in self.0 {
            out.emit(format!("{before}{item}")).await;
        }
    }

    #[smart(stream, boxed)]
    async fn named<'b>(&'b self, other: &'b [T], mut out: Emit<&'b T>)
    where
        T: Sync + Send,
    {
        out.emit_all(self.0).await;
        out.emit_all(other).await;
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Options of a block are those of its `async fn`s.
#[smart(stream, boxed)]
impl Client {
    async fn lens(&self, mut out: Emit<usize>) -> Result<(), ParseIntError> {
        for name in &self.names {
            out.emit(name.len()).await;
        }
        Ok(())
    }

    async fn count(out: Emit<usize>) {
        drop(out);
    }

    #[smart]
    async fn one(&self) -> usize {
        self.names.len()
    }
}

#[test]
fn blocks() {
    limit(|| {
        let numbers = [1_u8, 2];
        let it = Numbers(&numbers);
        assert_eq!(it.first().get(), Some(1));
        both(|| it.each(), &[(0, 1), (1, 2)]);
        let shown = it.clone().shown(&String::from("n"));
        assert!(shown.into_iter().eq(["n1", "n2"]));
        both(|| it.named(&[3]), &[&1, &2, &3]);
        assert_eq!(it.len(), 2);

        let client = client();
        both(|| client.lens(), &[Ok(3), Ok(3), Ok(5)]);
        both(Client::count, &[]);
        assert_eq!(client.one().get(), 3);
    });
}

/// A trait declares a stream by any of the forms, and an implementation writes it in any.
trait Store {
    type Entry: Send;

    #[smart(stream, send)]
    async fn list(&self, out: Emit<Self::Entry>);

    #[smart(stream, send)]
    fn find(
        self: Arc<Self>,
        name: &str,
    ) -> Result<impl Iterator<Item = Result<u32, String>>, String>;

    /// A stream in a default body.
    #[smart(stream)]
    async fn all_twice(&self, mut out: Emit<Self::Entry>)
    where
        Self: Sync,
    {
        for _ in 0..2 {
            let mut list = self.list();
            while let Some(entry) = list.next().await {
                out.emit(entry).await;
            }
        }
    }
}

#[derive(Clone)]
struct Memory(Vec<u32>);

impl Store for Memory {
    type Entry = u32;

    #[smart(stream)]
    async fn list(&self, mut out: Emit<u32>) {
        out.emit_all(self.0.iter().copied()).await;
    }

    #[smart(stream, send)]
    async fn find(self: Arc<Self>, name: &str, mut out: Emit<u32>) -> Result<(), String> {
        let found = self.0.iter().find(|entry| entry.to_string() == name);
        out.emit(*found.ok_or("not found")?).await;
        Ok(())
    }
}

/// Without the attribute, by the type that the docs show.
struct Empty;

impl Store for Empty {
    type Entry = String;

    fn list(&self) -> DualStreamOf<impl Source<Item = String> + Send> {
        DualStream::ready([])
    }

    #[smart(stream, owned, send)]
    fn find(
        self: Arc<Self>,
        name: &str,
    ) -> Result<impl Iterator<Item = Result<u32, String>>, String> {
        if name.is_empty() {
            return Err("no name".into());
        }
        Ok(std::iter::empty())
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn traits() {
    fn sum<S: Store<Entry = u32> + Sync>(store: &S) -> u32 {
        let sum = is_send(store.list()).into_iter().sum::<u32>();
        sum + store.all_twice().into_iter().sum::<u32>()
    }
    limit(|| {
        assert_eq!(sum(&Memory(vec![1, 2])), 9);
        let memory = Arc::new(Memory(vec![5]));
        both(|| Arc::clone(&memory).find("5"), &[Ok(5)]);
        both(|| Arc::clone(&memory).find("6"), &[Err("not found".into())]);
        both(|| Empty.list(), &[]);
        both(|| Arc::new(Empty).find("a"), &[]);
        both(|| Arc::new(Empty).find(""), &[Err("no name".into())]);
    });
}

#[smart(stream, owned)]
trait Owned {
    async fn names(&self, first: &str, out: Emit<String>);

    async fn twice(&self, first: &str, mut out: Emit<String>) -> Result<(), String> {
        for _ in 0..2 {
            let mut names = self.names(first);
            while let Some(name) = names.next().await {
                out.emit(name).await;
            }
        }
        Err(first.to_owned())
    }
}

#[smart(stream, owned)]
impl Owned for Memory {
    async fn names(&self, first: &str, mut out: Emit<String>) {
        out.emit(format!("{first}{:?}", self.0)).await;
    }
}

/// The streams of an `owned` trait outlive what they are made of.
#[test]
fn traits_that_borrow_nothing() {
    limit(|| {
        let stream = Memory(vec![5]).twice(&String::from("a"));
        let items = thread::spawn(|| stream.into_iter().collect::<Vec<_>>()).join();
        let name = || Ok(String::from("a[5]"));
        let items = items.expect("it does not panic");
        assert_eq!(items, [name(), name(), Err("a".into())]);
    });
}

#[smart(stream, boxed)]
trait Node: Sync {
    async fn leaves(&self, out: Emit<u32>);

    #[smart(stream, boxed)]
    fn names(self: Box<Self>) -> impl Iterator<Item = String>;

    async fn doubled(&self, mut out: Emit<u32>) {
        let mut leaves = self.leaves();
        while let Some(leaf) = leaves.next().await {
            out.emit(leaf * 2).await;
        }
    }
}

struct Leaf(u32);

struct Inner(Vec<Box<dyn Node + Send>>);

#[smart(stream, boxed)]
impl Node for Leaf {
    async fn leaves(&self, mut out: Emit<u32>) {
        out.emit(self.0).await;
    }

    async fn names(self: Box<Self>, mut out: Emit<String>) {
        out.emit(self.0.to_string()).await;
    }
}

#[smart(stream, boxed)]
impl Node for Inner {
    /// It calls itself.
    async fn leaves(&self, mut out: Emit<u32>) {
        for node in &self.0 {
            let mut leaves = node.leaves();
            while let Some(leaf) = leaves.next().await {
                out.emit(leaf).await;
            }
        }
    }

    #[smart(stream, boxed)]
    fn names(self: Box<Self>) -> impl Iterator<Item = String> {
        self.0.into_iter().flat_map(Node::names)
    }
}

fn tree() -> Box<dyn Node + Send> {
    let inner = Inner(vec![Box::new(Leaf(2)), Box::new(Leaf(3))]);
    Box::new(Inner(vec![Box::new(Leaf(1)), Box::new(inner)]))
}

#[test]
fn traits_for_dyn() {
    limit(|| {
        let node = tree();
        both(|| node.leaves(), &[1, 2, 3]);
        both(|| node.doubled(), &[2, 4, 6]);
        assert!(tree().names().into_iter().eq(["1", "2", "3"]));
    });
}

/// The types are what the docs say, and nothing longer.
#[test]
fn the_type_has_a_name() {
    #[smart(stream, boxed)]
    async fn emits(n: u32, out: Emit<u32>) -> Result<(), String> {
        drop((n, out));
        Ok(())
    }
    let _: fn(u32) -> DualStream<Result<u32, String>> = emits;

    #[smart(stream, boxed)]
    fn iterates(n: u32) -> io::Result<impl Iterator<Item = io::Result<u32>>> {
        Ok((0..n).map(Ok))
    }
    let _: fn(u32) -> DualStream<io::Result<u32>> = iterates;

    #[smart(stream, boxed)]
    async fn borrows(text: &str, mut out: Emit<&str>) {
        out.emit(text).await;
    }
    let _: for<'a> fn(&'a str) -> DualStream<&'a str, Boxed<'a, &'a str>> = borrows;
    both(|| borrows("a"), &["a"]);

    #[smart(stream, boxed, local)]
    async fn local(n: Rc<Cell<u32>>, mut out: Emit<Rc<Cell<u32>>>) {
        out.emit(n).await;
    }
    type Shared = Rc<Cell<u32>>;
    let _: fn(Shared) -> DualStream<Shared, LocalBoxed<'static, Shared>> = local;
    assert_eq!(local(Rc::default()).into_iter().count(), 1);

    #[smart(stream, boxed)]
    async fn opaque(n: u32, mut out: Emit<impl Display>) {
        out.emit(n).await;
    }
    let shown = opaque(5).into_iter().map(|item| item.to_string());
    assert!(shown.eq(["5"]));
}

#[test]
fn boxed_iterators_and_streams() {
    #[smart(stream)]
    fn by_dyn(n: u32) -> Box<dyn Iterator<Item = u32> + Send> {
        Box::new(0..n)
    }
    #[smart(stream)]
    async fn by_pin(n: u32) -> Pin<Box<dyn Stream<Item = u32> + Send>> {
        Box::pin(stream::iter(0..n))
    }
    #[smart(stream)]
    async fn by_box_stream<'a>(n: &'a [u32]) -> Result<BoxStream<'a, Result<u32, String>>, String> {
        Ok(Box::pin(stream::iter(n.iter().copied().map(Ok))))
    }
    #[smart(stream)]
    fn by_into_iterator(n: u32) -> impl IntoIterator<Item = u32> {
        vec![n]
    }
    limit(|| {
        both(|| by_dyn(2), &[0, 1]);
        both(|| by_pin(2), &[0, 1]);
        both(|| by_box_stream(&[5]), &[Ok(5)]);
        both(|| by_into_iterator(5), &[5]);
    });
}

/// While the first item is taken, at most `ahead` are made.
#[test]
fn ahead() {
    const AHEAD: usize = 2;

    #[smart(stream, ahead = AHEAD)]
    fn counts(made: Arc<AtomicUsize>) -> impl Iterator<Item = usize> {
        (0..100).map(move |_| made.fetch_add(1, Ordering::SeqCst))
    }
    #[smart(stream, boxed, ahead = 2)]
    fn fails(made: Arc<AtomicUsize>) -> Result<impl Iterator<Item = Result<usize, u32>>, u32> {
        Ok((0..100).map(move |_| Ok(made.fetch_add(1, Ordering::SeqCst))))
    }
    fn is_limited<S: Source>(call: impl FnOnce(Arc<AtomicUsize>) -> DualStreamOf<S>) {
        let made = Arc::default();
        let mut stream = call(Arc::clone(&made));
        assert!(pollster::block_on(stream.next()).is_some());
        thread::sleep(std::time::Duration::from_millis(50));
        assert!(made.load(Ordering::SeqCst) <= AHEAD + 1);
        assert_eq!(stream.into_iter().count(), 99);
    }
    limit(|| {
        is_limited(counts);
        is_limited(fails);
    });
}

/// Attributes, patterns, generics and `cfg` stay.
#[test]
fn signatures_stay() {
    mod inner {
        use super::*;

        /// Docs.
        #[smart(stream)]
        #[inline]
        #[allow(clippy::needless_pass_by_value)]
        pub(super) async fn pairs<A, const N: usize>(
            (from, to): (A, A),
            first: [A; N],
            #[cfg(any())] missing: Missing,
            #[allow(unused_mut)] mut out: smartcall::Emit<A>,
        ) where
            A: Clone,
        {
            out.emit_all(first).await;
            out.emit_all([from, to]).await;
        }
    }
    both(|| inner::pairs((1, 2), [0]), &[0, 1, 2]);

    // A generic argument by `impl`, and one that is not used.
    #[smart(stream, use<T>)]
    async fn repeated<T: Clone>(item: T, _times: u32, mut out: Emit<T>) {
        for _ in 0..2 {
            out.emit(item.clone()).await;
        }
    }
    both(|| repeated("a", 5), &["a", "a"]);

    #[smart(stream)]
    async fn later(items: impl IntoIterator<Item = u32>, mut out: Emit<u32>) {
        out.emit_all(items).await;
    }
    both(|| later([1, 2]), &[1, 2]);
}

/// An `Emit` can go to helpers, and be cloned.
#[test]
fn helpers_take_the_emit() {
    async fn helper(out: &mut Emit<u32>, n: u32) {
        out.emit(n).await;
    }
    #[smart(stream)]
    async fn by_helpers(mut out: Emit<u32>) {
        helper(&mut out, 1).await;
        let mut other = out.clone();
        other.emit(2).await;
        helper(&mut out, 3).await;
    }
    both(by_helpers, &[1, 2, 3]);
}
