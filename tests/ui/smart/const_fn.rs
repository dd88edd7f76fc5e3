//! Remove `const`.

use smartcall::smart;

#[smart]
const fn five() -> u32 {
    5
}

fn main() {
    five().get();
}
