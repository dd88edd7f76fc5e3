//! Which circles are certain, and each reason for which one is not.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use smartcall::diagnose::{self, Certainty};
use smartcall::{Dual, Executor, Task, offload, sleep};

use super::support::waits_until;
use crate::common::{in_child, wait_until};

type Told = oneshot::Receiver<Task<()>>;

/// Two tasks, each made from what tells it the other one. Returns the word for their circle, once it was the same in ten looks.
fn word_for<A, B>(first: impl FnOnce(Told) -> A, second: impl FnOnce(Told) -> B) -> Certainty
where
    A: Future<Output = ()> + Send + 'static,
    B: Future<Output = ()> + Send + 'static,
{
    diagnose::waits();
    let ex = Executor::builder().threads(2).build();
    let (tell_first, told_first) = oneshot::channel();
    let (tell_second, told_second) = oneshot::channel();
    let first = ex.spawn(first(told_first));
    let second = ex.spawn(second(told_second));
    let _ = tell_first.send(second);
    let _ = tell_second.send(first);
    // Tasks without a thread are found through what waits for them.
    std::mem::forget(ex);
    word()
}

/// Returns the word for the one circle of the process, once it was the same in ten looks.
fn word() -> Certainty {
    let mut words = Vec::new();
    loop {
        let waits = waits_until(|waits| waits.cycles().count() > 0);
        let word = waits.cycles().next().expect("it is there").certainty();
        words.retain(|before| *before == word);
        words.push(word);
        if words.len() == 10 {
            return word;
        }
        thread::sleep(Duration::from_millis(3));
    }
}

async fn gets(told: Told) {
    let Ok(other) = told.await else { return };
    other.get();
}

async fn awaits(told: Told) {
    let Ok(other) = told.await else { return };
    other.await;
}

/// Two `.get()`s, each for the task of the other.
#[test]
fn two_gets() {
    in_child(|| assert_eq!(word_for(gets, gets), Certainty::Certain));
}

/// A `.get()` for a task that awaits the task of the `.get()`.
#[test]
fn a_get_and_an_await() {
    in_child(|| assert_eq!(word_for(gets, awaits), Certainty::Certain));
}

/// Two tasks that await each other: no thread waits, and so `on_stuck` is not told. `waits` shows it.
#[test]
fn two_awaits() {
    in_child(|| assert_eq!(word_for(awaits, awaits), Certainty::Certain));
}

/// The same through a job of the pool.
#[test]
fn through_a_job() {
    in_child(|| {
        let through_job = |told: Told| async {
            let Ok(other) = told.await else { return };
            Dual::blocking(move || other.get()).await;
        };
        assert_eq!(word_for(gets, through_job), Certainty::Certain);
    });
}

/// A `.get()` of its own task.
#[test]
fn its_own_task() {
    in_child(|| {
        let ex = Executor::builder().threads(1).build();
        let (tell, told) = oneshot::channel();
        let task = ex.spawn(gets(told));
        let _ = tell.send(task);
        assert_eq!(word(), Certainty::Certain);
        std::mem::forget(ex);
    });
}

/// Gets the other task beside something else.
fn beside<F>(
    other_thing: impl FnOnce() -> F + Send + 'static,
) -> impl FnOnce(Told) -> BoxFuture<'static, ()>
where
    F: Future<Output = ()> + Send + 'static,
{
    |told| {
        async move {
            let Ok(other) = told.await else { return };
            let both = async move {
                futures::pin_mut!(other);
                let other_thing = other_thing();
                futures::pin_mut!(other_thing);
                future::select(other, other_thing).await;
            };
            Dual::future(both).get();
        }
        .boxed()
    }
}

/// A waker of another thread.
#[test]
fn foreign_waker() {
    in_child(|| {
        let (sender, receiver) = oneshot::channel::<()>();
        let with = beside(|| receiver.map(drop));
        assert_eq!(word_for(gets, with), Certainty::Likely);
        // And it can end: the other thread tells it.
        drop(sender);
        wait_until(|| diagnose::waits().is_empty());
    });
}

/// A timer.
#[test]
fn timer() {
    in_child(|| {
        let with = beside(|| sleep(Duration::from_secs(100)));
        assert_eq!(word_for(gets, with), Certainty::Likely);
    });
}

/// A deadline.
#[test]
fn deadline() {
    in_child(|| {
        let with = |told: Told| async {
            let Ok(other) = told.await else { return };
            let _ = Dual::new(other).get_timeout(Duration::from_secs(100));
        };
        assert_eq!(word_for(gets, with), Certainty::Likely);
    });
}

/// A socket, which another process may write to.
#[cfg(unix)]
#[test]
fn socket() {
    in_child(|| {
        let (ours, _theirs) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
        let ours = async_io::Async::new(ours).expect("it is registered");
        let with = beside(|| async move { drop(ours.readable().await) });
        assert_eq!(word_for(gets, with), Certainty::Likely);
    });
}

