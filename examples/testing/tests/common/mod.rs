//! What the tests share.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::io::{self, Write};
use std::panic::Location;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use smartcall::SmartCall;
use smartcall_testing::{ChargeError, Order, Orders, Payment, Receipt, Shelf};

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a service waits where an answer comes.
pub const PATIENT: Duration = Duration::from_secs(30);

/// How long a service waits where none comes.
pub const IMPATIENT: Duration = Duration::from_millis(50);

/// What a gateway says.
pub type Charged = Result<Receipt, ChargeError>;

/// Lets a test go on, until it is dropped or the time is over.
///
/// It is a value, for tests that are async.
#[must_use = "the limit ends as soon as it is dropped"]
pub struct Limit {
    _running: Sender<()>,
}

/// Names the caller's place and ends the process if a test hangs.
#[track_caller]
pub fn limit() -> Limit {
    let place = Location::caller();
    let (running, ended) = mpsc::channel();
    thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            // Not by `eprintln!`: what a test prints is kept back until it ends.
            let _ = writeln!(
                io::stderr(),
                "the test at {place} hangs: no end after {LIMIT:?}"
            );
            process::abort();
        }
    });
    Limit { _running: running }
}

/// An order of so many nuts.
pub fn nuts(n: u32) -> Order {
    Order {
        item: "nut".into(),
        n,
        card: "1234".into(),
    }
}

/// A shelf with ten nuts, for 5 cents each.
pub fn shelf() -> Shelf {
    Shelf::new([("nut", 10)], 5)
}

/// The receipt of all fakes.
pub const RECEIPT: Receipt = Receipt { number: 7 };

/// Makes two services, one with a sync fake and one with an async fake of the gateway.
pub fn services<K: 'static, L: 'static>(
    patience: Duration,
    sync: impl SmartCall<Charged, K, (Payment,), Work: Send> + Send + Sync + 'static,
    asynchronous: impl SmartCall<Charged, L, (Payment,), Work: Send> + Send + Sync + 'static,
) -> [(&'static str, Orders<Shelf>); 2] {
    [
        ("sync gateway", Orders::new(shelf(), sync, patience)),
        (
            "async gateway",
            Orders::new(shelf(), asynchronous, patience),
        ),
    ]
}
