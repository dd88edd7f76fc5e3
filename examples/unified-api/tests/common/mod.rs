//! What the tests share.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::panic::Location;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use smartcall_unified_api::server::Server;
use smartcall_unified_api::{Client, Item};

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a client waits where an answer comes.
const PATIENT: Duration = Duration::from_secs(30);

/// Lets a test go on, until it is dropped or the time is over.
///
/// It is a value, for tests that are async.
#[must_use = "the limit ends as soon as it is dropped"]
pub struct Limit {
    _running: Sender<()>,
}

/// Names the caller's place and ends the process if a test hangs.
#[track_caller]
pub fn limit() -> Limit {
    let place = Location::caller();
    let (running, ended) = mpsc::channel();
    thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the test at {place} hangs: no end after {LIMIT:?}");
            process::abort();
        }
    });
    Limit { _running: running }
}

/// Starts a server, and makes a client of it.
pub fn server() -> (Server, Client) {
    let server = Server::start().expect("it starts");
    let client = Client::new(server.address(), PATIENT).expect("it is made");
    (server, client)
}

/// The item that each server has first.
pub fn anvil() -> Item {
    Item {
        id: 1,
        name: "anvil".into(),
        price: 300,
    }
}
