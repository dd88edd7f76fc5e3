//! Places the same orders by `.get()` and by `.await`, with a sync and with an async gateway.
//!
//! `cargo run -p smartcall-testing`

use std::error::Error;
use std::time::Duration;

use smartcall::Executor;
use smartcall_testing::{Confirmation, Order, OrderError, Orders, Shelf, Store, gateway};

/// How long the service waits for the gateway.
const PATIENCE: Duration = Duration::from_secs(5);

fn order(n: u32) -> Order {
    Order {
        item: "nut".into(),
        n,
        card: "1234".into(),
    }
}

fn row(caller: &str, gateway: &str, n: u32, placed: Result<Confirmation, OrderError>) {
    let result = match placed {
        Ok(placed) => format!("paid {}, receipt {}", placed.cents, placed.receipt.number),
        Err(error) => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    };
    println!("{caller:8}  {gateway:7}  {n:5}  {result}");
}

/// A sync caller.
fn sync(gateway: &str, orders: &Orders<impl Store>) {
    for n in [2, 60, 500] {
        row(".get()", gateway, n, orders.place(order(n)).get());
    }
}

/// An async caller.
async fn asynchronous(gateway: &str, orders: &Orders<impl Store>) {
    for n in [2, 60, 500] {
        row(".await", gateway, n, orders.place(order(n)).await);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = gateway::start()?;
    let shelf = || Shelf::new([("nut", 100)], 250);
    let blocking = move |payment| gateway::charge_blocking(server, payment);
    let blocking = Orders::new(shelf(), blocking, PATIENCE);
    let waiting = move |payment| gateway::charge(server, payment);
    let waiting = Orders::new(shelf(), waiting, PATIENCE);

    println!("CALLER    GATEWAY  ORDER  RESULT");
    sync("sync", &blocking);
    sync("async", &waiting);
    Executor::new().block_on(async {
        asynchronous("sync", &blocking).await;
        asynchronous("async", &waiting).await;
    });
    let left = [&blocking, &waiting].map(|orders| orders.store().left("nut").get());
    println!("left of 100: {left:?}");
    Ok(())
}
