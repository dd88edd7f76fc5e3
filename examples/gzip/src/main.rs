//! Copies a compressed text over a connection, for a sync and for an async caller, and prints the lengths.
//!
//! `cargo run -p smartcall-gzip`

use std::fs::File;
use std::io::{self, Seek, Write};
use std::net::{TcpListener, TcpStream};

use async_io::Async;
use smartcall::{Executor, try_join};
use smartcall_gzip::copy::{receive, send};
use smartcall_gzip::file::{finish, writer};

/// Makes a compressed file.
fn compressed() -> io::Result<File> {
    let file = tempfile::tempfile()?;
    let mut writer = writer(file.try_clone()?);
    for n in 0..100_000 {
        writeln!(writer, "line {n}")?;
    }
    finish(writer).get()?;
    let mut file = file;
    file.rewind()?;
    Ok(file)
}

/// Makes the two ends of a connection.
fn connection() -> io::Result<(Async<TcpStream>, Async<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let one = TcpStream::connect(listener.local_addr()?)?;
    let (other, _) = listener.accept()?;
    Ok((Async::new(one)?, Async::new(other)?))
}

fn main() -> io::Result<()> {
    let (one, other) = connection()?;
    let sent = send(compressed()?, one).map_ok(|(length, _)| length);
    let received = receive(other, tempfile::tempfile()?);
    println!("sync caller:  {:?}", try_join((sent, received)).get()?);

    let (one, other) = connection()?;
    let (from, to) = (compressed()?, tempfile::tempfile()?);
    let both = Executor::new().block_on(async {
        let sent = send(from, one).map_ok(|(length, _)| length);
        try_join((sent, receive(other, to))).await
    });
    println!("async caller: {:?}", both?);
    Ok(())
}
