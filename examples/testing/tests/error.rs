//! An order that fails: the error is that of the gateway or of the store, and nothing stays reserved.

mod common;

use std::error::Error;
use std::io;

use common::{Charged, PATIENT, limit, nuts, services};
use smartcall_testing::{ChargeError, OrderError, OutOfStock, Payment, Store};

#[smartcall::test]
async fn declined() {
    fn decline() -> Charged {
        Err(ChargeError::Declined("no money".into()))
    }
    let _limit = limit();
    let services = services(
        PATIENT,
        |_: Payment| decline(),
        async |_: Payment| decline(),
    );
    for (gateway, orders) in services {
        let error = orders.place(nuts(3)).await.expect_err("it was declined");
        assert_eq!(error.to_string(), "the card was not charged", "{gateway}");
        let source = error.source().expect("the gateway's error");
        assert_eq!(source.to_string(), "declined: no money", "{gateway}");
        assert_eq!(orders.store().left("nut").await, 10, "{gateway}");
    }
}

#[smartcall::test]
async fn unreachable() {
    fn fail() -> Charged {
        Err(ChargeError::Unreachable(io::ErrorKind::BrokenPipe.into()))
    }
    let _limit = limit();
    for (gateway, orders) in services(PATIENT, |_: Payment| fail(), async |_: Payment| fail()) {
        let error = orders.place(nuts(3)).await.expect_err("nobody was there");
        let OrderError::Charge(ChargeError::Unreachable(source)) = error else {
            panic!("{gateway}: {error}");
        };
        assert_eq!(source.kind(), io::ErrorKind::BrokenPipe, "{gateway}");
        assert_eq!(orders.store().left("nut").await, 10, "{gateway}");
    }
}

/// Then the gateway is not called. A test may use `?`, like any other test.
#[smartcall::test]
async fn out_of_stock() -> Result<(), OrderError> {
    fn unasked() -> Charged {
        panic!("nothing is to be paid")
    }
    let _limit = limit();
    for (gateway, orders) in services(
        PATIENT,
        |_: Payment| unasked(),
        async |_: Payment| unasked(),
    ) {
        orders
            .store()
            .reserve("nut", 8)
            .await
            .map_err(OrderError::OutOfStock)?;
        let error = orders.place(nuts(3)).await.expect_err("there are two");
        assert!(
            matches!(error, OrderError::OutOfStock(OutOfStock { left: 2 })),
            "{gateway}: {error}"
        );
        assert_eq!(orders.store().left("nut").await, 2, "{gateway}");
    }
    Ok(())
}
