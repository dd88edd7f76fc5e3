//! Shared test code.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use async_io::Async;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// A text that is larger than any buffer.
pub fn text() -> String {
    (0..30_000).map(|n| format!("line {n}\n")).collect()
}

/// Compresses by flate2 alone.
pub fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("it is memory");
    encoder.finish().expect("it is memory")
}

/// Decompresses by flate2 alone.
pub fn gunzip(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    MultiGzDecoder::new(from).read_to_string(&mut text)?;
    Ok(text)
}

/// Makes a connection, whose other end is blocking.
pub fn connection() -> (Async<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("it is free");
    let address = listener.local_addr().expect("it is bound");
    let connection = TcpStream::connect(address).expect("it is there");
    let (other, _) = listener.accept().expect("it connects");
    (Async::new(connection).expect("it is a socket"), other)
}

/// Makes a connection whose other end sends bytes.
pub fn sender(bytes: Vec<u8>) -> Async<TcpStream> {
    let (connection, mut other) = connection();
    // Whoever reads an end that comes too early does not read it all.
    thread::spawn(move || other.write_all(&bytes));
    connection
}

/// Makes a file with these bytes.
pub fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("there is room");
    file.write_all(bytes).expect("there is room");
    file.rewind().expect("it is a file");
    file
}

/// Reads a file from its start, by flate2 alone.
#[track_caller]
pub fn assert_holds(mut file: File, text: &str) {
    file.rewind().expect("it is a file");
    assert!(gunzip(file).expect("it is complete") == text);
}
