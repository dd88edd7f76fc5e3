//! Remove `extern "C"`.

use smartcall::smart;

#[smart]
extern "C" fn five() -> u32 {
    5
}

fn main() {
    five().get();
}
