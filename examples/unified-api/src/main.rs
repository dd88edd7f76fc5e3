//! Prints what three callers of one library got.
//!
//! `cargo run --package smartcall-unified-api`

use std::error::Error;
use std::time::Duration;

use smartcall::Executor;
use smartcall_unified_api::Client;
use smartcall_unified_api::callers::{self, Report};
use smartcall_unified_api::server::Server;
use tokio::runtime::Runtime;

/// How long a client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a caller with a server of its own, since it changes the items.
fn against_a_server(
    caller: impl FnOnce(&Client) -> Report,
) -> Result<Report, Box<dyn Error + Send + Sync>> {
    let server = Server::start()?;
    Ok(caller(&Client::new(server.address(), TIMEOUT)?))
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let sync = against_a_server(callers::sync)?;
    // The async callers' own runtime. The sync caller has none.
    let (runtime, ex) = (Runtime::new()?, Executor::new());
    let tokio = against_a_server(|client| runtime.block_on(callers::asynchronous(client)))?;
    let shim = against_a_server(|client| callers::on_an_executor(&ex, client))?;

    println!(
        "{:18}  {:27}  {:27}  smartcall's Executor",
        "", "sync code, by .get()", "tokio, by .await"
    );
    for (((asked, sync), (_, tokio)), (_, shim)) in sync.iter().zip(&tokio).zip(&shim) {
        println!("{asked:18}  {sync:27}  {tokio:27}  {shim}");
    }
    assert_eq!(sync, tokio);
    assert_eq!(sync, shim);
    Ok(())
}
