//! Prints the table.
//!
//! `cargo run --package smartcall-matrix`, and after that `-- smol` or `-- A12g` for a part of it.

use std::env;
use std::process;

fn main() {
    let name = env::args().nth(1);
    let code = match smartcall_matrix::print(name.as_deref()) {
        Ok(()) => 0,
        Err(words) => {
            eprintln!("{words}");
            1
        }
    };
    // Threads that hang end here, too.
    process::exit(code);
}
