//! An async gzip over a blocking file.
//!
//! async-compression reads and writes by the traits of `futures-io`. The inner [`DualIo`] gives it those of a file, which reads
//! and writes on a pool for async callers. The outer one gives sync callers `Read` and `Write`.

use std::fs::File;
use std::io;

use async_compression::futures::bufread::GzipDecoder;
use async_compression::futures::write::GzipEncoder;
use futures::io::AsyncWriteExt;
use smartcall::io::{Async, Blocking, Readable};
use smartcall::{DualIo, smart};

/// Decompresses a file.
pub fn reader(file: File) -> DualIo<impl Readable> {
    let mut decoder = GzipDecoder::new(DualIo::blocking(file));
    decoder.multiple_members(true);
    DualIo::asynchronous(decoder)
}

/// Compresses what goes to a file.
pub type Writer = DualIo<Async<GzipEncoder<DualIo<Blocking<File>>>>>;

/// Compresses what goes to a file, up to [`finish`].
pub fn writer(file: File) -> Writer {
    DualIo::asynchronous(GzipEncoder::new(DualIo::blocking(file)))
}

/// Writes the end, and waits until the file has it.
#[smart]
pub async fn finish(mut writer: Writer) -> io::Result<()> {
    writer.close().await
}
