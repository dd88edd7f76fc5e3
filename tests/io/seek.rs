//! Seeking, and what it does to what was read ahead.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use futures::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use smartcall::DualIo;
use smartcall::io::{Readable, Seekable, Writable};

use super::support::*;
use crate::common::limit;

const COUNT: usize = 200_000;

async fn next(io: &mut DualIo<impl Readable>) -> u8 {
    let mut one = [0];
    AsyncReadExt::read_exact(io, &mut one)
        .await
        .expect("it reads");
    one[0]
}

fn next_sync(io: &mut DualIo<impl Readable>) -> u8 {
    let mut one = [0];
    Read::read_exact(io, &mut one).expect("it reads");
    one[0]
}

/// The byte at a place.
fn at(place: usize) -> u8 {
    bytes(place + 1)[place]
}

async fn moves_about(mut io: DualIo<impl Readable + Seekable>) {
    assert_eq!(next(&mut io).await, at(0));
    let seek = AsyncSeekExt::seek(&mut io, SeekFrom::Current(9)).await;
    assert_eq!(seek.expect("it seeks"), 10);
    assert_eq!(next(&mut io).await, at(10));
    let seek = AsyncSeekExt::seek(&mut io, SeekFrom::Current(-11)).await;
    assert_eq!(seek.expect("it seeks"), 0);
    assert_eq!(next(&mut io).await, at(0));
    let seek = AsyncSeekExt::seek(&mut io, SeekFrom::End(-1)).await;
    assert_eq!(seek.expect("it seeks"), COUNT as u64 - 1);
    assert_eq!(next(&mut io).await, at(COUNT - 1));
    let seek = AsyncSeekExt::seek(&mut io, SeekFrom::Start(5)).await;
    assert_eq!(seek.expect("it seeks"), 5);
    assert_eq!(next(&mut io).await, at(5));
    // Before the start: nothing has moved, and the buffer is what it was.
    let buffer = io.buffer().to_vec();
    for to in [-7, i64::MIN] {
        let seek = AsyncSeekExt::seek(&mut io, SeekFrom::Current(to)).await;
        let error = seek.expect_err("it is before the start");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(io.buffer(), buffer);
    }
    assert_eq!(next(&mut io).await, at(6));
}

fn moves_about_sync(mut io: DualIo<impl Readable + Seekable>) {
    let mut seek = |to| {
        // Something is read ahead.
        assert!(!BufRead::fill_buf(&mut io).expect("it reads").is_empty());
        let seek = Seek::seek(&mut io, to);
        (seek, next_sync(&mut io))
    };
    let ok = |(seek, byte): (io::Result<u64>, u8)| (seek.expect("it seeks"), byte);
    assert_eq!(ok(seek(SeekFrom::Current(9))), (9, at(9)));
    assert_eq!(ok(seek(SeekFrom::Current(-10))), (0, at(0)));
    assert_eq!(ok(seek(SeekFrom::Start(5))), (5, at(5)));
    let (error, byte) = seek(SeekFrom::Current(-7));
    assert_eq!(
        error.expect_err("it is before the start").kind(),
        io::ErrorKind::InvalidInput
    );
    assert_eq!(byte, at(6));
    assert_eq!(Seek::stream_position(&mut io).expect("it seeks"), 7);
}

/// Both callers seek on both sides. What was read ahead is accounted for.
#[test]
fn moves_about_everywhere() {
    limit(|| {
        let sync_side = || DualIo::blocking(Cursor::new(bytes(COUNT)));
        let async_side =
            || DualIo::asynchronous(Pends::new(futures::io::Cursor::new(bytes(COUNT))));
        moves_about_sync(sync_side());
        moves_about_sync(async_side());
        await_everywhere(move || async move {
            moves_about(sync_side()).await;
            moves_about(async_side()).await;
        });
    });
}

/// The async caller has read ahead when a sync one seeks.
#[test]
fn sync_seek_after_async_read() {
    limit(|| {
        let mut io = DualIo::blocking(Cursor::new(bytes(COUNT)));
        assert_eq!(pollster::block_on(next(&mut io)), at(0));
        assert_eq!(io.buffer().len(), (64 << 10) - 1);
        assert_eq!(
            Seek::seek(&mut io, SeekFrom::Current(1)).expect("it seeks"),
            2
        );
        assert!(io.buffer().is_empty());
        assert_eq!(next_sync(&mut io), at(2));
    });
}

