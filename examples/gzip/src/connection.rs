//! A sync gzip over an async connection.
//!
//! flate2 reads and writes by `Read` and `Write`. The inner [`DualIo`] gives it those of an async connection. The outer one
//! sends it to a pool for async callers, since it computes and waits.

use std::io::{self, Write};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use futures::io::{AsyncRead, AsyncWrite};
use smartcall::io::{Async, Blocking};
use smartcall::{Dual, DualIo, smart};

/// Decompresses what comes from a connection.
pub type Reader<C> = DualIo<Blocking<MultiGzDecoder<DualIo<Async<C>>>>>;

/// Decompresses what comes from a connection.
///
/// flate2 makes no decoder before it has read the header. So it is blocking code, too.
#[smart]
pub fn reader<C: AsyncRead + Unpin + Send + 'static>(connection: C) -> Reader<C> {
    let connection = DualIo::asynchronous(connection);
    DualIo::blocking(MultiGzDecoder::new(connection))
}

/// Compresses what goes to a connection.
pub type Writer<C> = DualIo<Blocking<GzEncoder<DualIo<Async<C>>>>>;

/// Compresses what goes to a connection, up to [`finish`].
pub fn writer<C: AsyncWrite + Unpin + Send + 'static>(connection: C) -> Writer<C> {
    let connection = DualIo::asynchronous(connection);
    DualIo::blocking(GzEncoder::new(connection, Compression::default()))
}

/// Writes the end, and returns the connection.
///
/// `close` would write the end, too, when it drops the encoder. An error of that would be lost.
#[smart]
pub async fn finish<C: AsyncWrite + Unpin + Send + 'static>(writer: Writer<C>) -> io::Result<C> {
    let encoder = writer.into_inner().await?;
    let finished = Dual::blocking(move || {
        let mut connection = encoder.finish()?;
        connection.flush()?;
        Ok::<_, io::Error>(connection)
    });
    Ok(finished.await?.into_inner())
}
