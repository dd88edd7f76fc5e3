//! Shared test code.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::time::Duration;

use smartcall_unified_api::server::Server;
use smartcall_unified_api::{Client, Item};

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// The time limit of a client that gets an answer.
const PATIENT: Duration = Duration::from_secs(30);

/// Starts a server, and makes a client for it.
pub fn server() -> (Server, Client) {
    let server = Server::start().expect("it starts");
    let client = Client::new(server.address(), PATIENT).expect("it is made");
    (server, client)
}

/// Returns the item that each server has from the start.
pub fn anvil() -> Item {
    Item {
        id: 1,
        name: "anvil".into(),
        price: 300,
    }
}
