//! Remove `const`, `unsafe` and `extern`.

#[smartcall::test]
const fn five() {}

#[smartcall::test]
unsafe fn six() {}

#[smartcall::test]
extern "C" fn seven() {}

#[smartcall::test]
fn eight();

fn main() {}
