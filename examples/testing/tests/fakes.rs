//! Fakes of the store and of the gateway, sync and async ones.

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Charged, PATIENT, RECEIPT, limit, nuts, services, shelf};
use smartcall::{Dual, SmartFn, smart};
use smartcall_testing::{Orders, OutOfStock, Payment, Shelf, Store};

/// A remote store: each answer takes a while.
struct Far(Shelf);

impl Far {
    async fn travel(&self) {
        smartcall::sleep(Duration::from_millis(1)).await;
    }
}

#[smart]
impl Store for Far {
    async fn reserve(&self, item: &str, n: u32) -> Result<u32, OutOfStock> {
        self.travel().await;
        self.0.reserve(item, n).await
    }

    async fn release(&self, item: &str, n: u32) {
        self.travel().await;
        self.0.release(item, n).await;
    }

    async fn left(&self, item: &str) -> u32 {
        self.travel().await;
        self.0.left(item).await
    }
}

/// The payments that a fake gateway has recorded.
type Payments = Arc<Mutex<Vec<Payment>>>;

fn note(payments: &Payments, payment: Payment) -> Charged {
    payments.lock().expect("not poisoned").push(payment);
    Ok(RECEIPT)
}

/// Returns fakes of a gateway that records its payments, one for every kind of callable.
fn gateways(payments: &Payments) -> [SmartFn<Charged, (Payment,)>; 3] {
    let [sync, asynchronous, smart] = [(); 3].map(|()| Arc::clone(payments));
    [
        SmartFn::new(move |payment: Payment| note(&sync, payment)),
        SmartFn::new(move |payment: Payment| {
            let payments = Arc::clone(&asynchronous);
            async move { note(&payments, payment) }
        }),
        SmartFn::new(move |payment: Payment| Dual::ready(note(&smart, payment))),
    ]
}

async fn check(store: impl Store, gateway: SmartFn<Charged, (Payment,)>) {
    let orders = Orders::new(store, gateway, PATIENT);
    orders.place(nuts(3)).await.expect("it is placed");
    assert_eq!(orders.store().left("nut").await, 7);
}

/// A sync and an async store, with gateways of every kind.
#[smartcall::test]
async fn every_store_and_gateway() {
    let _limit = limit();
    let payments = Payments::default();
    for gateway in gateways(&payments) {
        check(shelf(), gateway.clone()).await;
        check(Far(shelf()), gateway).await;
    }
    let expected = Payment {
        card: "1234".into(),
        cents: 15,
    };
    assert_eq!(*payments.lock().expect("not poisoned"), vec![expected; 6]);
}

/// An existing function is a fake, too.
#[smartcall::test]
fn functions() {
    fn approve(_: Payment) -> Charged {
        Ok(RECEIPT)
    }
    async fn approve_later(_: Payment) -> Charged {
        smartcall::sleep(Duration::from_millis(1)).await;
        Ok(RECEIPT)
    }
    let _limit = limit();
    for (gateway, orders) in services(PATIENT, approve, approve_later) {
        let placed = orders.place(nuts(3)).get().expect("it is placed");
        assert_eq!(placed.receipt, RECEIPT, "{gateway}");
    }
}
