//! Scenarios of the driver, explored for each order in which the threads can run.

use std::panic::{self, AssertUnwindSafe, Location};
use std::pin::{Pin, pin};
use std::sync::Arc as StdArc;

use loom::sync::atomic::AtomicUsize as Data;
use loom::thread::spawn;
use smartcall_models::loom_explore::explore;

use crate::drive::driver;
use crate::placement::{self, Leave, Number, Placement, Ticket};
use crate::sync::{self, AtomicBool, Condvar, Mutex, MutexGuard, Ordering};
use crate::task::{Context, Future, Poll, Waker, poll_fn};

/// Something that another thread does before it wakes the waiting thread.
#[derive(Clone)]
struct Event(StdArc<Data>);

impl Event {
    fn new() -> Self {
        Event(StdArc::new(Data::new(0)))
    }

    /// Starts a thread that does it and wakes.
    fn start(&self, waker: Waker) {
        self.start_and(move || waker.wake());
    }

    /// The same, with the waker kept for a while.
    fn start_by_ref(&self, waker: Waker) {
        self.start_and(move || waker.wake_by_ref());
    }

    fn start_and(&self, wake: impl FnOnce() + 'static) {
        let event = self.clone();
        spawn(move || {
            event.0.store(1, Ordering::Relaxed);
            wake();
        });
    }

    /// The load is relaxed, so only the wake-up makes the event visible.
    fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 1
    }
}

/// Drives a future, and waits for ever if nothing wakes it: so a lost wake-up is a deadlock.
fn drive<F: Future>(future: Pin<&mut F>) -> F::Output {
    driver::serve(future, Location::caller())
}

/// Waits for an event that is started in the first poll. A second poll happens only after a wake-up.
fn get(event: &Event) {
    let mut started = false;
    drive(pin!(poll_fn(|cx| {
        if started {
            assert!(event.happened(), "polled without having been woken");
            return Poll::Ready(());
        }
        started = true;
        event.start(cx.waker().clone());
        Poll::Pending
    })));
}

pub(crate) fn one_wake() {
    explore(4, || get(&Event::new()));
}

/// A call, as of sync code, on a thread that turns a runtime while it waits.
fn turning(event: &Event) {
    crate::internal::set_turns();
    let mut polls = 0;
    let waits = pin!(poll_fn(|cx| {
        polls += 1;
        match polls {
            1 => event.start(cx.waker().clone()),
            _ => assert!(event.happened(), "polled without having been woken"),
        }
        if polls < 2 {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }));
    let value = driver::block_on(waits, Location::caller());
    assert!(value.is_ok(), "something wakes it");
}

pub(crate) fn wake_of_a_turn() {
    explore(4, || turning(&Event::new()));
}

pub(crate) fn two_turns() {
    explore(3, || {
        turning(&Event::new());
        turning(&Event::new());
    });
}

pub(crate) fn two_wakes() {
    explore(3, || {
        let events = [Event::new(), Event::new()];
        let mut polls = 0;
        drive(pin!(poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                events[0].start(cx.waker().clone());
                events[1].start_by_ref(cx.waker().clone());
                return Poll::Pending;
            }
            let happened = events.iter().filter(|event| event.happened()).count();
            // One wake-up may cover both events, but each poll needs a wake-up.
            assert!(happened >= polls - 1, "polled without having been woken");
            if happened == 2 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })));
    });
}

/// Starts an outer event, runs `eat` in the same poll, and then waits for the outer event.
fn join(event: &Event, mut eat: impl FnMut()) {
    let mut started = false;
    drive(pin!(poll_fn(|cx| {
        if started {
            assert!(event.happened(), "polled without having been woken");
            return Poll::Ready(());
        }
        started = true;
        event.start(cx.waker().clone());
        eat();
        Poll::Pending
    })));
}

pub(crate) fn nested_levels() {
    explore(3, || join(&Event::new(), || get(&Event::new())));
}

/// Parks the thread without the driver, as `mpsc::recv` does.
fn eat_tokens() {
    let flag = StdArc::new(AtomicBool::new(false));
    let (thread, other) = (sync::current(), StdArc::clone(&flag));
    spawn(move || {
        other.store(true, Ordering::Release);
        thread.unpark();
    });
    while !flag.load(Ordering::Acquire) {
        sync::park();
    }
}

