//! tokio's traits, of handles and in handles.

use std::io::{Cursor, SeekFrom};
use std::time::Duration;

use smartcall::DualIo;

use super::support::*;
use crate::common::limit;

/// Each handle has tokio's traits, whatever is in it.
#[test]
fn traits_of_handles() {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

    limit(|| {
        multi_thread().block_on(async {
            let mut all = Vec::new();
            let mut io = DualIo::blocking(Cursor::new(bytes(200_000)));
            io.read_to_end(&mut all).await.expect("it reads");
            assert_eq!(all, bytes(200_000));
            assert_eq!(io.seek(SeekFrom::Start(5)).await.expect("it seeks"), 5);
            assert_eq!(io.read_u8().await.expect("it reads"), 5);
            assert_eq!(io.seek(SeekFrom::Current(4)).await.expect("it seeks"), 10);
            assert_eq!(io.read_u8().await.expect("it reads"), 10);
            assert_eq!(io.stream_position().await.expect("it seeks"), 11);
            assert!(io.seek(SeekFrom::Current(-12)).await.is_err());
            assert_eq!(io.read_u8().await.expect("it reads"), 11);

            let io = DualIo::asynchronous(Pends::new(&b"one\ntwo"[..]));
            let mut lines = AsyncBufReadExt::lines(io);
            assert_eq!(
                lines.next_line().await.expect("it reads").as_deref(),
                Some("one")
            );
            assert_eq!(
                lines.next_line().await.expect("it reads").as_deref(),
                Some("two")
            );
            assert_eq!(lines.next_line().await.expect("it reads"), None);

            let written = Written::default();
            let mut io = DualIo::blocking(std::io::BufWriter::new(written.clone()));
            io.write_all(b"abc").await.expect("it writes");
            io.flush().await.expect("it writes");
            assert_eq!(written.bytes(), b"abc");
            io.write_all(b"de").await.expect("it writes");
            io.shutdown().await.expect("it closes");
            assert_eq!(written.bytes(), b"abcde");
            assert!(io.write_all(b"f").await.is_err());
        });
    });
}

/// A reader of tokio for sync callers: on a plain thread, where it enters a runtime of smartcall's, and in a task.
#[test]
fn readers_of_tokio() {
    use std::io::{BufRead, Read, Write};

    fn reads() {
        let (near, far) = tokio::io::duplex(10);
        let (mut near, mut far) = (DualIo::tokio(near), DualIo::tokio(far));
        let writes = std::thread::spawn(move || {
            Write::write_all(&mut far, b"one\ntwo\n").expect("it writes");
            Write::flush(&mut far).expect("it writes");
            Write::write_all(&mut far, b"three and more").expect("it writes");
        });
        let mut line = String::new();
        BufRead::read_line(&mut near, &mut line).expect("it reads");
        Read::read_to_string(&mut near, &mut line).expect("it reads");
        assert_eq!(line, "one\ntwo\nthree and more");
        writes.join().expect("it writes");
    }

    limit(|| {
        reads();
        let runtime = multi_thread();
        let task = runtime.spawn(async { reads() });
        runtime.block_on(task).expect("it reads");
    });
}

/// A timer of tokio in a reader works for a sync caller: it is driven in a runtime.
#[test]
fn timers_in_readers() {
    use std::io::Read;

    #[derive(Default)]
    struct Sleeps(Option<std::pin::Pin<Box<tokio::time::Sleep>>>);

    impl tokio::io::AsyncRead for Sleeps {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
            to: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            let sleep = || Box::pin(tokio::time::sleep(Duration::from_millis(5)));
            self.0
                .get_or_insert_with(sleep)
                .as_mut()
                .poll(cx)
                .map(|()| {
                    to.put_slice(b"a");
                    Ok(())
                })
        }
    }

    limit(|| {
        let mut one = [0];
        DualIo::tokio(Sleeps::default())
            .read_exact(&mut one)
            .expect("it reads");
        assert_eq!(&one, b"a");
    });
}

/// Seeking by tokio's two steps, for both callers.
#[test]
fn seeks_of_tokio() {
    use std::io::{BufRead, Read, Seek, Write};
    use tokio::io::{AsyncReadExt, AsyncSeekExt};

    limit(|| {
        let mut io = DualIo::tokio(Cursor::new(bytes(100)));
        assert_eq!(BufRead::fill_buf(&mut io).expect("it reads").len(), 100);
        BufRead::consume(&mut io, 10);
        assert_eq!(
            Seek::seek(&mut io, SeekFrom::Current(5)).expect("it seeks"),
            15
        );
        let mut one = [0];
        Read::read_exact(&mut io, &mut one).expect("it reads");
        assert_eq!(one, [15]);
        pollster::block_on(async {
            assert_eq!(
                AsyncSeekExt::seek(&mut io, SeekFrom::End(-1))
                    .await
                    .expect("it seeks"),
                99
            );
            assert_eq!(AsyncReadExt::read_u8(&mut io).await.expect("it reads"), 99);
            let seek = futures::io::AsyncSeekExt::seek(&mut io, SeekFrom::Start(7)).await;
            assert_eq!(seek.expect("it seeks"), 7);
        });
        // A write after a read ahead.
        let mut io = DualIo::tokio(Cursor::new(b"abcd".to_vec())).seekable();
        assert_eq!(BufRead::fill_buf(&mut io).expect("it reads").len(), 4);
        BufRead::consume(&mut io, 1);
        Write::write_all(&mut io, b"BC").expect("it writes");
        assert_eq!(io.into_inner().into_inner(), b"aBCd");
    });
}

/// A file of tokio, whose calls go to tokio's pool, for a sync caller.
#[test]
fn file_of_tokio() {
    use std::io::{Read, Seek, Write};

    limit(|| {
        let path = std::env::temp_dir().join(format!("smartcall-io-{}-tokio", std::process::id()));
        let runtime = multi_thread();
        let open = runtime.block_on(async {
            tokio::fs::File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(&path)
                .await
        });
        let mut io = DualIo::tokio(open.expect("it opens"));
        Write::write_all(&mut io, b"abcdef").expect("it writes");
        Write::flush(&mut io).expect("it writes");
        assert_eq!(
            Seek::seek(&mut io, SeekFrom::Start(2)).expect("it seeks"),
            2
        );
        let mut rest = String::new();
        Read::read_to_string(&mut io, &mut rest).expect("it reads");
        assert_eq!(rest, "cdef");
        std::fs::remove_file(path).expect("it is there");
    });
}
