//! A gateway that panics: the panic reaches the caller unchanged.

mod common;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Charged, PATIENT, RECEIPT, limit, nuts, services, shelf};
use futures::FutureExt;
use smartcall_testing::{Orders, Payment};

#[smartcall::test]
#[should_panic(expected = "the card is on fire")]
async fn of_a_sync_gateway() {
    let _limit = limit();
    let gateway = |_: Payment| -> Charged { panic!("the card is on fire") };
    let orders = Orders::new(shelf(), gateway, PATIENT);
    let _ = orders.place(nuts(3)).await;
}

#[smartcall::test]
#[should_panic(expected = "the card is on fire")]
async fn of_an_async_gateway() {
    let _limit = limit();
    let gateway = async |_: Payment| -> Charged { panic!("the card is on fire") };
    let orders = Orders::new(shelf(), gateway, PATIENT);
    let _ = orders.place(nuts(3)).await;
}

/// The service, the pool and the executor keep working.
#[smartcall::test]
async fn and_afterwards() {
    fn charge(panicked: &AtomicBool) -> Charged {
        if !panicked.swap(true, Ordering::Relaxed) {
            panic!("this once");
        }
        Ok(RECEIPT)
    }
    let _limit = limit();
    let (first, other) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let sync = move |_: Payment| charge(&first);
    let asynchronous = move |_: Payment| {
        let panicked = Arc::clone(&other);
        async move { charge(&panicked) }
    };
    for (gateway, orders) in services(PATIENT, sync, asynchronous) {
        let placed = AssertUnwindSafe(orders.place(nuts(3)));
        let panic = placed.catch_unwind().await.expect_err("it panicked");
        assert_eq!(panic.downcast_ref(), Some(&"this once"), "{gateway}");
        let placed = orders.place(nuts(3)).await.expect("it is placed");
        assert_eq!(placed.receipt, RECEIPT, "{gateway}");
    }
}
