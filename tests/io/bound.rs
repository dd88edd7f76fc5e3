//! Bytes in handles that are bound to a pool, and on the only thread of a pool.

use std::io::{self, Cursor};
use std::sync::Arc;
use std::thread;

use smartcall::io::copy;
use smartcall::offload::SingleThread;
use smartcall::{Dual, DualIo, DualOf, Work, context};

use super::support::*;
use crate::common::limit;

const LINES: &[u8] = b"one\ntwo\n";

/// Resolves a handle that is bound to a pool, and shows that only the pool's thread has called what is noted.
fn check_bound<T>(
    is_sync: bool,
    threads: &Threads,
    dual: DualOf<impl Work<Output = io::Result<T>>>,
) {
    let pool = SingleThread::new(|| ());
    let there = pool.run(|()| thread::current().id()).get();
    let bound = dual.on(&pool);
    let done = if is_sync {
        bound.get()
    } else {
        pollster::block_on(bound)
    };
    done.expect("it reads and writes");
    assert_eq!(of(threads), [there], "by a sync caller: {is_sync}");
}

/// Binding a handle binds the readers and writers in it, for sync callers too.
#[test]
fn bound_to_a_pool() {
    limit(|| {
        for is_sync in [true, false] {
            let io = || {
                let (noting, threads) = Noting::new(Cursor::new(LINES.to_vec()));
                (DualIo::blocking(noting), threads)
            };
            let (from, threads) = io();
            check_bound(is_sync, &threads, from.lines().try_collect::<Vec<_>>());
            let (from, threads) = io();
            check_bound(is_sync, &threads, from.chunks(3).try_collect::<Vec<_>>());
            let ((mut from, threads), (mut to, to_threads)) = (io(), io());
            check_bound(is_sync, &threads, copy(&mut from, &mut to));
            assert_eq!(of(&to_threads), of(&threads));
            let ((mut from, threads), (mut to, _)) = (io(), io());
            let driven = Dual::future(async { copy(&mut from, &mut to).await });
            check_bound(is_sync, &threads, driven);
        }
    });
}

/// On a thread for blocking code, where nothing may wait, a reader is called right there.
#[test]
fn on_the_only_thread_of_a_pool() {
    limit(|| {
        let pool = SingleThread::new(|| ());
        let lines = pool.run(|()| {
            let lines = DualIo::blocking(LINES).lines().try_collect::<Vec<_>>();
            lines.try_get().map_err(|refused| refused.to_string())
        });
        let lines = lines.get().expect("it does not wait");
        assert_eq!(lines.expect("it reads"), ["one", "two"]);
        let refused = pool.run(|()| {
            DualIo::asynchronous(LINES)
                .lines()
                .collect::<Vec<_>>()
                .try_get()
                .is_err()
        });
        assert!(refused.get());
    });
}

/// A copy that is awaited blocks nowhere, also where its handle's code runs right there.
#[test]
fn copy_in_a_poll_on_the_only_thread_of_a_pool() {
    limit(|| {
        let pool = Arc::new(SingleThread::new(|| ()));
        let here = Arc::clone(&pool);
        let copied = pool.run(move |()| {
            let copies = async {
                let mut from = DualIo::asynchronous(Pends::new(LINES));
                copy(&mut from, &mut DualIo::asynchronous(Vec::new())).await
            };
            // Nothing else is to be done by this thread.
            context::blocking_region(|| Dual::future(context::inside(copies)).on(&*here).get())
        });
        assert_eq!(copied.get().expect("it copies"), LINES.len() as u64);
    });
}
