//! Handles over many items, and over bytes. The body of a call makes one item of several, or runs in the midst of bytes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::{iter, ops};

use futures::future::BoxFuture;
use futures::{AsyncRead, AsyncWrite};
use futures_lite::future::yield_now;
use smartcall::io::Readable;
use smartcall::{Dual, DualIo, DualStream, Emit, Source};

use super::body::Body;
use super::generator::Call;
use super::ledger::{Run, Value};

/// The bytes of a stream of bytes.
const TEXT: &str = "one\ntwo\n\nthree\n";

/// Makes a handle that takes all items of a stream. Variants of a call are of 7 kinds, the first three of them blocking code.
pub fn many(body: Body, held: Value) -> Dual<Value> {
    let shape = Shape::of(&body);
    match body.call.variant % 7 {
        0 => {
            let items = DualStream::blocking(shape.items(body, held));
            shape.collect(items.ahead(shape.ahead))
        }
        1 => {
            let items = shape.items(body, held);
            shape.collect(DualStream::produce(shape.ahead, |out| {
                for item in items {
                    out.send(item)?;
                }
                Ok(())
            }))
        }
        2 => {
            let items = DualStream::blocking(shape.items(body, held)).ahead(shape.ahead);
            let chunks = items.filter_map(Some).take(9).chunks(2);
            let items = chunks.collect::<Vec<_>>();
            items
                .map(move |chunks| shape.check(chunks.into_iter().flatten().collect()))
                .boxed()
        }
        3 => {
            let parts = Mutex::new(VecDeque::from(shape.parts(body, held)));
            let pages = DualStream::pages(move |_: Option<usize>| {
                let mut parts = lock(&parts);
                let (part, left) = (parts.pop_front().expect("there is a page"), parts.len());
                async move { Ok::<_, Infallible>(([part.make().await], (left > 0).then_some(left))) }
            });
            shape.collect(pages.map(|item| match item {
                Ok(item) => item,
            }))
        }
        4 => {
            let parts = shape.parts(body, held);
            shape.collect(DualStream::generate(|mut out: Emit<Value>| async move {
                for part in parts {
                    out.emit(part.make().await).await;
                }
            }))
        }
        5 => {
            let making = DualStream::ready(shape.parts(body, held)).map(Part::make);
            if shape.is_ordered {
                shape.collect(making.buffered(shape.ahead))
            } else {
                shape.collect(making.buffer_unordered(shape.ahead))
            }
        }
        _ => {
            // What is started begins without a poll, and ends some time after its drop.
            let call = &body.call;
            let can_start =
                !(call.drops || call.waited_for || call.interruptible || body.is_bound());
            let items = DualStream::ready(shape.parts(body, held)).then(Part::make);
            if can_start {
                shape.collect(items.start(shape.ahead))
            } else {
                shape.collect(items)
            }
        }
    }
}

/// What there is beside the item of the body.
#[derive(Clone)]
struct Shape {
    run: Arc<Run>,
    call: Arc<Call>,
    before: usize,
    after: usize,
    ahead: usize,
    is_ordered: bool,
}

impl Shape {
    fn of(body: &Body) -> Self {
        let variant = body.call.variant;
        Shape {
            run: Arc::clone(&body.env.run),
            call: Arc::clone(&body.call),
            before: variant / 7 % 3,
            after: variant / 21 % 3,
            ahead: variant / 63 + 1,
            is_ordered: variant % 2 == 0,
        }
    }

    /// The items before or after that of the body, numbered from 1 on.
    fn fillers(&self, numbers: ops::Range<usize>) -> impl Iterator<Item = Value> + Send + use<> {
        let (run, id) = (Arc::clone(&self.run), self.call.id);
        numbers.map(move |number| run.value(id, number as u64 + 1))
    }

    fn before(&self) -> impl Iterator<Item = Value> + Send + use<> {
        self.fillers(0..self.before)
    }

    fn after(&self) -> impl Iterator<Item = Value> + Send + use<> {
        self.fillers(self.before..self.before + self.after)
    }

    /// All items, of which the body makes one as sync code.
    fn items(&self, body: Body, held: Value) -> impl Iterator<Item = Value> + Send + use<> {
        let item = iter::once_with(move || body.run_here(held));
        self.before().chain(item).chain(self.after())
    }

    fn parts(&self, body: Body, held: Value) -> Vec<Part> {
        let part = iter::once(Part::Body(body, held));
        let before = self.before().map(Part::Filler);
        before
            .chain(part)
            .chain(self.after().map(Part::Filler))
            .collect()
    }

    fn collect<S>(&self, items: DualStream<Value, S>) -> Dual<Value>
    where
        S: Source<Item = Value> + Send + 'static,
    {
        let shape = self.clone();
        let items = items.boxed().collect::<Vec<_>>();
        items.map(move |items| shape.check(items)).boxed()
    }

    /// Checks that all items are there, and returns that of the body.
    fn check(&self, mut items: Vec<Value>) -> Value {
        let fillers = self.before + self.after;
        let is_filler = |item: &Value| item.number() <= fillers as u64;
        let at = items.iter().position(|item| !is_filler(item));
        let item = items.remove(at.expect("the body has made its item"));
        if !self.is_ordered {
            items.sort_by_key(Value::number);
        }
        let numbers = items.iter().map(Value::number);
        let is_right = numbers.eq(1..=fillers as u64);
        if !is_right || (self.is_ordered && at != Some(self.before)) {
            self.run.fail(format!(
                "items are wrong, or in another order: {}",
                self.call
            ));
        }
        item
    }
}

