//! Sync callers of async readers and writers, where they must not wait.

use std::io::{self, BufRead, BufWriter, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use futures::io::AsyncRead;
#[cfg(feature = "executor")]
use smartcall::LocalExecutor;
use smartcall::context;
use smartcall::{DualIo, io::Async};

use super::support::*;
use crate::common::limit;

type Inner = Pends<futures::io::Cursor<Vec<u8>>>;

fn handle() -> DualIo<Async<Inner>> {
    DualIo::asynchronous(Pends::new(futures::io::Cursor::new(bytes(100))))
}

#[track_caller]
fn assert_refused<T>(result: io::Result<T>, why: &str) {
    let error = result.map(|_| ()).expect_err("it is refused");
    assert_eq!(error.kind(), io::ErrorKind::Deadlock);
    assert_eq!(error.to_string(), format!("cannot block here: {why}"));
    let inner = error.get_ref().expect("it has a reason");
    assert!(inner.is::<smartcall::CannotBlock>());
}

/// Calls all that is refused at this place. Afterwards all works elsewhere.
fn all_refused(io: &mut DualIo<Async<Inner>>, why: &str) {
    let mut to = [0; 4];
    assert_refused(Read::read(io, &mut to), why);
    assert_refused(BufRead::fill_buf(io).map(<[u8]>::len), why);
    assert_refused(Write::write(io, b"x"), why);
    assert_refused(Write::flush(io), why);
    assert_refused(Seek::seek(io, SeekFrom::Start(1)), why);
    // It makes no difference what is buffered.
    thread::scope(|scope| {
        scope.spawn(|| BufRead::fill_buf(io).map(<[u8]>::len).expect("it reads"));
    });
    assert!(!io.buffer().is_empty());
    assert_refused(Read::read(io, &mut to), why);
    assert_refused(BufRead::fill_buf(io).map(<[u8]>::len), why);
    // The drop of a writer that buffers can't return an error, and must not panic.
    let mut buffered = BufWriter::new(&mut *io);
    buffered.write_all(b"lost").expect("it is buffered");
    drop(buffered);
}

#[track_caller]
fn assert_whole(mut io: DualIo<Async<Inner>>) {
    let mut all = Vec::new();
    Read::read_to_end(&mut io, &mut all).expect("it reads");
    assert_eq!(all, bytes(100));
}

const POLLING: &str = "this thread is polling a task of an executor";

#[test]
fn in_executors_that_announce_themselves() {
    limit(|| {
        let mut io = handle();
        context::inside_executor(|| all_refused(&mut io, POLLING));
        assert_whole(io);
    });
}

#[test]
#[cfg(feature = "executor")]
fn in_a_local_executor() {
    limit(|| {
        let io = LocalExecutor::new().block_on(async {
            let mut io = handle();
            let why = "this thread is polling a task of an executor that can't go on without it";
            all_refused(&mut io, why);
            io
        });
        assert_whole(io);
    });
}

#[test]
#[cfg(feature = "tokio")]
fn in_a_current_thread_runtime_of_tokio() {
    limit(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("it starts");
        let io = runtime.block_on(async {
            let mut io = handle();
            all_refused(
                &mut io,
                "this thread is running a current-thread runtime of tokio",
            );
            io
        });
        assert_whole(io);
    });
}

/// A sync reader is called anyway. Only while a pool has it, the wait for it is refused.
#[test]
fn sync_readers_are_not_refused() {
    limit(|| {
        let (send, reader) = from_test();
        let mut io = DualIo::blocking(reader);
        let mut to = [0; 4];
        context::inside_executor(|| {
            send.send(vec![1]).expect("it is read");
            assert_eq!(Read::read(&mut io, &mut to).expect("it reads"), 1);
            assert!(poll_read(&mut io, &mut to).is_pending());
            assert_refused(Read::read(&mut io, &mut to), POLLING);
            send.send(vec![2]).expect("it is read");
            assert_refused(Read::read(&mut io, &mut to), POLLING);
        });
        assert_eq!(Read::read(&mut io, &mut to).expect("it reads"), 1);
        assert_eq!(to[0], 2);
        context::inside_executor(|| {
            send.send(vec![3]).expect("it is read");
            assert_eq!(Read::read(&mut io, &mut to).expect("it reads"), 1);
        });
    });
}

/// In tasks of an executor that can go on, a sync caller waits for what another task writes.
#[test]
#[cfg(feature = "executor")]
fn permitted_in_a_task() {
    limit(|| {
        let ex = crate::common::one_thread();
        let (mut writer, reader) = pipe();
        let reads = ex.spawn(async move {
            let mut text = String::new();
            DualIo::asynchronous(reader)
                .read_to_string(&mut text)
                .expect("it reads");
            text
        });
        let writes = ex.spawn(async move {
            writer.send(b"bytes".to_vec()).await;
        });
        ex.block_on(async {
            writes.await;
            assert_eq!(reads.await, "bytes");
        });
    });
}

#[test]
#[cfg(feature = "tokio")]
fn permitted_in_a_task_of_tokio() {
    limit(|| {
        let runtime = multi_thread();
        let (mut writer, reader) = pipe();
        let reads = runtime.spawn(async move {
            let mut text = String::new();
            DualIo::asynchronous(reader)
                .read_to_string(&mut text)
                .expect("it reads");
            text
        });
        let writes = runtime.spawn(async move {
            writer.send(b"bytes".to_vec()).await;
        });
        runtime.block_on(async {
            writes.await.expect("it writes");
            assert_eq!(reads.await.expect("it reads"), "bytes");
        });
    });
}

#[cfg(any(feature = "executor", feature = "tokio"))]
struct Writer(futures::channel::mpsc::Sender<io::Result<Vec<u8>>>);

#[cfg(any(feature = "executor", feature = "tokio"))]
impl Writer {
    fn send(&mut self, bytes: Vec<u8>) -> impl Future<Output = ()> + '_ {
        use futures::SinkExt;
        async move { self.0.send(Ok(bytes)).await.expect("it is read") }
    }
}

#[cfg(any(feature = "executor", feature = "tokio"))]
fn pipe() -> (Writer, impl AsyncRead + Unpin + Send) {
    use futures::TryStreamExt;
    let (sender, receiver) = futures::channel::mpsc::channel(1);
    (Writer(sender), receiver.into_async_read())
}

/// A reader that nothing can wake is an error, and not a wait for ever.
#[test]
fn nothing_wakes() {
    struct Forgets;

    impl AsyncRead for Forgets {
        fn poll_read(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            _to: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }

    limit(|| {
        let error = DualIo::asynchronous(Forgets)
            .read(&mut [0])
            .expect_err("nothing wakes it");
        assert_eq!(error.kind(), io::ErrorKind::Deadlock);
        assert!(
            error
                .to_string()
                .starts_with("nothing can wake this call: ")
        );
    });
}
