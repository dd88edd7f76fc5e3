//! What the tests share.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::time::Duration;

use smartcall::SmartCall;
use smartcall_testing::{ChargeError, Order, Orders, Payment, Receipt, Shelf};

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// How long a service waits where an answer comes.
pub const PATIENT: Duration = Duration::from_secs(30);

/// How long a service waits where none comes.
pub const IMPATIENT: Duration = Duration::from_millis(50);

/// What a gateway says.
pub type Charged = Result<Receipt, ChargeError>;

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
