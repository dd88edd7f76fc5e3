//! `cargo run -p smartcall-ports` ports all crates, or those that the command line names, and prints the table.

use std::env;
use std::process::ExitCode;

use smartcall_ports::Result;
use smartcall_ports::table::Table;

fn main() -> Result<ExitCode> {
    let names: Vec<String> = env::args().skip(1).collect();
    let table = Table::make(|port| names.is_empty() || names.iter().any(|name| name == port.name))?;
    print!("{table}");
    Ok(match table.is_green() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
