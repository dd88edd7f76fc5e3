//! Use `#[smartcall::test]`.

use smartcall::smart;

#[smart]
#[test]
async fn five() {}

fn main() {}
