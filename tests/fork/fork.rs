//! A process that was forked after smartcall was used: each call ends, or panics in words.

use std::panic::{self, AssertUnwindSafe};
use std::process::{self, Command};
use std::thread;
use std::time::{Duration, Instant};

use fork::Fork;
use futures::channel::oneshot;
use smartcall::offload::SingleThread;
use smartcall::{Dual, Executor, LocalExecutor, sleep};

/// How long a child may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// What a panic says of the fork.
const FORKED: &str = "are not in this process. This happens because the process was forked";

fn main() {
    // The order matters: what is used first in a child is not used in the parent yet.
    in_a_fork("first use in the child", || {
        awaits_a_pool();
        starts();
        sleeps();
        gets_what_waits();
    });

    awaits_a_pool();
    in_a_fork("a pool that the parent has used", || {
        dies("pool", awaits_a_pool);
        // The next call tells again.
        dies("pool", awaits_a_pool);
        starts();
        sleeps();
        works();
    });

    starts();
    in_a_fork("work that is started, as the parent has done", || {
        dies("background", starts);
        Dual::future(async { 5 }).finish(LIMIT);
        sleeps();
        works();
    });

    sleeps();
    in_a_fork("a timer that the parent has used", || {
        dies("timer", sleeps);
        dies("timer", || {
            let never = futures::future::pending::<()>();
            drop(Dual::future(never).get_timeout(Duration::from_millis(1)));
        });
        works();
    });

    let single = SingleThread::new(|| 5);
    assert_eq!(pollster::block_on(single.run(|five| *five)), 5);
    in_a_fork("a SingleThread of the parent", || {
        dies("`SingleThread`", || {
            let _five = pollster::block_on(single.run(|five| *five));
        });
        let own = SingleThread::new(|| 6);
        assert_eq!(pollster::block_on(own.run(|six| *six)), 6);
        works();
    });

    gets_what_waits();
    in_a_fork("a get that waits, as the parent has done", || {
        works();
        gets_what_waits();
    });

    #[cfg(feature = "tokio")]
    {
        tokio::connects();
        let bound = || tokio::connects_in(&smartcall::tokio::runtime());
        bound();
        let runtime = smartcall::tokio::runtime();
        in_a_fork("a tokio runtime of the parent", || {
            for _ in 0..10 {
                tokio::misses_a_runtime();
                dies("tokio runtime", bound);
                dies("tokio runtime", || tokio::connects_in(&runtime));
            }
            works();
        });
        // The child has told it nothing.
        for _ in 0..10 {
            tokio::connects();
            bound();
        }
    }
    println!("all forks ended as they should");
}

fn awaits_a_pool() {
    assert_eq!(pollster::block_on(Dual::blocking(|| 5)), 5);
}

fn starts() {
    assert_eq!(pollster::block_on(Dual::future(async { 5 }).start()), 5);
}

fn sleeps() {
    pollster::block_on(sleep(Duration::from_millis(1)));
}

/// Gets what a plain thread of this process sends.
fn gets_what_waits() {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(10));
        sender.send(5)
    });
    assert_eq!(Dual::future(receiver).get(), Ok(5));
}

#[cfg(feature = "tokio")]
mod tokio {
    use std::net::TcpListener;
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::mpsc;
    use std::thread;

    use ::tokio::net::TcpStream;
    use ::tokio::runtime::Handle;
    use smartcall::{Dual, DualOf, Work};

    use crate::LIMIT;

    /// Connects to a listener of its own, which has gone afterwards.
    fn connection() -> impl Future<Output = ()> + Send {
        let listener = TcpListener::bind("127.0.0.1:0").expect("it listens");
        let at = listener.local_addr().expect("it has an address");
        async move {
            TcpStream::connect(at).await.expect("it connects");
            drop(listener);
        }
    }

    /// Gets a value in a thread of its own, within a time.
    fn gets(dual: DualOf<impl Work<Output = ()> + Send + 'static>) {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(dual.get()));
        told.recv_timeout(LIMIT).expect("it connects in time");
    }

    pub(crate) fn connects() {
        gets(Dual::future(connection()));
    }

    pub(crate) fn connects_in(runtime: &Handle) {
        gets(Dual::future(connection()).in_runtime(runtime));
    }

    /// Without a runtime tokio panics.
    pub(crate) fn misses_a_runtime() {
        let connects = || Dual::future(connection()).get();
        let died = panic::catch_unwind(AssertUnwindSafe(connects)).expect_err("it panics");
        let said = died.downcast_ref::<String>().expect("it is text");
        assert!(said.contains("there is no reactor running"), "{said}");
    }
}

/// What needs no thread of the parent's.
fn works() {
    assert_eq!(Dual::future(async { 5 }).get(), 5);
    assert_eq!(Dual::blocking(|| 5).get(), 5);
    assert_eq!(LocalExecutor::new().block_on(async { 5 }), 5);
    let executor = Executor::builder().threads(1).build();
    let task = executor.spawn(async { 5 });
    assert_eq!(pollster::block_on(task), 5);
}

/// Checks that code panics because of the fork, and names what it needs.
fn dies(what: &str, code: impl FnOnce()) {
    let died = panic::catch_unwind(AssertUnwindSafe(code)).expect_err("it panics");
    let said = died.downcast_ref::<String>().expect("it is text");
    let start = format!("the threads of smartcall's {what} {FORKED}");
    assert!(said.starts_with(&start), "{said}");
}

/// Runs code in a fork of this process, and checks that it ends well.
fn in_a_fork(name: &str, code: impl FnOnce()) {
    let child = match fork::fork().expect("the process forks") {
        Fork::Parent(child) => child,
        Fork::Child => {
            let ran = panic::catch_unwind(AssertUnwindSafe(code));
            process::exit(i32::from(ran.is_err()));
        }
    };
    let begun = Instant::now();
    loop {
        match fork::waitpid_nohang(child).expect("it is our child") {
            Some(0) => break println!("{name}: as it should be"),
            Some(status) => panic!("{name}: the child failed, with status {status}"),
            None if begun.elapsed() > LIMIT => {
                let killed = Command::new("kill")
                    .args(["-9", &child.to_string()])
                    .status();
                panic!("{name}: the child hangs; killed: {killed:?}");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
}
