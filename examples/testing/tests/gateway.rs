//! The gateway itself, with its server on loopback, and without fakes.

mod common;

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};

use common::{PATIENT, limit, nuts, services};
use smartcall_testing::{ChargeError, OrderError, Orders, Payment, Shelf, gateway};

fn real(server: SocketAddr) -> [(&'static str, Orders<Shelf>); 2] {
    services(
        PATIENT,
        move |payment: Payment| gateway::charge_blocking(server, payment),
        move |payment: Payment| gateway::charge(server, payment),
    )
}

#[smartcall::test]
async fn paid_and_declined() {
    let _limit = limit();
    let server = gateway::start().expect("it starts");
    let mut number = 0;
    for (gateway, orders) in real(server) {
        let placed = orders.place(nuts(3)).await.expect("it is placed");
        number += 1;
        assert_eq!(placed.receipt.number, number, "{gateway}");
    }
    let orders = |cents| Shelf::new([("nut", 10)], cents);
    let charge = move |payment: Payment| gateway::charge(server, payment);
    let error = Orders::new(orders(10_001), charge, PATIENT)
        .place(nuts(1))
        .await;
    let Err(OrderError::Charge(ChargeError::Declined(why))) = error else {
        panic!("{error:?}");
    };
    assert_eq!(why, "it is more than 10000");
}

#[smartcall::test]
async fn no_server() {
    let _limit = limit();
    // The port of a client is used by no other socket, and nothing listens on it.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let client = listener.local_addr().and_then(TcpStream::connect);
    let client = client.expect("it is accepted");
    let server = client.local_addr().expect("it has one");
    for (gateway, orders) in real(server) {
        let error = orders.place(nuts(3)).await;
        let Err(OrderError::Charge(ChargeError::Unreachable(error))) = error else {
            panic!("{gateway}: {error:?}");
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{gateway}");
    }
}
