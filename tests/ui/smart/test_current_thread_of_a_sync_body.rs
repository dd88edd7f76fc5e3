// Make the body an `async fn`, or leave `current_thread` out.

#[smartcall::test(sync, current_thread)]
fn sums() {
    assert_eq!(2 + 3, 5);
}

fn main() {}