/// An item that is to be made in async code.
enum Part {
    Filler(Value),
    Body(Body, Value),
}

impl Part {
    fn make(self) -> BoxFuture<'static, Value> {
        match self {
            Part::Filler(item) => Box::pin(async {
                yield_now().await;
                item
            }),
            Part::Body(body, held) => body.run(held),
        }
    }
}

/// Makes a handle that takes all bytes of a reader, or writes all to a writer. Variants of a call are of 5 kinds, the first two of
/// them blocking code.
pub fn bytes(body: Body, held: Value) -> Dual<Value> {
    let (run, call) = (Arc::clone(&body.env.run), Arc::clone(&body.call));
    let midst = Midst::new(body, held);
    let given = Arc::clone(&midst.given);
    let text = match call.variant % 5 {
        0 => chunks(DualIo::blocking(midst)),
        1 => lines(DualIo::blocking(midst)),
        2 => chunks(DualIo::asynchronous(midst)),
        3 => lines(DualIo::asynchronous(midst)),
        _ => Dual::future(copy(midst)).boxed(),
    };
    text.map(move |text| {
        let is_right = |text: &Vec<u8>| text == TEXT.as_bytes();
        if !text.as_ref().is_ok_and(is_right) {
            run.fail(format!("bytes are wrong, {text:?}: {call}"));
        }
        lock(&given).take().expect("the body has run")
    })
    .boxed()
}

fn chunks<F: Readable + Send + 'static>(io: DualIo<F>) -> Dual<io::Result<Vec<u8>>> {
    let chunks = io.chunks(3).try_collect::<Vec<_>>();
    chunks.map(|chunks| Ok(chunks?.concat())).boxed()
}

fn lines<F: Readable + Send + 'static>(io: DualIo<F>) -> Dual<io::Result<Vec<u8>>> {
    let lines = io.lines().map(|line| Ok::<_, io::Error>(line? + "\n"));
    let lines = lines.try_collect::<Vec<_>>();
    lines.map(|lines| Ok(lines?.concat().into_bytes())).boxed()
}

/// Copies the text, with the body in the reader or in the writer.
async fn copy(midst: Midst) -> io::Result<Vec<u8>> {
    if midst.is_reader {
        let mut to = DualIo::asynchronous(Vec::new());
        smartcall::io::copy(&mut DualIo::asynchronous(midst), &mut to).await?;
        Ok(to.into_inner())
    } else {
        let mut to = DualIo::asynchronous(midst);
        smartcall::io::copy(&mut DualIo::asynchronous(TEXT.as_bytes()), &mut to).await?;
        Ok(to.into_inner().written)
    }
}

/// A reader of the text, or a writer, in which the body of a call runs after so many bytes.
struct Midst {
    passed: usize,
    at: usize,
    /// How many bytes pass at once, at most.
    piece: usize,
    /// The body and what its handle holds, until it runs.
    body: Option<(Body, Value)>,
    /// The body as it is polled.
    future: Option<BoxFuture<'static, Value>>,
    /// What the body has given.
    given: Arc<Mutex<Option<Value>>>,
    is_reader: bool,
    written: Vec<u8>,
}

impl Midst {
    fn new(body: Body, held: Value) -> Self {
        let variant = body.call.variant;
        Midst {
            passed: 0,
            at: variant / 5 % TEXT.len(),
            piece: variant / 25 % 5 + 1,
            body: Some((body, held)),
            future: None,
            given: Arc::default(),
            is_reader: variant % 2 == 0,
            written: Vec::new(),
        }
    }

    fn run_here(&mut self) {
        if let Some((body, held)) = self.body.take_if(|_| self.passed == self.at) {
            let value = body.run_here(held);
            *lock(&self.given) = Some(value);
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some((body, held)) = self.body.take_if(|_| self.passed == self.at) {
            self.future = Some(body.run(held));
        }
        if let Some(future) = &mut self.future {
            let value = ready!(future.as_mut().poll(cx));
            self.future = None;
            *lock(&self.given) = Some(value);
        }
        Poll::Ready(())
    }

    /// Lets bytes pass, of so many that could: not beyond those after which the body runs.
    fn pass(&mut self, n: usize) -> usize {
        let n = n.min(self.piece);
        let n = match self.at.checked_sub(self.passed) {
            Some(left) if left > 0 => n.min(left),
            _ => n,
        };
        self.passed += n;
        n
    }

    fn give(&mut self, buf: &mut [u8]) -> usize {
        let text = &TEXT.as_bytes()[self.passed..];
        let n = self.pass(buf.len().min(text.len()));
        buf[..n].copy_from_slice(&text[..n]);
        n
    }
}

impl Read for Midst {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.run_here();
        Ok(self.give(buf))
    }
}

impl AsyncRead for Midst {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_body(cx));
        Poll::Ready(Ok(self.give(buf)))
    }
}

impl AsyncWrite for Midst {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_body(cx));
        let n = self.pass(buf.len());
        self.written.extend_from_slice(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
