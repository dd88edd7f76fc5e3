//! Prints how each client does in each mode.
//!
//! `cargo run -p smartcall-clients`

use std::env;
use std::process::ExitCode;

use smartcall_clients::Result;
use smartcall_clients::table::{self, Table};

fn main() -> Result<ExitCode> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [client, mode, at] = &arguments[..] {
        table::run_cell(client, mode, at)?;
        return Ok(ExitCode::SUCCESS);
    }
    let table = Table::run(&env::current_exe()?)?;
    print!("{table}");
    Ok(if table.is_green() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
