//! Each executor, with all behaviours. A failure names both.

#[allow(unreachable_pub, reason = "others share it")]
#[path = "../../common/limit.rs"]
mod limit;

use limit::limit;
use smartcall_matrix::{BEHAVIOURS, Cell, EXECUTORS, LIMIT, Promise, promise, run};

/// Runs all behaviours on an executor. Each has the promised outcome, or a reason not to run.
#[track_caller]
fn check(name: &str) {
    let executor = EXECUTORS.iter().find(|ex| ex.name == name);
    let executor = executor.expect("it is one of the executors");
    let mut broken = Vec::new();
    let mut limit = LIMIT;
    for behaviour in BEHAVIOURS {
        let (id, what, ..) = behaviour;
        match run(executor, behaviour, &mut limit) {
            Cell::Kept(_) | Cell::NotApplicable(_) => {}
            Cell::Skipped(reason) => {
                println!("{name} is skipped: {reason}");
                // These need support of the kernel. The others run anywhere.
                assert!(["monoio-io_uring", "glommio"].contains(&name), "{reason}");
                return;
            }
            Cell::Broken(words) => broken.push(format!("{id} ({what}) on {name}: {words}")),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

macro_rules! executors {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                let _limit = limit();
                check($name);
            }
        )*

        /// No executor is missing.
        #[test]
        fn all_executors() {
            let names: Vec<_> = EXECUTORS.iter().map(|ex| ex.name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

executors! {
    shim: "Executor",
    local_shim: "LocalExecutor",
    tokio_multi_thread: "tokio-multi-thread",
    tokio_current_thread: "tokio-current-thread",
    tokio_local_set: "tokio-LocalSet",
    smol: "smol",
    async_std: "async-std",
    local_pool: "LocalPool",
    thread_pool: "ThreadPool",
    pollster: "pollster",
    embassy: "embassy",
    monoio_epoll: "monoio-epoll",
    monoio_io_uring: "monoio-io_uring",
    glommio: "glommio",
}

/// The ids are unique, and all have a promise. The only behaviours without one are those whose task waits for another
/// task.
#[test]
fn array() {
    for (i, (id, what, ask, _)) in BEHAVIOURS.iter().enumerate() {
        assert!(
            BEHAVIOURS[..i].iter().all(|(other, ..)| other != id),
            "{id}"
        );
        assert!(
            id.len() <= 4 && what.len() <= 24,
            "{id} {what} fits its columns"
        );
        for executor in EXECUTORS {
            if let Promise::Nothing(reason) = promise(*ask, executor.class) {
                assert!(
                    ["A12g", "C14"].contains(id),
                    "{id} on {}: {reason}",
                    executor.name
                );
            }
        }
    }
}
