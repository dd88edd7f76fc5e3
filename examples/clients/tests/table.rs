//! Each client in each mode.

use std::path::Path;

use smartcall_clients::table::Table;

/// What is SKIPPED is printed even if the test passes: write `-- --nocapture`.
#[test]
fn each_client_in_each_mode() {
    let program = Path::new(env!("CARGO_BIN_EXE_smartcall-clients"));
    let table = Table::run(program).expect("the program starts");
    println!("{table}");
    assert!(table.is_green(), "{table}");
}
