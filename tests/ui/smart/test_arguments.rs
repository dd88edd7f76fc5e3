//! Remove the argument.

#[smartcall::test]
async fn five(n: u32) {
    assert_eq!(n, 5);
}

fn main() {}