pub(crate) fn token_eater() {
    explore(3, || join(&Event::new(), eat_tokens));
}

pub(crate) fn parking_host() {
    explore(3, || {
        crate::internal::set_host(eat_tokens, |_| false);
        get(&Event::new());
    });
}

pub(crate) fn stopped_while_it_wakes_itself() {
    explore(1, || {
        crate::internal::set_host(|| (), |_| true);
        let mut polls = 0;
        let call = || {
            drive(pin!(poll_fn(|cx| {
                polls += 1;
                cx.waker().wake_by_ref();
                if polls < 70 {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            })));
        };
        let ended = panic::catch_unwind(AssertUnwindSafe(call)).expect_err("it never asked");
        let message = ended.downcast::<String>().expect("it has a message");
        assert_eq!(*message, crate::internal::STOPPED);
    });
}

pub(crate) fn foreign_driver_above() {
    explore(3, || {
        let (outer, inner) = (StdArc::new(AtomicBool::new(false)), Event::new());
        let (thread, other) = (sync::current(), StdArc::clone(&outer));
        spawn(move || {
            other.store(true, Ordering::Release);
            thread.unpark();
        });
        // A driver that has only the park token polls, and parks if the future is pending.
        let poll_outer = || outer.load(Ordering::Acquire);
        let mut ready = poll_outer();
        // The rest of the first poll is a `get` of this crate.
        get(&inner);
        while !ready {
            sync::park();
            ready = poll_outer();
        }
    });
}

pub(crate) fn waker_kept_from_an_earlier_call() {
    explore(3, || {
        let mut kept = None;
        let mut polls = 0;
        drive(pin!(poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                kept = Some(cx.waker().clone());
                cx.waker().clone().wake();
                return Poll::Pending;
            }
            Poll::Ready(())
        })));
        let late = kept.take().expect("a waker was kept");
        spawn(move || late.wake());
        get(&Event::new());
    });
}

/// Wakes a wait from outside, once all threads are done, by a waker that does not count.
#[derive(Clone)]
struct Outside(StdArc<Mutex<Threads>>);

struct Threads {
    /// How many are not done.
    left: usize,
    waker: Option<Waker>,
}

impl Outside {
    fn new(threads: usize) -> Self {
        Outside(StdArc::new(Mutex::new(Threads {
            left: threads,
            waker: None,
        })))
    }

    /// Notes that a thread is done.
    fn done(&self) {
        let mut threads = sync::ignore_poison(self.0.lock());
        threads.left -= 1;
        let is_last = threads.left == 0;
        let waker = threads.waker.take_if(|_| is_last);
        drop(threads);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Registers the waker of a wait, or wakes it.
    fn register(&self, waker: &Waker) {
        let mut threads = sync::ignore_poison(self.0.lock());
        if threads.left > 0 {
            threads.waker = Some(waker.clone());
            return;
        }
        drop(threads);
        waker.wake_by_ref();
    }
}

/// How a thread uses its waker.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Wakes,
    WakesByRef,
    Drops,
}

/// What a future waits for whose wakers are used.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    /// Until it has seen what was done before each wake-up. It must not be told that nothing can wake it.
    Woken,
    /// For ever. It must be told, and not before all wakers were dropped, and a poll has seen what was done before each wake-up.
    Told,
}

