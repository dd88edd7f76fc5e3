//! Attributes of others that rewrite a body, above `#[smart]`, below it, and inside of a block.

#![cfg(feature = "macros")]
#![deny(refining_impl_trait)]

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_recursion::async_recursion;
use smartcall::{Dual, Emit, smart};
use tracing::instrument;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Notes by name which spans are entered.
#[derive(Clone, Default)]
struct Entered {
    /// The names of the spans, the first one with number 1.
    names: Arc<Mutex<Vec<&'static str>>>,
    /// What was entered and left, in order.
    log: Arc<Mutex<Vec<String>>>,
}

impl Entered {
    fn note(&self, what: &str, id: &Id) {
        let names = self.names.lock().expect("not poisoned");
        let name = names[id.into_u64() as usize - 1];
        let mut log = self.log.lock().expect("not poisoned");
        log.push(format!("{what} {name}"));
    }

    /// What is noted while code runs.
    fn during<T>(code: impl FnOnce() -> T) -> (T, Vec<String>) {
        let entered = Entered::default();
        let value = tracing::subscriber::with_default(entered.clone(), code);
        let log = entered.log.lock().expect("not poisoned").clone();
        (value, log)
    }
}

impl Subscriber for Entered {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut names = self.names.lock().expect("not poisoned");
        names.push(span.metadata().name());
        Id::from_u64(names.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut log = self.log.lock().expect("not poisoned");
        log.push(format!(
            "event of line {}",
            event.metadata().line().is_some()
        ));
    }

    fn enter(&self, id: &Id) {
        self.note("enter", id);
    }

    fn exit(&self, id: &Id) {
        self.note("exit", id);
    }
}

/// Is ready at the second poll, so that there are two.
#[derive(Default)]
struct Twice(bool);

impl Future for Twice {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        tracing::info!("in the body");
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Each poll of the body is in the span, and the event of the first one is, too.
fn is_entered_in_each_poll<T>(name: &str, call: impl Fn() -> T)
where
    T: IntoFuture<Output = usize> + Get,
{
    for blocks in [false, true] {
        let (value, log) = Entered::during(|| match blocks {
            true => call().get_it(),
            false => pollster::block_on(call().into_future()),
        });
        assert_eq!(value, 4, "{name}");
        let enter = log.iter().filter(|line| **line == format!("enter {name}"));
        // And once more when the future is dropped.
        assert!(enter.count() >= 2, "{name}: {log:?}");
        let event = log.iter().position(|line| line.starts_with("event"));
        let event = event.expect("there is an event");
        assert_eq!(log[event - 1], format!("enter {name}"), "{log:?}");
        assert_eq!(log[event + 1], format!("exit {name}"), "{log:?}");
    }
}

/// `.get()` of any handle of ours.
trait Get {
    fn get_it(self) -> usize;
}

impl<W: smartcall::Work<Output = usize>> Get for Dual<usize, W> {
    fn get_it(self) -> usize {
        self.get()
    }
}

#[instrument(skip(text))]
#[smart]
async fn above(text: &str) -> usize {
    Twice::default().await;
    text.len()
}

#[smart]
#[instrument(skip(text))]
/// A text between them.
#[must_use]
async fn below(text: &str) -> usize {
    Twice::default().await;
    text.len()
}

#[smart(boxed)]
#[cfg_attr(all(), instrument)]
async fn below_by_cfg_attr(text: &str) -> usize {
    Twice::default().await;
    text.len()
}

#[smart(owned)]
#[instrument]
async fn owned(text: &str) -> usize {
    Twice::default().await;
    text.len()
}

#[derive(Clone, Debug)]
struct Client(String);

#[smart]
impl Client {
    #[instrument(skip(self), fields(len = self.0.len()))]
    async fn in_a_block(&self, more: usize) -> usize {
        Twice::default().await;
        self.0.len() + more
    }

    #[instrument]
    #[smart(boxed)]
    async fn with_options_below(&self) -> usize {
        Twice::default().await;
        self.0.len()
    }

    #[smart(owned)]
    #[instrument]
    async fn with_options_above(&self) -> usize {
        Twice::default().await;
        self.0.len()
    }

    #[cfg_attr(all(), instrument)]
    async fn by_cfg_attr(self) -> usize {
        Twice::default().await;
        self.0.len()
    }

    #[instrument]
    fn sync(&self) -> usize {
        self.0.len()
    }
}

#[smart]
trait Store {
    async fn load(&self, key: &str) -> usize;

