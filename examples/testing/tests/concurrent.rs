//! Orders at the same time.

mod common;

use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::task::Poll;

use common::{Charged, PATIENT, RECEIPT, limit, nuts, services};
use smartcall_testing::{OrderError, Payment};

/// An answer that blocks until the other payment arrives.
fn meet(barrier: &Barrier) -> Charged {
    barrier.wait();
    Ok(RECEIPT)
}

/// An answer that waits for the other payment without blocking.
async fn meet_async(arrived: &AtomicU32) -> Charged {
    arrived.fetch_add(1, Ordering::Relaxed);
    poll_fn(|cx| {
        if arrived.load(Ordering::Relaxed) < 2 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(RECEIPT))
    })
    .await
}

/// Two payments that wait for each other. One after the other they would never end.
#[smartcall::test]
async fn payments_that_meet() {
    let _limit = limit();
    let (barrier, arrived) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let sync = move |_: Payment| meet(&barrier);
    let asynchronous = move |_: Payment| {
        let arrived = Arc::clone(&arrived);
        async move { meet_async(&arrived).await }
    };
    for (gateway, orders) in services(PATIENT, sync, asynchronous) {
        let placed = orders.place_all(vec![nuts(3), nuts(4)]).await;
        let cents: Vec<u32> = placed
            .into_iter()
            .map(|placed| placed.map_or(0, |it| it.cents))
            .collect();
        assert_eq!(cents, [15, 20], "{gateway}");
    }
}

/// Ten orders of two, for ten items: no item is sold twice.
#[smartcall::test]
fn more_orders_than_items() {
    let _limit = limit();
    let services = services(
        PATIENT,
        |_: Payment| Ok(RECEIPT),
        async |_: Payment| Ok(RECEIPT),
    );
    for (gateway, orders) in services {
        let placed = orders.place_all(vec![nuts(2); 10]).get();
        let (placed, failed): (Vec<_>, Vec<_>) = placed.into_iter().partition(Result::is_ok);
        assert_eq!(placed.len(), 5, "{gateway}");
        let is_out = |failed| matches!(failed, Err(OrderError::OutOfStock(_)));
        assert!(failed.into_iter().all(is_out), "{gateway}");
    }
}
