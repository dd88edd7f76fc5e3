//! As much of HTTP as it takes to ask the server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Asks the server what [`tool::run`](crate::tool::run) would be told: `put nut 5` is a
/// `POST /put/nut/5`. An answer that is none of success is an error, as a text.
///
/// # Errors
///
/// Those of the connection.
pub fn ask(server: SocketAddr, line: &str) -> io::Result<Result<String, String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let method = match words.first() {
        Some(&("put" | "take")) => "POST",
        _ => "GET",
    };
    let path = words.join("/");
    let mut stream = TcpStream::connect(server)?;
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let parts = answer.split_once("\r\n\r\n");
    let (head, body) = parts.ok_or(ErrorKind::UnexpectedEof)?;
    let body = body.to_owned();
    Ok(match head.starts_with("HTTP/1.1 200 ") {
        true => Ok(body),
        false => Err(body),
    })
}
