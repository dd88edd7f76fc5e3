//! A payment gateway: it sends a line to a server, and receives a line. There is a sync and an async client.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use async_io::Async;
use futures_lite::{AsyncBufReadExt, AsyncWriteExt};

use crate::{ChargeError, Payment, Receipt};

/// The maximum that the server charges.
const LIMIT: u32 = 10_000;

/// Charges a card, and blocks until the server has answered.
///
/// # Errors
///
/// Returns the server's error, or an error if there is no server.
pub fn charge_blocking(server: SocketAddr, payment: Payment) -> Result<Receipt, ChargeError> {
    let ask = || {
        let mut stream = TcpStream::connect(server)?;
        stream.write_all(question(&payment).as_bytes())?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        Ok(answer)
    };
    receipt(ask())
}

/// Charges a card.
///
/// # Errors
///
/// Returns the server's error, or an error if there is no server.
pub async fn charge(server: SocketAddr, payment: Payment) -> Result<Receipt, ChargeError> {
    let ask = async {
        let mut stream = Async::<TcpStream>::connect(server).await?;
        stream.write_all(question(&payment).as_bytes()).await?;
        let mut answer = String::new();
        let mut stream = futures_lite::io::BufReader::new(stream);
        stream.read_line(&mut answer).await?;
        Ok(answer)
    };
    receipt(ask.await)
}

fn question(payment: &Payment) -> String {
    format!("{} {}\n", payment.cents, payment.card)
}

fn receipt(answer: io::Result<String>) -> Result<Receipt, ChargeError> {
    let answer = answer.map_err(ChargeError::Unreachable)?;
    let (word, rest) = answer.trim_end().split_once(' ').unwrap_or_default();
    match (word, rest.parse()) {
        ("paid", Ok(number)) => Ok(Receipt { number }),
        ("declined", _) => Err(ChargeError::Declined(rest.into())),
        _ => Err(ChargeError::Unreachable(ErrorKind::InvalidData.into())),
    }
}

/// Starts the server of a gateway on loopback. It runs until the process ends.
///
/// # Errors
///
/// Returns the errors of the socket.
pub fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let paid = Arc::new(AtomicU32::new(0));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let paid = Arc::clone(&paid);
            // It does not matter if the client is gone.
            thread::spawn(move || answer(client, &paid));
        }
    });
    Ok(address)
}

fn answer(client: TcpStream, paid: &AtomicU32) -> io::Result<()> {
    let mut question = String::new();
    BufReader::new(&client).read_line(&mut question)?;
    let cents = question.split(' ').next().unwrap_or_default();
    match cents.parse::<u32>() {
        Ok(..=LIMIT) => {
            let number = paid.fetch_add(1, Ordering::Relaxed) + 1;
            writeln!(&client, "paid {number}")
        }
        Ok(_) => writeln!(&client, "declined it is more than {LIMIT}"),
        Err(_) => writeln!(&client, "declined it is no amount"),
    }
}
