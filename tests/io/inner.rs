//! Access to what is in a handle, and what a handle is.

use std::fs::File;
use std::io::{BufRead, Cursor, Read, Write};

use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smartcall::DualIo;
use smartcall::io::{Async, Blocking, Readable, Writable, copy};

use super::support::*;
use crate::common::limit;

/// The inner one is to be had while it is here, and `into_inner` waits for it, for both callers.
#[test]
fn inner_reader() {
    limit(|| {
        let mut io = DualIo::blocking(Cursor::new(bytes(10)));
        assert_eq!(io.get_ref().map(Cursor::position), Some(0));
        io.get_mut().expect("it is here").set_position(5);
        assert_eq!(
            pollster::block_on(AsyncReadExt::read(&mut io, &mut [0])).expect("it reads"),
            1
        );
        assert_eq!(io.get_ref().map(Cursor::position), Some(10));
        assert_eq!(io.buffer(), &bytes(10)[6..]);
        assert_eq!(io.into_inner().get().expect("it is here").position(), 10);

        for is_sync in [true, false] {
            let mut io = DualIo::blocking(Vec::new());
            pollster::block_on(AsyncWriteExt::write_all(&mut io, b"abc")).expect("it writes");
            assert!(io.get_ref().is_none() && io.get_mut().is_none());
            let inner = io.into_inner();
            let inner = if is_sync {
                inner.get()
            } else {
                pollster::block_on(inner)
            };
            assert_eq!(inner.expect("it is here"), b"abc");
        }

        let mut io = DualIo::asynchronous(futures::io::Cursor::new(bytes(10)));
        io.get_mut().set_position(5);
        assert_eq!(
            BufRead::fill_buf(&mut io).expect("it reads"),
            &bytes(10)[5..]
        );
        assert_eq!(io.get_ref().position(), 10);
        assert_eq!(io.buffer().len(), 5);
        assert_eq!(io.into_inner().position(), 10);
    });
}

/// A handle can be named, spawned and shared, and is `Unpin`.
#[test]
fn auto_traits() {
    fn all<T: Send + Sync + Unpin>() {}
    all::<DualIo<Blocking<File>>>();
    all::<DualIo<Async<futures::io::Cursor<Vec<u8>>>>>();
    let io = DualIo::blocking(&b""[..]);
    assert_eq!(format!("{io:?}"), "DualIo { .. }");
    // A reader that is not `Unpin` goes into a box.
    let pinned = futures::io::Cursor::new(bytes(3));
    let io = DualIo::asynchronous(Box::pin(pinned));
    assert_eq!(sync_bytes(io), bytes(3));
    // Handles go into handles.
    let io = DualIo::blocking(DualIo::asynchronous(&b"abc"[..]));
    assert_eq!(sync_bytes(io), b"abc");
    let mut io = DualIo::asynchronous(DualIo::blocking(DualIo::asynchronous(&b"abc"[..])));
    let mut all = Vec::new();
    pollster::block_on(AsyncReadExt::read_to_end(&mut io, &mut all)).expect("it reads");
    assert_eq!(all, b"abc");
}

/// What is made of a reader or writer is `Send` if that is: it need not be `Sync`.
#[test]
fn work_needs_no_sync() {
    fn send<T: Send>(_: T) {}

    fn all<R, W>(from: impl Fn() -> DualIo<R>, to: impl Fn() -> DualIo<W>)
    where
        R: Readable + Send + 'static,
        W: Writable + Send + 'static,
    {
        send(copy(&mut from(), &mut to()));
        send(from().lines());
        send(from().chunks(2).try_collect::<Vec<_>>());
        send(AsyncReadExt::read_to_end(&mut from(), &mut Vec::new()));
        send(AsyncWriteExt::write_all(&mut to(), b"abc"));
    }

    let from = || DualIo::blocking(Box::new(&b"abc"[..]) as Box<dyn Read + Send>);
    let to = || DualIo::blocking(Box::new(Vec::new()) as Box<dyn Write + Send>);
    all(from, to);
    send(from().into_inner());
    let from = || DualIo::asynchronous(Box::new(&b"abc"[..]) as Box<dyn AsyncRead + Send + Unpin>);
    let to = || DualIo::asynchronous(Box::new(Vec::new()) as Box<dyn AsyncWrite + Send + Unpin>);
    all(from, to);
}

fn sync_bytes(mut io: DualIo<impl Readable>) -> Vec<u8> {
    let mut all = Vec::new();
    Read::read_to_end(&mut io, &mut all).expect("it reads");
    all
}
