//! A live server, by sync code and by async code.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use async_io::Async;
use memcache_async::ascii::Protocol;

/// Each connection has values of its own.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || answer(connection));
        }
    });
    at
}

/// What is said of a value.
fn found(values: &HashMap<String, Vec<u8>>, key: &str, cas: &str) -> Vec<u8> {
    let Some(value) = values.get(key) else {
        return Vec::new();
    };
    let header = format!("VALUE {key} 0 {}{cas}\r\n", value.len());
    [header.as_bytes(), value, b"\r\n"].concat()
}

fn answer(connection: TcpStream) {
    let mut values: HashMap<String, Vec<u8>> = HashMap::new();
    let mut input = BufReader::new(&connection);
    let mut line = String::new();
    while input.read_line(&mut line).is_ok_and(|read| read > 0) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let length = match words[0] {
            "set" | "add" | "append" | "cas" => words[4].parse().unwrap(),
            "ms" => words[2].trim_start_matches('S').parse().unwrap(),
            _ => 0,
        };
        let mut data = vec![0; length + 2];
        let data = match length {
            0 => &[][..],
            _ => {
                input.read_exact(&mut data).unwrap();
                &data[..length]
            }
        };
        let key = words.get(1).map_or("", |key| *key).to_owned();
        let said = match words[0] {
            "get" => {
                let all = words[1..].iter().flat_map(|key| found(&values, key, ""));
                all.chain(*b"END\r\n").collect()
            }
            "gets" => [found(&values, &key, " 7"), b"END\r\n".to_vec()].concat(),
            "get_prefix" => {
                let keys = values.keys().filter(|of| of.starts_with(&key));
                let all = keys.flat_map(|key| found(&values, key, ""));
                all.chain(*b"END\r\n").collect()
            }
            "add" if values.contains_key(&key) => b"NOT_STORED\r\n".to_vec(),
            "set" | "add" | "cas" => {
                values.insert(key, data.to_vec());
                b"STORED\r\n".to_vec()
            }
            "append" | "ms" => {
                values.entry(key).or_default().extend_from_slice(data);
                b"HD\r\n".to_vec()
            }
            "delete" => {
                values.remove(&key);
                b"DELETED\r\n".to_vec()
            }
            "version" => b"VERSION 5\r\n".to_vec(),
            "flush_all" => {
                values.clear();
                b"OK\r\n".to_vec()
            }
            "incr" | "decr" => {
                let by: i64 = words[2].parse().unwrap();
                let by = if words[0] == "incr" { by } else { -by };
                let value = values.get_mut(&key).unwrap();
                let n: i64 = std::str::from_utf8(value).unwrap().parse().unwrap();
                *value = (n + by).to_string().into_bytes();
                format!("{}\r\n", n + by).into_bytes()
            }
            other => panic!("{other}"),
        };
        if !words.contains(&"noreply") {
            (&connection).write_all(&said).unwrap();
        }
        line.clear();
    }
}

/// The same calls, each followed by `.get()` or `.await`.
macro_rules! calls {
    ($at:expr, $($end:tt)*) => {{
        let connection = smartcall::Dual::future(Async::<TcpStream>::connect($at))$($end)*;
        let mut client = Protocol::new(connection.unwrap());
        let missing = client.get("a")$($end)*.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        client.set("a", b"1", 0)$($end)*.unwrap();
        client.add("ab", b"2", 0)$($end)*.unwrap();
        assert!(client.add("ab", b"2", 0)$($end)*.is_err());
        client.append("a", b"0")$($end)*.unwrap();
        assert_eq!(client.get("a")$($end)*.unwrap(), b"10");
        assert_eq!(client.get_multi(&["a", "ab"])$($end)*.unwrap().len(), 2);
        assert_eq!(client.get_prefix("a", None)$($end)*.unwrap().len(), 2);
        assert_eq!(client.increment("a", 2)$($end)*.unwrap(), 12);
        client.increment_noreply("a", 1)$($end)*.unwrap();
        assert_eq!(client.decrement("a", 1)$($end)*.unwrap(), 12);
        let (value, cas) = client.gets_cas("a")$($end)*.unwrap();
        assert_eq!((&value[..], cas), (&b"12"[..], 7));
        assert!(client.cas("a", b"13", cas, 0)$($end)*.unwrap());
        client.append_or_vivify("c", b"5", 0)$($end)*.unwrap();
        assert_eq!(client.get("c")$($end)*.unwrap(), b"5");
        client.delete("c")$($end)*.unwrap();
        assert_eq!(client.version()$($end)*.unwrap(), "5");
        client.flush()$($end)*.unwrap();
        assert!(client.get("a")$($end)*.is_err());
    }};
}

#[test]
fn sync_caller() {
    let at = serve();
    calls!(at, .get());
}

#[test]
fn async_caller() {
    let at = serve();
    async_io::block_on(async { calls!(at, .await) });
}
