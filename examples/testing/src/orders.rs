use std::time::Duration;

use smartcall::{SmartCall, SmartFn, join, smart};

use crate::{ChargeError, Confirmation, Order, OrderError, Payment, Receipt, Store};

/// The service: it takes orders, and charges for them.
///
/// It is written once, and depends neither on the kind of the store and the gateway nor on the caller.
#[derive(Debug)]
pub struct Orders<S> {
    store: S,
    charge: SmartFn<Result<Receipt, ChargeError>, (Payment,)>,
    /// How long to wait for the gateway.
    patience: Duration,
}

impl<S: Store> Orders<S> {
    /// Makes the service from a store and a gateway, which is any callable, sync or async.
    pub fn new<G, K>(store: S, gateway: G, patience: Duration) -> Self
    where
        G: SmartCall<Result<Receipt, ChargeError>, K, (Payment,), Work: Send>,
        G: Send + Sync + 'static,
        K: 'static,
    {
        Orders {
            store,
            charge: SmartFn::new(gateway),
            patience,
        }
    }

    /// Returns the store.
    pub fn store(&self) -> &S {
        &self.store
    }
}

#[smart]
impl<S: Store> Orders<S> {
    /// Places an order: reserves the items, and charges for them.
    ///
    /// A panic of the gateway is passed on. The items then stay reserved, since it is not known whether they were
    /// paid.
    pub async fn place(&self, order: Order) -> Result<Confirmation, OrderError> {
        let Order { item, n, card } = order;
        let reserved = self.store.reserve(&item, n).await;
        let cents = reserved.map_err(OrderError::OutOfStock)?;
        let charged = self.charge.invoke_with((Payment { card, cents },));
        let error = match charged.timeout(self.patience).await {
            Ok(Ok(receipt)) => return Ok(Confirmation { cents, receipt }),
            Ok(Err(error)) => OrderError::Charge(error),
            Err(_) => OrderError::Silence,
        };
        self.store.release(&item, n).await;
        Err(error)
    }

    /// Places several orders at the same time. The results are in the order of the orders.
    pub async fn place_all(&self, orders: Vec<Order>) -> Vec<Result<Confirmation, OrderError>> {
        let placed: Vec<_> = orders.into_iter().map(|order| self.place(order)).collect();
        join(placed).await
    }
}
