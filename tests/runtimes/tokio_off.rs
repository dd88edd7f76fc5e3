//! tokio, where the feature that detects it is off.

use std::io;
use std::thread;

use futures::channel::oneshot;
use smartcall::Dual;

use crate::common::in_child_until;

/// A get that waits for long on one of tokio's threads names the feature.
#[test]
fn long_wait_in_a_task_names_the_feature() {
    let names_the_feature = "smartcall: a `.get()` has waited for 5 seconds: a thread of tokio waits, and the feature \
                             `tokio` of smartcall is off";
    in_child_until(names_the_feature, || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).build().expect("it starts");
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            let mut line = String::new();
            io::stdin().read_line(&mut line).expect("it is told");
            sender.send(5)
        });
        let gets = runtime.spawn(async { Dual::future(receiver).get() });
        assert_eq!(runtime.block_on(gets).expect("it ends"), Ok(5));
    });
}
