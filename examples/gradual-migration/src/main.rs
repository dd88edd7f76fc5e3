//! Shows on which threads each step runs its SQL, or runs the tool.
//!
//! `cargo run -p smartcall-gradual-migration [-- STEP FILE COMMAND…]`
//!
//! With arguments it runs the tool at one of the steps: `step2 stock.db put nut 5`.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process;

use smartcall_gradual_migration::server::Server;
use smartcall_gradual_migration::{Repository, http, step1, step2, step3, step4, tool};

/// Lets a sync and an async caller make changes, and prints the journal.
fn show<R: Repository>(step: &str) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let repository = R::open(&directory.path().join("stock.db")).get()?;
    let server = Server::start(repository.clone())?;

    tool::run(&repository, "put nut 5")?;
    tool::run(&repository, "take nut 2")?;
    http::ask(server.address(), "put nut 7")??;
    http::ask(server.address(), "take nut 3")??;
    let changes = repository.journal().get()?;
    let [put, take, awaited_put, awaited_take] = &changes[..] else {
        return Err("the journal is not what it should be".into());
    };

    let worker = http::ask(server.address(), "thread")??;
    let rows = [("put", put, awaited_put), ("take", take, awaited_take)];
    for (method, sync, awaited) in rows {
        let (sync, awaited) = (&sync.thread, &awaited.thread);
        println!("{step}  {method:6}  {sync:20}  {awaited:20}  {worker}");
    }
    Ok(())
}

fn tool(step: &str, file: &Path, line: &str) -> Result<String, Box<dyn Error>> {
    Ok(match step {
        "step1" => tool::run(&step1::Stock::open(file).get()?, line)?,
        "step2" => tool::run(&step2::Stock::open(file).get()?, line)?,
        "step3" => tool::run(&step3::Stock::open(file).get()?, line)?,
        "step4" => tool::run(&step4::Stock::open(file).get()?, line)?,
        _ => return Err("there are step1, step2, step3 and step4".into()),
    })
}

fn run() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [step, file, words @ ..] = &args[..] {
        println!("{}", tool(step, Path::new(file), &words.join(" "))?.trim());
        return Ok(());
    }
    if !args.is_empty() {
        return Err(format!("say: STEP FILE and one of: {}", tool::USAGE).into());
    }
    println!("STEP   METHOD  SQL BY .get()         SQL BY .await         THE SERVER'S WORKER");
    show::<step1::Stock>("step1")?;
    show::<step2::Stock>("step2")?;
    show::<step3::Stock>("step3")?;
    show::<step4::Stock>("step4")
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        process::exit(1);
    }
}