/// A `.get()`, while each thread uses a waker of its future.
fn used(uses: &[Use], until: Until) {
    let outside = Outside::new(uses.len());
    let host = outside.clone();
    crate::internal::set_host(
        || (),
        move |waker| {
            host.register(waker);
            false
        },
    );
    let events: Vec<_> = uses.iter().map(|used| (*used, Event::new())).collect();
    let mut seen = vec![false; uses.len()];
    let mut started = false;
    let future = pin!(poll_fn(|cx| {
        for ((used, event), seen) in events.iter().zip(&mut seen) {
            if started {
                *seen = event.happened();
                continue;
            }
            let (used, waker, outside) = (*used, cx.waker().clone(), outside.clone());
            event.start_and(move || {
                match used {
                    Use::Wakes => waker.wake(),
                    Use::WakesByRef => {
                        waker.wake_by_ref();
                        drop(waker);
                    }
                    Use::Drops => drop(waker),
                }
                outside.done();
            });
        }
        started = true;
        let mut wakers = uses.iter().zip(&seen);
        if until == Until::Woken && wakers.all(|(used, seen)| *seen || *used == Use::Drops) {
            return Poll::Ready(());
        }
        Poll::Pending
    }));
    let is_told = driver::block_on(future, Location::caller()).is_err();
    if until == Until::Told {
        assert!(is_told, "it was never ready");
        for ((used, event), seen) in events.iter().zip(seen) {
            let is_known = event.happened() && (seen || *used == Use::Drops);
            assert!(is_known, "told that nothing can wake it, and was woken");
        }
    } else {
        assert!(!is_told, "told that nothing can wake it, and was woken");
    }
}

pub(crate) fn told_if_nothing_wakes() {
    explore(4, || used(&[Use::Wakes], Until::Told));
    explore(4, || used(&[Use::WakesByRef], Until::Told));
    explore(4, || used(&[Use::Drops], Until::Told));
    explore(2, || used(&[Use::Wakes, Use::Drops], Until::Told));
    explore(2, || used(&[Use::Wakes, Use::WakesByRef], Until::Told));
}

pub(crate) fn not_told_if_woken() {
    explore(4, || used(&[Use::Wakes], Until::Woken));
    explore(4, || used(&[Use::WakesByRef], Until::Woken));
    explore(2, || used(&[Use::Wakes, Use::Drops], Until::Woken));
    explore(2, || used(&[Use::Wakes, Use::WakesByRef], Until::Woken));
}

/// Asks for a placement until it is known where to run.
struct Part {
    asked: bool,
    placement: Option<Placement>,
}

impl Part {
    fn new() -> Self {
        Part {
            asked: false,
            placement: None,
        }
    }

    /// Returns whether it ran inline, in this poll.
    fn poll(&mut self, cx: &Context<'_>) -> bool {
        if self.placement.is_some() {
            return false;
        }
        let placement = placement::decide(cx, &mut self.asked);
        if placement != Placement::Undecided {
            self.placement = Some(placement);
        }
        placement == Placement::Inline
    }
}

