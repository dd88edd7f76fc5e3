//! Prints what a sync caller and an async one got from each facade.
//!
//! `cargo run -p smartcall-facades`

use std::error::Error;
use std::time::Duration;

use smartcall_facades::callers::{self, Report};
use smartcall_facades::dns::Dns;
use smartcall_facades::http::Http;
use smartcall_facades::servers;
use tokio::runtime::Runtime;

/// How long a client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

fn print(facade: &str, sync: &Report, asynchronous: &Report) {
    println!("\n{facade:18}  {:26}  async caller", "sync caller");
    for ((function, sync), (_, asynchronous)) in sync.iter().zip(asynchronous) {
        println!("{function:18}  {sync:26}  {asynchronous}");
    }
    assert_eq!(sync, asynchronous);
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    // The async callers' own runtime. The sync callers have none, and need to know of none.
    let runtime = Runtime::new()?;

    let server = servers::dns()?;
    let resolver = || Dns::new(server.address(), TIMEOUT);
    let sync = callers::dns::sync(&resolver())?;
    let asynchronous = runtime.block_on(callers::dns::asynchronous(&resolver()))?;
    print("hickory-resolver", &sync, &asynchronous);

    let server = servers::http()?;
    let client = Http::new(TIMEOUT)?;
    let sync = callers::http::sync(&client, server.address())?;
    let asynchronous = runtime.block_on(callers::http::asynchronous(&client, server.address()))?;
    print("reqwest", &sync, &asynchronous);

    let server = servers::kv()?;
    let sync = callers::kv::sync(server.address())?;
    // A server of its own, without keys of the other caller.
    let server = servers::kv()?;
    let asynchronous = runtime.block_on(callers::kv::asynchronous(server.address()))?;
    print("mini-redis", &sync, &asynchronous);

    let (dns, http) = (servers::dns()?, servers::http()?);
    let (web, kv) = (http.address(), server.address());
    let (dns, http) = (Dns::new(dns.address(), TIMEOUT), Http::new(TIMEOUT)?);
    let sync = callers::at_once::sync(&dns, &http, web, kv)?;
    let asynchronous = callers::at_once::asynchronous(&dns, &http, web, kv);
    print("several at once", &sync, &runtime.block_on(asynchronous)?);
    Ok(())
}
