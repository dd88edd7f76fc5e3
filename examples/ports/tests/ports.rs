//! Each crate passes its own tests, and both callers use its functions.

use smartcall_ports::table::Table;

#[test]
fn ports() {
    let table = Table::make(|_| true).expect("the crates are fetched");
    println!("{table}");
    assert!(table.is_green(), "{table}");
}
