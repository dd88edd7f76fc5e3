//! What a function with `#[smart]` does: for its callers, and for its body.

use std::fmt::Display;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use smartcall::{SmartCall, SmartFn, smart};

use crate::common::{limit, retry};

/// An async function.
#[smart]
pub async fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[smart]
fn here() -> ThreadId {
    thread::current().id()
}

/// Bodies on a line of their own, of which a lint could say that they have braces too many.
#[rustfmt::skip]
#[deny(unused)]
mod short {
    use super::*;

    #[smart] pub(super) async fn add(a: u32, b: u32) -> u32 { a + b }
    #[smart] pub(super) fn sync(a: u32) -> u32 { a }
    #[smart(in_place)] pub(super) fn in_place(a: &u32) -> u32 { *a }
    #[smart(blocking = twin)] pub(super) async fn pair(a: u32) -> u32 { a }
    fn twin(a: u32) -> u32 { a }
}

#[test]
fn short_bodies() {
    use short::{add, in_place, pair, sync};
    assert_eq!(
        add(1, 2).get() + sync(3).get() + in_place(&4).get() + pair(5).get(),
        15
    );
}

#[test]
fn get_and_await() {
    limit(|| {
        assert_eq!(add(2, 3).get(), 5);
        assert_eq!(pollster::block_on(add(2, 3).into_future()), 5);
    });
}

#[test]
fn a_sync_body_runs_here_for_sync_callers_and_on_the_pool_for_async_ones() {
    limit(|| {
        assert_eq!(here().get(), thread::current().id());
        let there = pollster::block_on(here().into_future());
        assert_ne!(there, thread::current().id());
    });
}

#[smart]
async fn first_word(text: &str, other: &str) -> String {
    let _ = other;
    text.split(' ').next().unwrap_or("").to_owned()
}

#[smart]
async fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() { a } else { b }
}

#[smart]
async fn trimmed(text: &str) -> &str {
    text.trim()
}

#[test]
fn arguments_may_be_borrowed() {
    let text = String::from("one two");
    assert_eq!(first_word(&text, "").get(), "one");
    assert_eq!(longest(&text, "three").get(), "one two");
    assert_eq!(trimmed(" a ").get(), "a");
}

#[smart]
async fn parse_both(a: &str, b: &str) -> Result<u32, std::num::ParseIntError> {
    if a.is_empty() {
        return Ok(0);
    }
    let a: u32 = a.parse()?;
    Ok(a + b.parse::<u32>()?)
}

#[smart]
fn parse(text: String) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    if text == "none" {
        return Err("none".into());
    }
    Ok(text.parse()?)
}

#[test]
fn a_body_returns_early() {
    assert_eq!(parse_both("", "x").get(), Ok(0));
    assert_eq!(parse_both("1", "2").get(), Ok(3));
    assert!(parse_both("1", "x").get().is_err());
    assert_eq!(parse("7".into()).get().ok(), Some(7));
    assert_eq!(
        parse("none".into())
            .get()
            .expect_err("it fails")
            .to_string(),
        "none"
    );
    assert!(parse("x".into()).get().is_err());
}

/// `return` is coerced to the type that the signature says.
#[smart]
#[allow(clippy::ptr_arg, reason = "it is to be coerced")]
async fn coerced(early: bool, owned: &String) -> &str {
    if early {
        return owned;
    }
    owned
}

#[smart]
async fn boxed_trait(early: bool) -> Box<dyn Display + Send> {
    if early {
        return Box::new(1);
    }
    Box::new("two")
}

#[test]
fn what_a_body_returns_is_coerced() {
    let owned = String::from("text");
    assert_eq!(coerced(true, &owned).get(), "text");
    assert_eq!(coerced(false, &owned).get(), "text");
    assert_eq!(boxed_trait(true).get().to_string(), "1");
    assert_eq!(boxed_trait(false).get().to_string(), "two");
}

#[smart]
async fn nothing() {}

#[smart]
async fn unit(log: &Mutex<Vec<u32>>) -> () {
    log.lock().expect("not poisoned").push(1)
}

#[smart]
async fn squares(n: u32) -> impl Iterator<Item = u32> {
    (0..n).map(|i| i * i)
}

#[smart]
async fn some_squares(n: u32) -> Result<impl Iterator<Item = u32>, String> {
    if n == 0 {
        return Err("none".into());
    }
    Ok((0..n).map(|i| i * i))
}

#[smart]
fn sync_squares(n: u32) -> Option<impl Iterator<Item = u32> + Send> {
    (n > 0).then(|| (0..n).map(|i| i * i))
}

#[smart]
async fn fails(message: &'static str) -> ! {
    panic!("{message}")
}

#[smart]
fn fails_too() -> ! {
    panic!("oh no")
}

