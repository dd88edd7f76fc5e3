//! How much stack it takes to resolve a large future, in multiples of its size.
//!
//! A thread that overflows its stack ends the process, so each try is a child: the smallest stack on which
//! it ends well is what it takes, from the frame of the caller to the innermost poll.

use std::env;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::thread;

use smartcall::{Dual, smart};

/// The size of the future.
const SIZE: usize = 64 * 1024;

/// What a thread needs beside the copies of the future: its start, and all frames without a copy.
const REST: usize = 24 * 1024;

/// Tell a child what it is to do.
const CASE: &str = "SMARTCALL_STACK_CASE";
const STACK: &str = "SMARTCALL_STACK_SIZE";

/// A way to resolve the future.
type Case = (&'static str, fn() -> u8);

/// It holds an array across an await.
async fn bare() -> u8 {
    let array = [1_u8; SIZE];
    black_box(&array);
    std::future::ready(()).await;
    array[black_box(5)]
}

#[smart]
async fn large() -> u8 {
    let array = [1_u8; SIZE];
    black_box(&array);
    std::future::ready(()).await;
    array[black_box(5)]
}

const CASES: [Case; 7] = [
    ("futures-lite", || futures_lite::future::block_on(bare())),
    ("pollster", || pollster::block_on(bare())),
    ("get", || Dual::future(bare()).get()),
    ("get of #[smart]", || large().get()),
    ("start, get", || large().start().get()),
    ("await of bare", || {
        pollster::block_on(async { bare().await })
    }),
    ("await of #[smart]", || {
        pollster::block_on(async { large().await })
    }),
];

/// The child process of the other test: resolves the future on a thread of its own.
#[test]
#[ignore = "it is a child of the other test"]
fn child() {
    let case = env::var(CASE).expect("it is a child");
    let stack = env::var(STACK).expect("it is a child");
    let (_, body) = CASES
        .iter()
        .find(|(name, _)| *name == case)
        .expect("a case");
    let thread = thread::Builder::new().stack_size(stack.parse().expect("a number"));
    let thread = thread.spawn(body).expect("a thread starts");
    assert_eq!(thread.join().expect("it ends well"), 1);
}

fn ends_well(case: &str, stack: usize) -> bool {
    let status = Command::new(env::current_exe().expect("the test's own path"))
        .args(["stack::child", "--exact", "--ignored"])
        .env(CASE, case)
        .env(STACK, stack.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.expect("the child starts").success()
}

/// How many sizes of the future a case takes, rounded up to a tenth.
fn multiple(case: &str) -> f64 {
    // In tenths: it does not end well with `low`, and does with `high`.
    let (mut low, mut high) = (0_usize, 400);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if ends_well(case, REST + SIZE * middle / 10) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high as f64 / 10.0
}

/// A large future is copied a few times at most on its way to its first poll.
#[test]
fn a_large_future_is_copied_a_few_times_only() {
    let taken = CASES.map(|(name, _)| (name, multiple(name)));
    for (name, multiple) in taken {
        println!("{name:20} {multiple:4}");
    }
    let of = |name| {
        taken
            .iter()
            .find(|(case, _)| *case == name)
            .expect("a case")
            .1
    };
    // What awaits in another crate's `block_on` has that one's copies below it.
    let caller = of("await of bare") - 2.0;
    let awaited = of("await of #[smart]") - caller;
    if cfg!(debug_assertions) {
        assert!(of("get") <= 4.0 && of("get of #[smart]") <= 4.0);
        assert!(of("start, get") <= 6.0);
        assert!(awaited <= 5.0, "{awaited}");
    } else {
        for name in ["get", "get of #[smart]", "start, get"] {
            assert!(of(name) <= 2.0, "{name}");
        }
        assert!(awaited <= 2.0, "{awaited}");
    }
}
