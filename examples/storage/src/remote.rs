use std::io::{Error, ErrorKind, Result};
use std::net::{SocketAddr, TcpStream};

use async_io::Async;
use futures_lite::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use smartcall::{Emit, smart};

use crate::store::{Change, Store};

/// A store that a server has, over TCP.
///
/// A request is a line, on a connection of its own. Its answer is some lines, of which the last one is empty.
#[derive(Debug)]
pub struct Remote {
    server: SocketAddr,
}

impl Remote {
    /// The store of a server.
    pub fn new(server: SocketAddr) -> Self {
        Remote { server }
    }

    async fn send(&self, request: &str) -> Result<BufReader<Async<TcpStream>>> {
        let mut connection = Async::<TcpStream>::connect(self.server).await?;
        connection
            .write_all(format!("{request}\n").as_bytes())
            .await?;
        Ok(BufReader::new(connection))
    }

    /// Returns the first line of the answer, if there is one.
    async fn ask(&self, request: &str) -> Result<Option<String>> {
        line(&mut self.send(request).await?).await
    }
}

/// Reads a line, or `None` at the end of the answer.
async fn line(answer: &mut BufReader<Async<TcpStream>>) -> Result<Option<String>> {
    let mut line = String::new();
    answer.read_line(&mut line).await?;
    match line.strip_suffix('\n') {
        None => Err(Error::new(ErrorKind::UnexpectedEof, "the server has gone")),
        Some("") => Ok(None),
        Some(line) => match line.strip_prefix("error ") {
            None => Ok(Some(line.into())),
            Some(error) => Err(Error::other(error.to_owned())),
        },
    }
}

#[smart(boxed)]
impl Store for Remote {
    async fn get(&self, key: &str) -> Result<Option<String>> {
        self.ask(&format!("get {key}")).await
    }

    async fn put(&self, key: &str, value: &str) -> Result<()> {
        self.ask(&format!("put {key} {value}")).await.map(|_| ())
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.ask(&format!("delete {key}")).await?.is_some())
    }

    async fn batch(&self, changes: Vec<Change>) -> Result<()> {
        let changes = changes.into_iter().map(|change| match change.value {
            Some(value) => format!("\t{} {value}", change.key),
            None => format!("\t{}", change.key),
        });
        let changes: String = changes.collect();
        self.ask(&format!("batch {changes}")).await.map(|_| ())
    }

    #[smart(boxed, stream)]
    async fn list(&self, prefix: &str, mut out: Emit<String>) -> Result<()> {
        let mut answer = self.send(&format!("list {prefix}")).await?;
        while let Some(key) = line(&mut answer).await? {
            out.emit(key).await;
        }
        Ok(())
    }

    #[smart(boxed, stream)]
    async fn watch(&self, prefix: &str, mut out: Emit<Change>) -> Result<()> {
        let mut answer = self.send(&format!("watch {prefix}")).await?;
        while let Some(line) = line(&mut answer).await? {
            out.emit(match line.split_once(' ') {
                Some((key, value)) => Change::put(key, value),
                None => Change::delete(&line),
            })
            .await;
        }
        Ok(())
    }
}
