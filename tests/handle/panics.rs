//! Panics of the user's code arrive as they were made, and leave the thread as it was.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;

use futures::join;
use futures_lite::future::yield_now;
use smartcall::context::{self, Host, Place};
use smartcall::offload::Job;
use smartcall::{Dual, SmartCall};

use crate::common::{Helpful, limit, panic_of};

/// A payload that is no text.
#[derive(Debug, PartialEq)]
struct Payload(u32);

/// Panics without a word on stderr.
fn explode() -> u32 {
    resume_unwind(Box::new(Payload(5)))
}

async fn explode_async() -> u32 {
    yield_now().await;
    explode()
}

/// Looks whether the payload came through, and whether it left the thread as it was.
#[track_caller]
fn assert_explodes<R>(f: impl FnOnce() -> R) {
    let before = context::current();
    let payload = catch_unwind(AssertUnwindSafe(f)).err().expect("a panic");
    assert_eq!(payload.downcast_ref(), Some(&Payload(5)));
    assert_eq!(context::current(), before);
}

/// Panics in every way in which a handle can be resolved, outside of executors.
fn explodes_in_every_way() {
    explodes_in_every_get();
    assert_explodes(|| *explode.invoke().boxed());
    assert_explodes(|| *explode_async.invoke().boxed());
}

/// Panics in every way in which a handle can be resolved that goes through where there is a host.
fn explodes_in_every_get() {
    assert_explodes(|| explode.invoke().get());
    assert_explodes(|| explode.invoke().try_get());
    assert_explodes(|| explode.invoke().boxed().get());
    assert_explodes(|| explode_async.invoke().get());
    assert_explodes(|| explode_async.invoke().boxed().get());
    assert_explodes(|| Dual::in_place(explode).get());
    assert_explodes(|| Dual::pair((), |()| explode(), |()| explode_async()).get());
    // Driven: sync code that is alone, that is not, and a `get` in a poll.
    assert_explodes(|| Dual::future(async { explode.invoke().await }).get());
    let joined = async { join!(explode.invoke(), yield_now()) };
    assert_explodes(|| Dual::future(joined).get());
    assert_explodes(|| Dual::future(async { explode_async.invoke().get() }).get());
}

/// A panic reaches the caller with its payload, and the thread is as it was.
#[test]
fn panic_of_a_body() {
    limit(|| {
        explodes_in_every_way();
        assert_eq!(context::current(), Place::Outside);
        assert_eq!(explode_free.invoke().get(), 5);
        context::blocking_region(explodes_in_every_way);
        Dual::future(async { explodes_in_every_way() }).get();
        assert_eq!(context::current(), Place::Outside);
    });
}

fn explode_free() -> u32 {
    5
}

/// A panic of an awaited body: on the pool, polled through, and in place.
#[test]
fn panic_of_an_awaited_body() {
    limit(|| {
        for _ in 0..100 {
            assert_explodes(|| pollster::block_on(explode.invoke()));
        }
        assert_explodes(|| pollster::block_on(explode_async.invoke()));
        assert_explodes(|| pollster::block_on(Dual::in_place(explode)));
        assert_explodes(|| pollster::block_on(explode.invoke().boxed()));
        assert_explodes(|| pollster::block_on(context::inside(explode_async.invoke())));
        let pair = Dual::pair((), |()| 6, |()| explode_async());
        assert_explodes(|| pollster::block_on(pair));
        // The pool's threads are usable, and stand where they did.
        let places = [(); 8].map(|()| Dual::blocking(context::current));
        let places = pollster::block_on(futures::future::join_all(places));
        assert_eq!(places, [Place::Outside; 8]);
    });
}

/// A panic in a task, in `block_on`, and in a pool job of a task.
#[cfg(feature = "executor")]
#[test]
fn panic_in_an_executor() {
    limit(|| {
        let ex = crate::common::one_thread();
        assert_explodes(|| ex.block_on(explode_async()));
        assert_explodes(|| ex.block_on(explode.invoke()));
        assert_explodes(|| ex.block_on(ex.spawn(explode_async())));
        assert_explodes(|| ex.block_on(ex.spawn(explode.invoke())));
        assert_explodes(|| ex.spawn(explode_async()).get());
        assert_eq!(
            ex.block_on(ex.spawn(async { context::current() })),
            Place::Inside
        );
        assert_eq!(ex.block_on(ex.spawn(Dual::blocking(explode_free))), 5);

        let ex = smartcall::LocalExecutor::new();
        assert_explodes(|| ex.block_on(explode_async()));
        assert_explodes(|| ex.block_on(ex.spawn(explode.invoke())));
        assert_eq!(ex.block_on(ex.spawn(Dual::blocking(explode_free))), 5);
    });
}

/// A task that is polled again after its panic names the panic, and not a dropped executor.
#[cfg(feature = "executor")]
#[test]
fn task_polled_after_a_panic() {
    limit(|| {
        let ex = crate::common::one_thread();
        let mut task = ex.spawn(explode_async());
        assert_explodes(|| ex.block_on(&mut task));
        let message = panic_of(|| ex.block_on(&mut task));
        assert!(
            message.starts_with("a `Task` was polled again"),
            "{message}"
        );
    });
}

/// A panic leaves a thread inside an executor as it was, with its host.
#[test]
fn panic_inside_an_executor() {
    limit(|| {
        let host = Helpful::new();
        context::with_host(&host, || {
            explodes_in_every_get();
            assert_eq!(context::current(), Place::Inside);
            assert_eq!(Dual::future(async { 5 }).get(), 5);
        });
        assert_explodes(|| context::with_host(&host, explode));
        // The thread has no host any more, or it would hold it.
        assert_eq!(Arc::strong_count(&host), 1);
        assert_explodes(|| pollster::block_on(context::hosted(&host, explode_async())));
        assert_eq!(Arc::strong_count(&host), 1);
        assert_explodes(|| context::inside_executor(explode));
        assert_explodes(|| context::blocking_region(explode));
    });
}

/// A host whose pool is a thread for each job.
struct ThreadEach;

impl Host for ThreadEach {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        // The thread ends as it should, though the job panics.
        let ended = thread::spawn(|| job.run()).join();
        assert!(ended.is_ok());
        Ok(())
    }
}

/// A panic on a host's own pool goes to the caller, and not through the pool.
#[test]
fn panic_on_a_hosts_own_pool() {
    limit(|| {
        let host = Arc::new(ThreadEach);
        assert_explodes(|| pollster::block_on(context::hosted(&host, explode.invoke())));
        let five = context::hosted(&host, explode_free.invoke());
        assert_eq!(pollster::block_on(five), 5);
    });
}

/// A user's own panic text is never rewritten.
#[test]
fn panic_text_is_the_users() {
    limit(|| {
        let says = || -> u32 { panic!("Not today, {}. It's over!", "user") };
        let expected = "Not today, user. It's over!";
        assert_eq!(panic_of(|| says.invoke().get()), expected);
        assert_eq!(panic_of(|| *says.invoke().boxed()), expected);
        assert_eq!(panic_of(|| pollster::block_on(says.invoke())), expected);
        assert_eq!(
            panic_of(|| Dual::future(async { says.invoke().await }).get()),
            expected
        );
    });
}
