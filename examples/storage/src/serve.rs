use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::store::{Change, Store};

/// Serves a store, in a thread for each connection. This is sync code.
pub fn serve(listener: TcpListener, store: impl Store + 'static) {
    let store = &*Box::leak(Box::new(store));
    for connection in listener.incoming().flatten() {
        thread::spawn(move || answer(&connection, store));
    }
}

fn answer(connection: &TcpStream, store: &dyn Store) -> Result<()> {
    let mut request = String::new();
    BufReader::new(connection).read_line(&mut request)?;
    if let Err(error) = write(connection, store, request.trim_end_matches('\n')) {
        writeln!(&mut &*connection, "error {error}")?;
    }
    writeln!(&mut &*connection)
}

fn write(mut to: &TcpStream, store: &dyn Store, request: &str) -> Result<()> {
    let (verb, rest) = request.split_once(' ').unwrap_or((request, ""));
    let (key, value) = rest.split_once(' ').unwrap_or((rest, ""));
    match verb {
        "get" => {
            if let Some(value) = store.get(key).get()? {
                writeln!(to, "{value}")?;
            }
        }
        "put" => store.put(key, value).get()?,
        "delete" => {
            if store.delete(key).get()? {
                writeln!(to, "deleted")?;
            }
        }
        "batch" => {
            let changes = rest
                .split('\t')
                .skip(1)
                .map(|change| match change.split_once(' ') {
                    Some((key, value)) => Change::put(key, value),
                    None => Change::delete(change),
                });
            store.batch(changes.collect()).get()?;
        }
        "list" => {
            for key in store.list(key) {
                writeln!(to, "{}", key?)?;
            }
        }
        "watch" => {
            for change in store.watch(key) {
                let Change { key, value } = change?;
                match value {
                    Some(value) => writeln!(to, "{key} {value}")?,
                    None => writeln!(to, "{key}")?,
                }
            }
        }
        _ => writeln!(to, "error there is no `{verb}`")?,
    }
    Ok(())
}