/// A `join!` of sync code and of a part that passes the waker to `start`.
///
/// While sync code runs inline, this thread polls nothing else. So a part that was woken must have been polled, and no part
/// that can be woken may be waiting.
fn join_with_part(start: impl FnOnce(&Event, Waker), done: impl Fn(&Event) -> bool) {
    let event = Event::new();
    let mut start = Some(start);
    let (mut part, mut polled) = (Part::new(), false);
    drive(pin!(poll_fn(|cx| {
        if part.poll(cx) {
            assert!(polled, "runs here, and something else was woken");
        }
        if let Some(start) = start.take() {
            start(&event, cx.waker().clone());
        } else {
            polled |= done(&event);
        }
        if part.placement.is_some() && polled {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })));
}

pub(crate) fn here_if_alone() {
    explore(4, || join_with_part(Event::start, Event::happened));
}

pub(crate) fn here_if_left_alone() {
    explore(4, || {
        let ran_here = || {
            let event = Event::new();
            let (mut part, mut started, mut here) = (Part::new(), false, false);
            drive(pin!(poll_fn(|cx| {
                here |= part.poll(cx);
                if !started {
                    started = true;
                    let (event, waker) = (event.clone(), cx.waker().clone());
                    // The waker is dropped unused, as by a timer that is dropped: nothing will be woken.
                    spawn(move || {
                        event.0.store(1, Ordering::Relaxed);
                        drop(waker);
                    });
                }
                match part.placement {
                    Some(_) => Poll::Ready(()),
                    None => Poll::Pending,
                }
            })));
            if here {
                assert!(event.happened(), "alone, and has not seen what was done");
            }
        };
        ran_here();
    });
}

pub(crate) fn two_that_ask() {
    explore(3, || {
        let mut parts = [Part::new(), Part::new()];
        drive(pin!(poll_fn(|cx| {
            for part in &mut parts {
                assert!(!part.poll(cx), "two asked, and one runs here");
            }
            if parts.iter().all(|part| part.placement.is_some()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })));

        // A part that is alone runs inline: it needs no other thread.
        let mut part = Part::new();
        drive(pin!(poll_fn(|cx| {
            part.poll(cx);
            match part.placement {
                Some(placement) => {
                    assert_eq!(placement, Placement::Inline);
                    Poll::Ready(())
                }
                None => Poll::Pending,
            }
        })));
    });
}

/// Tells that code has begun.
#[derive(Clone)]
struct Begun(StdArc<(Mutex<State>, Condvar)>);

struct State {
    /// How often it has begun.
    times: usize,
    /// What waits for it.
    waker: Option<Waker>,
}

impl Begun {
    fn new() -> Self {
        let state = State {
            times: 0,
            waker: None,
        };
        Begun(StdArc::new((Mutex::new(state), Condvar::new())))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::ignore_poison(self.0.0.lock())
    }

    fn begin(&self) {
        let mut state = self.lock();
        state.times += 1;
        let waker = state.waker.take();
        drop(state);
        self.0.1.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn times(&self) -> usize {
        self.lock().times
    }

    /// Waits until the code has begun.
    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.times > 0 {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn get(&self) {
        drive(pin!(poll_fn(|cx| self.poll(cx))));
    }

    /// Waits without a driver.
    fn wait(&self) {
        drop(self.0.1.wait_while(self.lock(), |state| state.times == 0));
    }
}

/// Code that begins on another thread, if it is sent.
struct Code(Begun);

impl Leave for Code {
    fn send(self, _: Number) {
        spawn(move || self.0.begin());
    }
}

/// Asks, and leaves its code.
fn ask(cx: &Context<'_>, begun: &Begun) -> Ticket {
    placement::ask(cx, || Code(begun.clone())).expect("it is polled by the driver")
}

/// Takes code that has asked, and runs it here.
fn run_here(cx: &Context<'_>, ticket: Ticket) {
    let code: Code = placement::take(ticket).expect("it was sent, and not left");
    assert!(placement::is_granted(cx), "it is alone, and not granted");
    code.0.begin();
}

/// A part asks, and what is polled then is what waits for it.
pub(crate) fn asked_and_left() {
    explore(3, || {
        let begun = Begun::new();
        let mut asked = false;
        drive(pin!(poll_fn(|cx| {
            if !asked {
                asked = true;
                ask(cx, &begun);
                return Poll::Pending;
            }
            begun.poll(cx)
        })));
        assert_eq!(begun.times(), 1);
    });
}

/// Parts that follow each other and are alone are not left. The second one asks in the poll that decides on the first.
pub(crate) fn asked_and_taken() {
    explore(3, || {
        let (first, second) = (Begun::new(), Begun::new());
        let mut tickets = Vec::new();
        drive(pin!(poll_fn(|cx| {
            match tickets[..] {
                [] => tickets.push(ask(cx, &first)),
                [ticket] => {
                    run_here(cx, ticket);
                    tickets.push(ask(cx, &second));
                }
                [_, ticket] => {
                    run_here(cx, ticket);
                    return Poll::Ready(());
                }
                _ => unreachable!("there are two parts"),
            }
            Poll::Pending
        })));
        assert_eq!((first.times(), second.times()), (1, 1));
    });
}

/// A part asks, and in the same poll a nested level waits for it.
pub(crate) fn asked_and_waited_for_in_the_poll() {
    explore(3, || {
        let begun = Begun::new();
        drive(pin!(poll_fn(|cx| {
            ask(cx, &begun);
            begun.get();
            Poll::Ready(())
        })));
        assert_eq!(begun.times(), 1);
    });
}

/// A part asks in the last poll of its level, and is waited for after that.
pub(crate) fn asked_in_the_last_poll() {
    explore(3, || {
        let begun = Begun::new();
        drive(pin!(poll_fn(|cx| {
            ask(cx, &begun);
            Poll::Ready(())
        })));
        // A driver would send the code.
        begun.wait();
    });
}
