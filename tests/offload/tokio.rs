//! tokio's pool, by the handle of its runtime.

use std::thread;

use smartcall::Dual;

use crate::common::{limit, panic_of};

/// `Dual::on` the handle of a runtime of tokio: its pool runs the code.
#[test]
fn on_a_tokio_handle() {
    limit(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("of-tokio")
            .build()
            .expect("it starts");
        let handle = runtime.handle().clone();
        let name = || Dual::blocking(|| thread::current().name().map(String::from)).on(&handle);
        assert_eq!(name().get().as_deref(), Some("of-tokio"));
        assert_eq!(
            pollster::block_on(async { name().await }).as_deref(),
            Some("of-tokio")
        );
        runtime.shutdown_background();
        let text = panic_of(|| name().get());
        assert!(text.starts_with("the pool refused this job"), "{text}");
    });
}