#[test]
fn return_types() {
    nothing().get();
    let log = Mutex::new(Vec::new());
    unit(&log).get();
    assert_eq!(*log.lock().expect("not poisoned"), [1]);
    assert_eq!(squares(4).get().sum::<u32>(), 14);
    assert_eq!(some_squares(4).get().expect("it is there").sum::<u32>(), 14);
    assert!(some_squares(0).get().is_err());
    assert_eq!(sync_squares(4).get().expect("it is there").sum::<u32>(), 14);
    let panic = std::panic::catch_unwind(|| -> () { fails("no").get() }).expect_err("it fails");
    assert_eq!(panic.downcast_ref::<String>().expect("it is there"), "no");
    assert!(std::panic::catch_unwind(|| -> () { fails_too().get() }).is_err());
}

struct Point {
    x: u32,
    y: u32,
}

#[smart]
async fn patterns(
    (a, b): (u32, u32),
    Point { x, .. }: Point,
    mut c: u32,
    _: String,
    d @ 0..=u32::MAX: u32,
    [e, ..]: [u32; 2],
    ref f: u32,
) -> u32 {
    c += 1;
    a + b + x + c + d + e + *f
}

#[smart]
fn sync_patterns((a, b): (u32, u32), mut c: u32, _: String) -> u32 {
    c += 1;
    a + b + c
}

#[test]
fn arguments_may_be_patterns() {
    let point = Point { x: 3, y: 0 };
    let _ = point.y;
    let sum = patterns((1, 2), point, 4, String::new(), 5, [6, 0], 7).get();
    assert_eq!(sum, 1 + 2 + 3 + 5 + 5 + 6 + 7);
    assert_eq!(sync_patterns((1, 2), 3, String::new()).get(), 7);
}

/// `cfg` and lint attributes on arguments, the item, and the head of the body.
#[smart]
#[deny(unfulfilled_lint_expectations)]
async fn conditional(
    #[cfg(any())] a: DoesNotExist,
    #[cfg(not(any()))] b: u32,
    #[expect(unused_variables, reason = "the lint asks for the binding")] c: u32,
) -> u32 {
    #![allow(
        clippy::let_and_return,
        reason = "an attribute at the head of the body"
    )]
    let sum = b;
    sum
}

#[smart]
fn sync_conditional(#[cfg(any())] a: DoesNotExist, #[cfg(not(any()))] b: u32) -> u32 {
    b
}

#[cfg(any())]
#[smart]
async fn left_out() {
    does_not_exist();
}

#[test]
fn attributes() {
    assert_eq!(conditional(1, 2).get(), 1);
    assert_eq!(sync_conditional(1).get(), 1);
}

/// Says when it is dropped.
struct Noisy(u32, Arc<Mutex<Vec<u32>>>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.lock().expect("not poisoned").push(self.0);
    }
}

/// The arguments of an `async fn`, used and not, are dropped in the same order here.
#[test]
fn arguments_are_dropped_as_by_an_async_fn() {
    macro_rules! twice {
        ($($name:ident $args:tt $body:block)*) => {$(
            mod $name {
                use super::*;

                pub(super) async fn plain $args $body

                #[smart]
                pub(super) async fn smart $args $body
            }
        )*};
    }
    twice! {
        unused (_a: Noisy, _: Noisy, (_c, _): (Noisy, Noisy)) {}
        used (a: Noisy, _b: Noisy, (_, d): (Noisy, Noisy)) {
            drop(d);
            let _in_body = Noisy(9, a.1.clone());
        }
        after_a_pattern (a: Noisy, (b, _): (Noisy, Noisy), c: Noisy) {
            let _all = (&a, &b, &c);
            std::future::ready(()).await;
        }
        suspended (a: Noisy, _: Noisy, (_c, _d): (Noisy, Noisy)) {
            let _in_body = Noisy(9, a.1.clone());
            std::future::pending::<()>().await;
        }
    }

    let log = Arc::new(Mutex::new(Vec::new()));
    let noisy = |n| Noisy(n, log.clone());
    let taken = || std::mem::take(&mut *log.lock().expect("not poisoned"));
    macro_rules! compare {
        ($name:ident) => {
            let plain = $name::plain(noisy(1), noisy(2), (noisy(3), noisy(4)));
            pollster::block_on(plain);
            let plain = taken();
            $name::smart(noisy(1), noisy(2), (noisy(3), noisy(4))).get();
            assert_eq!(plain, taken(), "run to the end");
            assert!(plain.len() >= 4);

            // An `async fn` that never ran drops them the other way round. Here it is one order.
            drop($name::smart(noisy(1), noisy(2), (noisy(3), noisy(4))));
            assert_eq!(taken(), [3, 4, 2, 1], "never run");
        };
    }
    compare!(unused);
    compare!(used);

    pollster::block_on(after_a_pattern::plain(
        noisy(1),
        (noisy(2), noisy(3)),
        noisy(4),
    ));
    let plain = taken();
    after_a_pattern::smart(noisy(1), (noisy(2), noisy(3)), noisy(4)).get();
    assert_eq!(plain, taken(), "a name after a pattern");

    fn poll_and_drop<T>(future: impl std::future::Future<Output = T>) {
        let mut future = Box::pin(future);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
    }
    poll_and_drop(suspended::plain(noisy(1), noisy(2), (noisy(3), noisy(4))));
    let plain = taken();
    assert!(plain.len() == 5);
    let smart = suspended::smart(noisy(1), noisy(2), (noisy(3), noisy(4)));
    poll_and_drop(smart.into_future());
    assert_eq!(plain, taken(), "dropped while it waits");
}