    #[instrument(skip_all)]
    async fn by_default(&self) -> usize {
        Twice::default().await;
        self.load("").await
    }
}

#[smart]
impl Store for Client {
    #[instrument(skip_all, name = "renamed")]
    #[allow(clippy::unused_async)]
    async fn load(&self, key: &str) -> usize {
        Twice::default().await;
        self.0.len() + key.len()
    }
}

#[test]
fn the_span_is_entered_in_the_polls_of_the_body() {
    is_entered_in_each_poll("above", || above("four"));
    is_entered_in_each_poll("below", || below("four"));
    is_entered_in_each_poll("below_by_cfg_attr", || below_by_cfg_attr("four"));
    is_entered_in_each_poll("owned", || owned(&String::from("four")));
    let client = Client("four".into());
    is_entered_in_each_poll("in_a_block", || client.in_a_block(0));
    is_entered_in_each_poll("with_options_below", || client.with_options_below());
    is_entered_in_each_poll("with_options_above", || client.with_options_above());
    is_entered_in_each_poll("by_cfg_attr", || client.clone().by_cfg_attr());
    is_entered_in_each_poll("by_default", || client.by_default());
    is_entered_in_each_poll("renamed", || client.load(""));
    assert_eq!(client.sync(), 4);
}

#[smart(stream)]
#[instrument(skip(out))]
async fn many(text: &str, mut out: Emit<usize>) -> Result<(), String> {
    Twice::default().await;
    out.emit(text.len()).await;
    Err(text.to_owned())
}

#[instrument]
#[smart(stream, ahead = 5)]
fn iterates(text: String) -> impl Iterator<Item = usize> {
    tracing::info!("in the body");
    std::iter::once(text.len())
}

#[test]
fn streams() {
    let (items, log) = Entered::during(|| many("four").into_iter().collect::<Vec<_>>());
    assert_eq!(items, [Ok(4), Err("four".into())]);
    let enter = log.iter().filter(|line| **line == "enter many");
    assert!(enter.count() >= 2, "{log:?}");

    let (items, log) = Entered::during(|| iterates("four".into()).into_iter().collect::<Vec<_>>());
    assert_eq!(items, [4]);
    assert_eq!(log[0], "enter iterates", "{log:?}");
}

#[async_recursion]
#[smart]
async fn recursion_above(n: u32) -> u32 {
    if n < 2 {
        return 1;
    }
    n * recursion_above(n - 1).await
}

#[smart]
#[async_recursion]
async fn recursion_below(n: &u32) -> u32 {
    if *n < 2 {
        return 1;
    }
    n * recursion_below(&(n - 1)).await
}

#[smart]
#[async_recursion(?Send)]
async fn recursion_here(n: std::rc::Rc<u32>) -> Result<u32, String> {
    if *n == 0 {
        Err("none")?;
    }
    if *n == 1 {
        return Ok(1);
    }
    Ok(*n * recursion_here(std::rc::Rc::new(*n - 1)).await?)
}

#[smart(boxed)]
#[async_recursion]
async fn recursion_boxed(n: u32) -> u32 {
    if n < 2 {
        1
    } else {
        n * recursion_boxed(n - 1).await
    }
}

#[smart]
trait Visit {
    #[smart]
    #[async_recursion]
    async fn visit(&self, n: u32) -> u32
    where
        Self: Sync,
    {
        if n == 0 {
            0
        } else {
            self.visit(n - 1).await + 1
        }
    }
}

#[smart]
impl Client {
    #[async_recursion]
    async fn depth(&self, n: usize) -> usize {
        if n == 0 {
            self.0.len()
        } else {
            self.depth(n - 1).await + 1
        }
    }
}

impl Visit for Client {}

struct Other;

#[smart]
impl Visit for Other {
    #[async_recursion]
    async fn visit(&self, n: u32) -> u32 {
        if n == 0 { 5 } else { self.visit(n - 1).await }
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_recursion() {
    assert_eq!(is_send(recursion_above(5)).get(), 120);
    assert_eq!(is_send(recursion_below(&5)).get(), 120);
    assert_eq!(pollster::block_on(recursion_above(5).into_future()), 120);
    assert_eq!(recursion_here(std::rc::Rc::new(5)).get(), Ok(120));
    assert_eq!(
        recursion_here(std::rc::Rc::new(0)).get(),
        Err("none".into())
    );
    let boxed: Dual<u32> = recursion_boxed(5);
    assert_eq!(boxed.get(), 120);
    let client = Client("four".into());
    assert_eq!(client.depth(5).get(), 9);
    assert_eq!(client.visit(5).get(), 5);
    assert_eq!(Other.visit(5).get(), 5);
}
