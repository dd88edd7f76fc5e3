//! Remove `unsafe`.

use smartcall::smart;

#[smart]
async unsafe fn read(p: usize) -> usize {
    p
}

fn main() {
    read(5).get();
}