/// Temporaries of the last expression may borrow from arguments, as in an `async fn`.
#[smart]
async fn locked(n: Mutex<u32>) -> u32 {
    *n.lock().expect("not poisoned")
}

#[smart]
fn sync_locked(n: Mutex<u32>) -> u32 {
    *n.lock().expect("not poisoned")
}

#[smart(in_place)]
fn peek(n: &Mutex<u32>) -> u32 {
    *n.lock().expect("not poisoned")
}

#[test]
fn temporaries_of_the_last_expression() {
    assert_eq!(peek(&Mutex::new(5)).get(), 5);
    assert_eq!(locked(Mutex::new(5)).get(), 5);
    assert_eq!(sync_locked(Mutex::new(5)).get(), 5);
}

/// Calls an operation once more if it fails, with `#[smart]`.
#[smart]
async fn again<T, E, K>(op: impl SmartCall<Result<T, E>, K>) -> Result<T, E> {
    match op.invoke().await {
        Err(_) => op.invoke().await,
        done => done,
    }
}

#[smart]
async fn fetch_conf() -> Result<u32, String> {
    Ok(5)
}

#[smart]
fn read_conf() -> Result<u32, String> {
    Ok(6)
}

#[test]
fn a_smart_function_is_a_smart_callable() {
    limit(|| {
        assert_eq!(retry(fetch_conf, 3).get(), Ok(5));
        assert_eq!(retry(read_conf, 3).get(), Ok(6));
        assert_eq!(
            pollster::block_on(retry(fetch_conf, 3).into_future()),
            Ok(5)
        );
        assert_eq!(pollster::block_on(retry(read_conf, 3).into_future()), Ok(6));
        assert_eq!(add.invoke_with((2, 3)).get(), 5);

        let ops = [SmartFn::new(fetch_conf), SmartFn::new(read_conf)];
        assert_eq!(ops[1].invoke().get(), Ok(6));
    });
}

#[test]
fn middlewares_nest_three_deep() {
    limit(|| {
        let asynchronous = || again(|| again(|| retry(async || Err::<u32, _>("no"), 2)));
        let smart = || retry(|| again(|| retry(fetch_conf, 2)), 2);
        let mixed = || again(|| retry(|| again(|| Ok::<_, String>(7)), 2));
        let sync = || again(|| again(|| again(read_conf)));
        assert_eq!(asynchronous().get(), Err("no"));
        assert_eq!(smart().get(), Ok(5));
        assert_eq!(mixed().get(), Ok(7));
        assert_eq!(sync().get(), Ok(6));
        let all = async {
            assert_eq!(asynchronous().await, Err("no"));
            assert_eq!(smart().await, Ok(5));
            assert_eq!(mixed().await, Ok(7));
            assert_eq!(sync().await, Ok(6));
        };
        pollster::block_on(all);
    });
}

/// Like that of an `async fn`, the future is `Send` when the body is.
#[test]
fn the_handle_is_send_when_the_body_is() {
    fn send<T: Send>(_: &T) {}
    let text = String::from("one two");
    send(&first_word(&text, "").into_future());
    send(&parse("5".into()).into_future());

    #[smart(send)]
    async fn promised(text: &str) -> usize {
        text.len()
    }
    send(&promised(&text));
}

/// The future is as large as that of an `async fn`, and the handle two words larger at most.
#[test]
fn the_size_of_the_future() {
    async fn plain(a: [u64; 8], b: String) -> u64 {
        nothing().await;
        a[0] + b.len() as u64
    }
    #[smart]
    async fn smart(a: [u64; 8], b: String) -> u64 {
        nothing().await;
        a[0] + b.len() as u64
    }
    let bare = size_of_val(&plain([0; 8], String::new()));
    let handle = smart([0; 8], String::new());
    let words = 2 * size_of::<usize>();
    assert!(size_of_val(&handle) <= bare + words);
    assert!(size_of_val(&handle.into_future()) <= bare + words);
}
