//! Choose callers whose tasks stay on their thread: `#[smartcall::test(sync, foreign)]`.

// What the attribute makes of a body, which is compiled in tests only.
async fn holds_an_rc() {
    let rc = std::rc::Rc::new(5);
    std::future::ready(()).await;
    assert_eq!(*rc, 5);
}

fn main() {
    let _ = smartcall::__private::caller::shim::asynchronous(holds_an_rc);
}
