//! Subjects of the bench `io`.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smartcall::DualIo;
use tokio::io::ReadBuf;
use tokio::runtime::Runtime;
use tokio_util::io::SyncIoBridge;

/// A file that is removed when this is dropped.
pub(crate) struct TempFile(PathBuf);

impl TempFile {
    pub(crate) fn new(size: usize) -> Self {
        let path = std::env::temp_dir().join(format!("smartcall-bench-{}", std::process::id()));
        fs::write(&path, vec![7; size]).expect("it is written");
        TempFile(path)
    }

    pub(crate) fn open(&self) -> File {
        let file = File::options().read(true).write(true).open(&self.0);
        file.expect("it is there")
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Reads to the end, so many bytes at a time.
pub(crate) async fn read_all(mut io: impl AsyncRead + Unpin, size: usize) {
    let mut part = vec![0; size];
    while io.read(&mut part).await.expect("it reads") > 0 {
        black_box(&part);
    }
}

/// The same by tokio's trait.
pub(crate) async fn read_all_tokio(mut io: impl tokio::io::AsyncRead + Unpin, size: usize) {
    let mut part = vec![0; size];
    while tokio::io::AsyncReadExt::read(&mut io, &mut part)
        .await
        .expect("it reads")
        > 0
    {
        black_box(&part);
    }
}

/// The same in sync code.
pub(crate) fn read_all_sync(mut io: impl Read, size: usize) {
    let mut part = vec![0; size];
    while io.read(&mut part).expect("it reads") > 0 {
        black_box(&part);
    }
}

/// Writes so many parts, and flushes.
pub(crate) async fn write_all(mut io: impl AsyncWrite + Unpin, size: usize, parts: usize) {
    let part = vec![7; size];
    for _ in 0..parts {
        io.write_all(black_box(&part)).await.expect("it writes");
    }
    io.flush().await.expect("it writes");
}

/// The same by tokio's trait.
pub(crate) async fn write_all_tokio(
    mut io: impl tokio::io::AsyncWrite + Unpin,
    size: usize,
    parts: usize,
) {
    use tokio::io::AsyncWriteExt;

    let part = vec![7; size];
    for _ in 0..parts {
        io.write_all(black_box(&part)).await.expect("it writes");
    }
    io.flush().await.expect("it writes");
}

/// An async reader that is always ready.
pub(crate) struct Ready;

impl AsyncRead for Ready {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        to: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        to.fill(7);
        Poll::Ready(Ok(to.len()))
    }
}

impl tokio::io::AsyncRead for Ready {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        to.initialize_unfilled().fill(7);
        to.advance(to.capacity());
        Poll::Ready(Ok(()))
    }
}

impl Read for Ready {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        to.fill(7);
        Ok(to.len())
    }
}

/// Reads 16 bytes.
pub(crate) fn read_sixteen(io: &mut impl Read) -> [u8; 16] {
    let mut to = [0; 16];
    io.read_exact(&mut to).expect("it reads");
    to
}

pub(crate) fn bridge(runtime: &Runtime) -> SyncIoBridge<Ready> {
    SyncIoBridge::new_with_handle(Ready, runtime.handle().clone())
}

pub(crate) fn dual() -> DualIo<smartcall::io::Async<Ready>> {
    DualIo::asynchronous(Ready)
}

/// A file, from its start.
pub(crate) fn rewound(mut file: File) -> File {
    file.seek(SeekFrom::Start(0)).expect("it seeks");
    file
}

/// Reads lines, and counts them.
pub(crate) fn count_lines(lines: impl Iterator<Item = io::Result<String>>) -> usize {
    lines.filter(|line| line.is_ok()).count()
}

/// Some text of many lines.
pub(crate) fn text(lines: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for i in 0..lines {
        writeln!(text, "line number {i}, of some length").expect("it is written");
    }
    text
}
