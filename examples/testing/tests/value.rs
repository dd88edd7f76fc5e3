//! An order that succeeds.

mod common;

use common::{PATIENT, RECEIPT, limit, nuts, services};
use smartcall_testing::{Confirmation, Payment, Store};

const CONFIRMATION: Confirmation = Confirmation {
    cents: 15,
    receipt: RECEIPT,
};

/// An async caller: driven by one `.get()`, and as a task of three executors.
#[smartcall::test]
async fn awaited() {
    let _limit = limit();
    let services = services(
        PATIENT,
        |_: Payment| Ok(RECEIPT),
        async |_: Payment| Ok(RECEIPT),
    );
    for (gateway, orders) in services {
        let placed = orders.place(nuts(3)).await;
        assert_eq!(placed.expect("it is placed"), CONFIRMATION, "{gateway}");
        assert_eq!(orders.store().left("nut").await, 7, "{gateway}");
    }
}

/// A sync caller: in plain sync code, and in sync code that tasks of three executors call.
#[smartcall::test]
fn got() {
    let _limit = limit();
    let services = services(
        PATIENT,
        |_: Payment| Ok(RECEIPT),
        async |_: Payment| Ok(RECEIPT),
    );
    for (gateway, orders) in services {
        let placed = orders.place(nuts(3)).get();
        assert_eq!(placed.expect("it is placed"), CONFIRMATION, "{gateway}");
        assert_eq!(orders.store().left("nut").get(), 7, "{gateway}");
    }
}
