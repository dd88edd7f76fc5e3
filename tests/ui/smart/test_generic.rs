//! Remove the type parameter.

#[smartcall::test]
async fn five<T>() {}

fn main() {}
