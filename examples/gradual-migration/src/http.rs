//! A minimal HTTP client for the server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Sends the server a line that [`tool::run`](crate::tool::run) takes: `put nut 5` becomes `POST /put/nut/5`. An
/// answer with a status other than 200 is an `Err` with its text.
///
/// # Errors
///
/// Returns the errors of the connection.
pub fn ask(server: SocketAddr, line: &str) -> io::Result<Result<String, String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let method = match words.first() {
        Some(&("put" | "take")) => "POST",
        _ => "GET",
    };
    let path = words.join("/");
    let mut stream = TcpStream::connect(server)?;
    // The answers of this version end with the connection, and so have no parts.
    write!(
        stream,
        "{method} /{path} HTTP/1.0\r\nHost: {server}\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let parts = answer.split_once("\r\n\r\n");
    let (head, body) = parts.ok_or(ErrorKind::UnexpectedEof)?;
    let body = body.to_owned();
    Ok(match head.starts_with("HTTP/1.0 200 ") {
        true => Ok(body),
        false => Err(body),
    })
}
