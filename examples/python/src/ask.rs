//! The library, which knows nothing of Python.

use std::io;

use smartcall::smart;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Sends a line to a server, and returns the line that it answers.
///
/// An event loop of Python is no runtime of tokio. So the sockets are those of smartcall's runtime, whoever waits.
#[smart(in_runtime = smartcall::tokio::runtime())]
pub async fn ask(server: &str, line: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(server).await?;
    connection.write_all(format!("{line}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(connection).read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}
