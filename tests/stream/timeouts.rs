//! Waits for an item with a limit: what elapses loses nothing.

use std::iter;
use std::sync::mpsc;
use std::time::Duration;

use futures::channel::mpsc as channel;
use smartcall::{DualStream, Elapsed};

use super::support::in_each_executor;
use crate::common::limit;

const SHORT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(600);

/// A stream of an iterator that waits for messages, and what sends them.
fn iterator() -> (mpsc::Sender<u32>, DualStream<u32>) {
    let (send, receive) = mpsc::channel();
    (send, DualStream::blocking(receive).boxed())
}

/// A stream of messages.
fn stream() -> (channel::UnboundedSender<u32>, DualStream<u32>) {
    let (send, receive) = channel::unbounded();
    (send, DualStream::stream(receive).boxed())
}

/// Waits for items with and without a limit, for the ways to send one.
fn by_get(mut stream: DualStream<u32>, send: impl Fn(u32)) {
    for n in 0..3 {
        let elapsed: Result<_, Elapsed> = stream.next().timeout(SHORT).get();
        assert!(elapsed.is_err());
        let later = stream
            .next()
            .get_timeout(SHORT)
            .expect_err("nothing was sent");
        let later = later.now_or_later().expect_err("nothing was sent");
        drop(later);
        send(2 * n);
        assert_eq!(stream.next().get(), Some(2 * n));
        // What was returned goes on.
        let later = stream
            .next()
            .get_timeout(SHORT)
            .expect_err("nothing was sent");
        send(2 * n + 1);
        assert_eq!(later.get_timeout(LONG).ok(), Some(Some(2 * n + 1)));
    }
}

/// For sync callers nothing is lost.
#[test]
fn by_sync_callers() {
    limit(|| {
        let (send, items) = iterator();
        by_get(items, |n| send.send(n).expect("it is alive"));
        let (send, items) = stream();
        by_get(items, |n| send.unbounded_send(n).expect("it is alive"));
    });
}

async fn awaiting(mut stream: DualStream<u32>, send: impl Fn(u32)) {
    for n in 0..3 {
        assert!(stream.next().timeout(SHORT).await.is_err());
        assert!(stream.next().timeout(SHORT).await.is_err());
        send(n);
        assert_eq!(
            stream.next().timeout(LONG).await.expect("it comes"),
            Some(n)
        );
        send(n + 100);
        assert_eq!(stream.next().await, Some(n + 100));
    }
}

/// For async callers nothing is lost.
#[test]
fn by_async_callers() {
    limit(|| {
        in_each_executor(|| {
            let ((send, items), (sends, messages)) = (iterator(), stream());
            async move {
                awaiting(items, |n| send.send(n).expect("it is alive")).await;
                awaiting(messages, |n| sends.unbounded_send(n).expect("it is alive")).await;
            }
        });
        let (send, items) = iterator();
        let driven = awaiting(items, |n| send.send(n).expect("it is alive"));
        smartcall::Dual::future(driven).get();
    });
}

/// A caller that changes after a timeout gets the item.
#[test]
fn then_by_another_caller() {
    limit(|| {
        let (send, mut items) = iterator();
        assert!(items.next().timeout(SHORT).get().is_err());
        send.send(1).expect("it is alive");
        assert_eq!(pollster::block_on(items.next()), Some(1));
        assert!(pollster::block_on(items.next().timeout(SHORT)).is_err());
        send.send(2).expect("it is alive");
        assert_eq!(items.iter().next(), Some(2));
        drop(send);
        assert_eq!(items.next().timeout(LONG).get().ok(), Some(None));
    });
}

/// Items that are there need no time.
#[test]
fn ready_items_need_no_time() {
    limit(|| {
        let mut items = DualStream::ready(iter::repeat(5));
        assert_eq!(
            items.next().timeout(Duration::ZERO).get().ok(),
            Some(Some(5))
        );
        assert_eq!(items.next().get_timeout(Duration::ZERO).ok(), Some(Some(5)));
        assert_eq!(items.next().now_or_later().ok(), Some(Some(5)));
    });
}

/// A limit on all items: what it gives up has ended.
#[test]
fn limit_on_all_items() {
    limit(|| {
        let (send, items) = iterator();
        assert!(items.collect::<Vec<_>>().timeout(SHORT).get().is_err());
        drop(send);
        let (send, items) = stream();
        assert!(pollster::block_on(items.collect::<Vec<_>>().timeout(SHORT)).is_err());
        assert!(send.unbounded_send(1).is_err(), "the stream is gone");
    });
}