/// Code whose handle is about to be dropped by another thread, which ends its wait.
#[test]
fn handle_about_to_be_dropped() {
    in_child(|| {
        let with = |told: Told| async {
            let Ok(other) = told.await else { return };
            offload::interrupt_on_drop(Dual::blocking(move || other.get())).await;
        };
        assert_eq!(word_for(gets, with), Certainty::Likely);
    });
}

/// A child of a `FuturesUnordered`. It has a waker of its own, and is not polled again with the list: no edge leads to it.
#[test]
fn child_of_a_list() {
    in_child(|| {
        no_circle(|told: Told| async {
            let Ok(other) = told.await else { return };
            let mut list: FuturesUnordered<_> = [other].into_iter().collect();
            Dual::future(list.next()).get();
        });
    });
}

/// A part that is polled with a waker of its own each time.
#[test]
fn part_with_a_waker_of_its_own() {
    struct Passes(Waker);

    impl Wake for Passes {
        fn wake(self: Arc<Self>) {
            self.0.wake_by_ref();
        }
    }

    in_child(|| {
        let with = |told: Told| async {
            let Ok(mut other) = told.await else { return };
            let passes = future::poll_fn(move |cx| {
                let waker = Waker::from(Arc::new(Passes(cx.waker().clone())));
                other.poll_unpin(&mut Context::from_waker(&waker))
            });
            Dual::future(passes).get();
        };
        assert_eq!(word_for(gets, with), Certainty::Likely);
    });
}

/// A branch that was dropped, after it was polled: there is no edge of it, so there is no circle.
#[test]
fn dropped_branch() {
    in_child(|| {
        let with = |told: Told| async {
            let Ok(other) = told.await else { return };
            let mut other = Some(other);
            let mut polls = 0;
            let drops = future::poll_fn(move |cx| {
                polls += 1;
                if polls == 1 {
                    // It is polled, and detached in the next poll.
                    let _ = other
                        .as_mut()
                        .map(|other| other.poll_unpin(cx).is_pending());
                    cx.waker().wake_by_ref();
                } else if let Some(other) = other.take() {
                    other.detach();
                }
                kept(cx.waker())
            });
            Dual::future(drops).get();
        };
        no_circle(with);
    });
}

/// An edge of an earlier poll: the task is not polled in the latest one.
#[test]
fn edge_of_an_earlier_poll() {
    in_child(|| {
        let with = |told: Told| async {
            let Ok(mut other) = told.await else { return };
            let mut polls = 0;
            let polls_once = future::poll_fn(move |cx| {
                polls += 1;
                if polls == 1 {
                    let _ = other.poll_unpin(cx);
                    cx.waker().wake_by_ref();
                }
                kept(cx.waker())
            });
            Dual::future(polls_once).get();
        };
        no_circle(with);
    });
}

/// Keeps a waker for ever.
fn kept(waker: &Waker) -> Poll<()> {
    std::mem::forget(waker.clone());
    Poll::Pending
}

/// Checks that two waits are there, and no circle.
fn no_circle<F: Future<Output = ()> + Send + 'static>(with: impl FnOnce(Told) -> F) {
    let ex = Arc::new(Executor::builder().threads(2).build());
    diagnose::waits();
    let (tell_first, told_first) = oneshot::channel();
    let (tell_second, told_second) = oneshot::channel();
    let first = ex.spawn(gets(told_first));
    let second = ex.spawn(with(told_second));
    let _ = tell_first.send(second);
    let _ = tell_second.send(first);
    waits_until(|waits| waits.iter().count() == 2);
    for _ in 0..10 {
        thread::sleep(Duration::from_millis(3));
        let waits = diagnose::waits();
        assert_eq!(
            (waits.iter().count(), waits.cycles().count()),
            (2, 0),
            "{waits}"
        );
    }
    std::mem::forget(ex);
}

/// Circles of tokio's tasks: a task of tokio is not known, so there is none.
#[test]
fn unknown_tasks() {
    in_child(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("a runtime starts");
        let (tell, told) = oneshot::channel::<tokio::task::JoinHandle<()>>();
        let own = runtime.spawn(async {
            let Ok(own) = told.await else { return };
            let _ = Dual::future(own).get();
        });
        let _ = tell.send(own);
        let waits = waits_until(|waits| waits.iter().count() == 1);
        assert_eq!(waits.cycles().count(), 0);
        assert_eq!(
            waits.iter().next().map(|wait| wait.certainty()),
            Some(Certainty::Slow)
        );
        runtime.shutdown_background();
    });
}

/// A `.get()` whose waker is dropped while it is parked: nothing can wake it any more, and that is certain.
#[test]
fn waker_that_is_gone() {
    in_child(|| {
        let (send, sent) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let forgets = future::poll_fn(move |cx| {
                let _ = send.send(cx.waker().clone());
                Poll::<()>::Pending
            });
            Dual::future(forgets).get();
        });
        let waker = sent.recv().expect("it is polled");
        let waits = waits_until(|waits| !waits.is_empty());
        assert_eq!(
            waits.iter().next().map(|wait| wait.certainty()),
            Some(Certainty::Slow)
        );
        drop(waker);
        waits_until(|waits| {
            waits
                .iter()
                .any(|wait| wait.certainty() == Certainty::Certain)
        });
    });
}
