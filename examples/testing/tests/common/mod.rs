//! Shared test code.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::time::Duration;

use smartcall::SmartCall;
use smartcall_testing::{ChargeError, Order, Orders, Payment, Receipt, Shelf};

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// The time limit of a service that gets an answer.
pub const PATIENT: Duration = Duration::from_secs(30);

/// The time limit of a service that gets no answer.
pub const IMPATIENT: Duration = Duration::from_millis(50);

/// The answer of a gateway.
pub type Charged = Result<Receipt, ChargeError>;

/// Returns an order of `n` nuts.
pub fn nuts(n: u32) -> Order {
    Order {
        item: "nut".into(),
        n,
        card: "1234".into(),
    }
}

/// Returns a shelf with ten nuts, for 5 cents each.
pub fn shelf() -> Shelf {
    Shelf::new([("nut", 10)], 5)
}

/// The receipt that all fakes return.
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
