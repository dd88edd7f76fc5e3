//! Remove `#[test]`.

#[smartcall::test]
#[test]
fn five() {}

fn main() {}