/// A seek that was given up is the next one's, if that goes to the same place, and no later one's.
#[test]
fn given_up_seek() {
    limit(|| {
        for reads_between in [true, false] {
            let (opens, gated) = Gated::new(Cursor::new(bytes(COUNT)));
            let mut io = DualIo::blocking(gated);
            let mut seek = AsyncSeekExt::seek(&mut io, SeekFrom::Current(10));
            assert!(crate::common::poll(&mut seek).is_pending());
            drop(opens);
            if reads_between {
                assert_eq!(pollster::block_on(next(&mut io)), at(10));
                let seek = pollster::block_on(AsyncSeekExt::seek(&mut io, SeekFrom::Current(10)));
                assert_eq!(seek.expect("it seeks"), 21);
            } else {
                let seek = pollster::block_on(AsyncSeekExt::seek(&mut io, SeekFrom::Current(10)));
                assert_eq!(seek.expect("it seeks"), 10);
            }
            let seek = pollster::block_on(AsyncSeekExt::seek(&mut io, SeekFrom::Start(3)));
            assert_eq!(seek.expect("it seeks"), 3);
            assert_eq!(pollster::block_on(next(&mut io)), at(3));
        }
    });
}

struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, content: &[u8]) -> (Self, File) {
        let name = format!("smartcall-io-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).expect("it is written");
        let file = File::options().read(true).write(true).open(&path);
        (TempFile(path), file.expect("it is opened"))
    }

    fn content(&self) -> Vec<u8> {
        std::fs::read(&self.0).expect("it is read")
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn overwrites(io: &mut DualIo<impl Readable + Writable>) {
    assert_eq!(next(io).await, b'a');
    AsyncWriteExt::write_all(io, b"BC")
        .await
        .expect("it writes");
    assert_eq!(next(io).await, b'd');
    Write::write_all(io, b"E").expect("it writes");
    AsyncWriteExt::flush(io).await.expect("it writes");
}

/// A write after a read goes where the reader is, in a file, and in what is said to be seekable.
#[test]
fn write_after_read_ahead() {
    limit(|| {
        let (temp, file) = TempFile::new("overwrite", b"abcdef");
        pollster::block_on(overwrites(&mut DualIo::blocking(file)));
        assert_eq!(temp.content(), b"aBCdEf");

        let mut io = DualIo::blocking(Cursor::new(b"abcdef".to_vec())).seekable();
        pollster::block_on(overwrites(&mut io));
        let inner = io.into_inner().get().expect("it is here");
        assert_eq!(inner.into_inner(), b"aBCdEf");

        let cursor = futures::io::Cursor::new(b"abcdef".to_vec());
        let mut io = DualIo::asynchronous(Pends::new(cursor)).seekable();
        let first = BufRead::fill_buf(&mut io).expect("it reads")[0];
        BufRead::consume(&mut io, 1);
        assert_eq!(first, b'a');
        pollster::block_on(AsyncWriteExt::write_all(&mut io, b"BC")).expect("it writes");
        assert_eq!(next_sync(&mut io), b'd');
        assert_eq!(io.into_inner().inner.into_inner(), b"aBCdef");
    });
}

/// Of other readers and writers it is not known, and a write goes where the inner position is: a socket has two directions.
#[test]
fn write_after_read_ahead_in_a_socket() {
    limit(|| {
        struct Socket(&'static [u8], Vec<u8>);

        impl Read for Socket {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                Read::read(&mut self.0, to)
            }
        }

        impl Write for Socket {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                Write::write(&mut self.1, bytes)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let mut io = DualIo::blocking(Socket(b"abcdef", Vec::new()));
        pollster::block_on(overwrites_nothing(&mut io));
        assert_eq!(io.into_inner().get().expect("it is here").1, b"BCE");
    });
}

async fn overwrites_nothing(io: &mut DualIo<impl Readable + Writable>) {
    assert_eq!(next(io).await, b'a');
    AsyncWriteExt::write_all(io, b"BC")
        .await
        .expect("it writes");
    assert_eq!(next(io).await, b'b');
    Write::write_all(io, b"E").expect("it writes");
    assert_eq!(next(io).await, b'c');
}

/// A pipe that is opened as a file has no position: the write goes where it goes, and what was read ahead stays.
#[test]
#[cfg(target_os = "linux")]
fn write_to_a_pipe_that_is_a_file() {
    limit(|| {
        use std::os::fd::OwnedFd;
        use std::os::unix::net::UnixStream;

        let (near, mut far) = UnixStream::pair().expect("it is made");
        let mut io = DualIo::blocking(File::from(OwnedFd::from(near)));
        far.write_all(b"abc").expect("it writes");
        assert_eq!(pollster::block_on(next(&mut io)), b'a');
        pollster::block_on(AsyncWriteExt::write_all(&mut io, b"x")).expect("it writes");
        pollster::block_on(AsyncWriteExt::flush(&mut io)).expect("it writes");
        let mut one = [0];
        far.read_exact(&mut one).expect("it reads");
        assert_eq!(&one, b"x");
        assert_eq!(next_sync(&mut io), b'b');
    });
}
