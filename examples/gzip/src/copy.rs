//! Files and connections, copied from one gzip to the other.

use std::fs::File;
use std::io;

use futures::io::{AsyncRead, AsyncWrite};
use smartcall::io::copy;
use smartcall::smart;

use crate::{connection, file};

/// Sends what a compressed file holds, compressed anew, and returns its length and the connection.
#[smart]
pub async fn send<C>(file: File, connection: C) -> io::Result<(u64, C)>
where
    C: AsyncWrite + Unpin + Send + 'static,
{
    let mut from = file::reader(file);
    let mut to = connection::writer(connection);
    let length = copy(&mut from, &mut to).await?;
    Ok((length, connection::finish(to).await?))
}

/// Receives what [`send`] has sent, up to its end, into a compressed file, and returns its length.
#[smart]
pub async fn receive<C>(connection: C, file: File) -> io::Result<u64>
where
    C: AsyncRead + Unpin + Send + 'static,
{
    let mut from = connection::reader(connection).await;
    let mut to = file::writer(file);
    let length = copy(&mut from, &mut to).await?;
    file::finish(to).await?;
    Ok(length)
}
