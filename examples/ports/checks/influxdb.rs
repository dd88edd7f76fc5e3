//! A live server, by sync code and by async code.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use influxdb::{Client, InfluxDbWriteable, ReadQuery, Timestamp};

/// Serves what a client asks for, and returns where.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || answer(connection));
        }
    });
    format!("http://{at}")
}

fn answer(connection: TcpStream) {
    let mut input = BufReader::new(&connection);
    loop {
        let mut head = Vec::new();
        let mut line = String::new();
        while input.read_line(&mut line).is_ok_and(|read| read > 2) {
            head.push(line.to_ascii_lowercase());
            line.clear();
        }
        let Some(request) = head.first() else {
            return;
        };
        let length = head
            .iter()
            .find_map(|line| line.strip_prefix("content-length:"));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        input.read_exact(&mut body).unwrap();
        let said = match request.split(['?', ' ']).nth(1).unwrap() {
            "/query" => r#"{"results":[{"statement_id":0}]}"#,
            "/write" => {
                assert_eq!(body, b"weather n=5i 1");
                ""
            }
            _ => "",
        };
        let length = said.len();
        let headers = "x-influxdb-build: OSS\r\nx-influxdb-version: 5";
        let said =
            format!("HTTP/1.1 200 OK\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{said}");
        (&connection).write_all(said.as_bytes()).unwrap();
    }
}

/// The same calls, each followed by `.get()` or `.await`.
macro_rules! calls {
    ($($end:tt)*) => {{
        let client = Client::new(serve(), "test");
        let (build, version) = client.ping()$($end)*.unwrap();
        assert_eq!((&*build, &*version), ("OSS", "5"));
        let written = Timestamp::Nanoseconds(1).into_query("weather").add_field("n", 5);
        assert_eq!(client.query(written)$($end)*.unwrap(), "");
        let query = || ReadQuery::new("SELECT * FROM weather");
        assert!(client.query(query())$($end)*.unwrap().contains("results"));
        assert_eq!(client.json_query(query())$($end)*.unwrap().results.len(), 1);
        let nowhere = Client::new("http://127.0.0.1:1", "test");
        assert!(nowhere.query(query())$($end)*.is_err());
    }};
}

#[test]
fn sync_caller() {
    calls!(.get());
}

#[tokio::test]
async fn async_caller() {
    calls!(.await);
}
