//! Take a slice in place of `...`.

use smartcall::smart;

#[smart]
unsafe extern "C" fn print(format: u32, ...) -> u32 {
    format
}

fn main() {
    print(5).get();
}
