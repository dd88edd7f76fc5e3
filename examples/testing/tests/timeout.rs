//! A gateway that does not answer. The tests check that the wait ends, and not how long it takes.

mod common;

use std::future;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{Charged, IMPATIENT, PATIENT, RECEIPT, limit, nuts, services, shelf};
use futures::FutureExt;
use futures::channel::oneshot;
use smartcall::{Dual, offload};
use smartcall_testing::{OrderError, Orders, Payment, Receipt, Store};

/// Blocks until the call is cancelled.
fn block(_: Payment) -> Charged {
    while !offload::is_cancelled() {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(RECEIPT)
}

/// The timeout fires for sync code, too, with every caller.
#[smartcall::test]
async fn awaited() {
    let _limit = limit();
    for (gateway, orders) in services(IMPATIENT, block, async |_: Payment| future::pending().await)
    {
        let error = orders.place(nuts(3)).await.expect_err("no answer");
        assert!(matches!(error, OrderError::Silence), "{gateway}: {error}");
        assert_eq!(orders.store().left("nut").await, 10, "{gateway}");
    }
}

#[smartcall::test]
fn got() {
    let _limit = limit();
    for (gateway, orders) in services(IMPATIENT, block, async |_: Payment| future::pending().await)
    {
        let error = orders.place(nuts(3)).get().expect_err("no answer");
        assert!(matches!(error, OrderError::Silence), "{gateway}: {error}");
        assert_eq!(orders.store().left("nut").get(), 10, "{gateway}");
    }
}

/// Sync code can't be interrupted. It can check whether it was cancelled, and return.
#[smartcall::test]
async fn sync_gateway_is_told() {
    let _limit = limit();
    let (telling, told) = mpsc::channel();
    let gateway = move |payment: Payment| {
        let charged = block(payment);
        telling.send(()).expect("the test waits for it");
        charged
    };
    let orders = Orders::new(shelf(), gateway, IMPATIENT);
    orders.place(nuts(3)).await.expect_err("no answer");
    // `recv` blocks, so it runs where blocking is allowed, in a test as in any other code.
    let told = Dual::blocking(move || told.recv()).await;
    told.expect("it has ended");
}

/// A caller limits its own wait. The order is returned, and continues from where it is.
#[smartcall::test]
fn get_for_a_time() {
    let _limit = limit();
    let (answer, answered) = oneshot::channel::<Receipt>();
    let answered = answered.shared();
    let gateway = move |_: Payment| {
        let answered = answered.clone();
        async move { Ok(answered.await.expect("it is sent")) }
    };
    let orders = Orders::new(shelf(), gateway, PATIENT);
    let placing = orders.place(nuts(3));
    let placing = placing.get_timeout(IMPATIENT).expect_err("no answer yet");
    answer.send(RECEIPT).expect("it is awaited");
    assert_eq!(placing.get().expect("it is placed").receipt, RECEIPT);
}
