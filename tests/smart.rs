//! What a function with `#[smart]` does: for its callers, and for its body.

#![cfg(feature = "macros")]

mod common;

use std::fmt::Display;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use common::limit;
use smartcall::{Dual, DualOf, SmartCall, Work, smart};

/// An async function.
#[smart]
pub async fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[smart]
fn here() -> ThreadId {
    thread::current().id()
}

#[test]
fn smoke() {
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
    assert_eq!(parse("none".into()).get().unwrap_err().to_string(), "none");
    assert!(parse("x".into()).get().is_err());
}

/// `return` is coerced to the type that the signature says.
#[smart]
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
    log.lock().unwrap().push(1)
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
    loop {
        panic!("oh no")
    }
}

#[test]
fn return_types() {
    nothing().get();
    let log = Mutex::new(Vec::new());
    unit(&log).get();
    assert_eq!(*log.lock().unwrap(), [1]);
    assert_eq!(squares(4).get().sum::<u32>(), 14);
    assert_eq!(some_squares(4).get().unwrap().sum::<u32>(), 14);
    assert!(some_squares(0).get().is_err());
    assert_eq!(sync_squares(4).get().unwrap().sum::<u32>(), 14);
    let panic = std::panic::catch_unwind(|| -> () { fails("no").get() }).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "no");
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
    d @ _: u32,
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
