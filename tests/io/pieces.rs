//! Lines and chunks, as streams.

use std::io::{self, Cursor, Read};

use smartcall::io::Readable;
use smartcall::{DualIo, context};

use super::support::*;
use crate::common::{here, limit, panicked_at};

const TEXT: &[u8] = b"one\r\ntwo\n\nfour";
const LINES: [&str; 4] = ["one", "two", "", "four"];

fn sync_lines(io: DualIo<impl Readable>) -> Vec<String> {
    let lines: io::Result<_> = io.lines().into_iter().collect();
    lines.expect("it reads")
}

/// The same lines for both callers of both sides.
#[test]
fn lines_everywhere() {
    limit(|| {
        assert_eq!(sync_lines(DualIo::blocking(TEXT)), LINES);
        assert_eq!(sync_lines(DualIo::asynchronous(Pends::new(TEXT))), LINES);
        assert_eq!(sync_lines(DualIo::blocking(&b""[..])), [""; 0]);
        assert_eq!(sync_lines(DualIo::blocking(&b"\n"[..])), [""]);
        await_everywhere(|| async {
            let lines = DualIo::blocking(TEXT).lines();
            let lines: Vec<String> = lines.map(|line| line.expect("it reads")).collect().await;
            assert_eq!(lines, LINES);
            let mut lines = DualIo::asynchronous(Pends::new(TEXT)).lines();
            for line in LINES {
                assert_eq!(
                    lines.try_next().await.expect("it reads").as_deref(),
                    Some(line)
                );
            }
            assert!(lines.next().await.is_none());
        });
    });
}

/// Lines over the borders of buffers, and callers that take turns.
#[test]
fn long_lines_in_turns() {
    limit(|| {
        let text: Vec<String> = (0..3000)
            .map(|i| i.to_string().repeat(i % 50 + 1))
            .collect();
        let joined = text.join("\n");
        let mut lines = DualIo::blocking(Cursor::new(joined.into_bytes())).lines();
        for (i, expected) in text.iter().enumerate() {
            let line = if i % 2 == 0 {
                pollster::block_on(lines.next())
            } else {
                lines.next().get()
            };
            assert_eq!(&line.expect("there are more").expect("it reads"), expected);
        }
        assert!(lines.next().get().is_none());

        let long = "x".repeat(500_000);
        let io = DualIo::blocking(Cursor::new(long.clone().into_bytes()));
        assert!(
            pollster::block_on(io.lines().next())
                .expect("one")
                .expect("it reads")
                == long
        );
    });
}

/// Chunks are full but for the last one.
#[test]
fn chunks_everywhere() {
    limit(|| {
        let all = bytes(1_000_003);
        let expected: Vec<&[u8]> = all.chunks(100_000).collect();
        let sync_side = || DualIo::blocking(Cursor::new(bytes(1_000_003)));
        let chunks: io::Result<Vec<_>> = sync_side().chunks(100_000).into_iter().collect();
        assert!(chunks.expect("it reads") == expected);
        let chunks: Vec<_> = pollster::block_on(sync_side().chunks(100_000).collect());
        let chunks: Vec<_> = chunks
            .into_iter()
            .map(|chunk| chunk.expect("it reads"))
            .collect();
        assert!(chunks == expected);
        let chunks = DualIo::asynchronous(Pends::new(&b"abcde"[..])).chunks(2);
        let chunks: Vec<_> = chunks
            .into_iter()
            .map(|chunk| chunk.expect("it reads"))
            .collect();
        assert_eq!(chunks, [&b"ab"[..], b"cd", b"e"]);
    });
}

#[test]
fn chunks_of_nothing() {
    let io = DualIo::blocking(&b""[..]);
    let (line, said) = (here!(), panicked_at(|| io.chunks(0)));
    assert_eq!(said.0, line);
    assert!(
        said.1.starts_with("a chunk can't have 0 bytes"),
        "{}",
        said.1
    );
}

/// A line that is no text is an error, and the next one follows. An error of the reader is the last item.
#[test]
fn errors() {
    struct Fails(&'static [u8]);

    impl Read for Fails {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            match self.0.read(to)? {
                0 => Err(io::Error::other("it fails")),
                count => Ok(count),
            }
        }
    }

    limit(|| {
        for is_sync in [true, false] {
            let mut lines = DualIo::blocking(Fails(b"one\n\xff\nthree\nfo")).lines();
            let mut next = || {
                let line = if is_sync {
                    lines.next().get()
                } else {
                    pollster::block_on(lines.next())
                };
                line.map(|line| line.map_err(|error| error.to_string()))
            };
            assert_eq!(next(), Some(Ok("one".to_owned())));
            assert_eq!(next(), Some(Err("a line is not valid UTF-8".to_owned())));
            assert_eq!(next(), Some(Ok("three".to_owned())));
            assert_eq!(next(), Some(Err("it fails".to_owned())));
            assert_eq!(next(), None);
        }
    });
}

/// A line that a caller has given up waiting for is the next one's, with the part that has come.
#[test]
fn given_up_line() {
    limit(|| {
        let (send, reader) = from_test();
        let (reader, reads) = Noting::new(reader);
        let mut lines = DualIo::blocking(reader).lines();
        send.send(b"on".to_vec()).expect("it is read");
        let mut next = Box::pin(lines.next());
        // The second read waits for the rest of the line.
        while reads.lock().expect("it is").len() < 2 {
            assert!(crate::common::poll(&mut next).is_pending());
        }
        drop(next);
        send.send(b"e\n".to_vec()).expect("it is read");
        drop(send);
        assert_eq!(lines.next().get().expect("one").expect("it reads"), "one");
    });
}

/// A `for` is refused like that of any stream, whatever is buffered.
#[test]
fn refused() {
    limit(|| {
        let mut lines = DualIo::asynchronous(TEXT).lines();
        for _ in 0..2 {
            context::inside_executor(|| {
                let refused = lines.next().try_get().map(|_| ());
                assert!(refused.is_err());
            });
            assert!(lines.next().get().is_some());
        }
    });
}
