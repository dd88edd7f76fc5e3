//! Rows one by one, for both callers: as many as there are, in little memory.
//!
//! Rows borrow their statement, and a statement borrows its connection. An iterator can't own all three, so a `produce` has
//! them on its stack, on a thread of a pool for the sync caller, too.

use std::path::Path;

use rusqlite::Row;
use smartcall::DualStream;
use smartcall::stream::Out;

use crate::{Error, sql};

/// How many rows are read at most before the next one is taken.
pub const AHEAD: usize = 16;

/// Runs a query, and returns its rows.
///
/// The query has a connection of its own. So the caller may change the database between two rows, and it does not see such
/// changes in later rows. The query ends when the stream is dropped. An error is the last item.
pub fn rows<T: Send + 'static>(
    file: &Path,
    query: &'static str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T> + Send + 'static,
) -> DualStream<Result<T, Error>> {
    let file = file.to_owned();
    let rows = DualStream::produce(AHEAD, move |out| {
        if let Err(error) = send(&file, query, read, out) {
            // It is lost if the stream was dropped.
            let _ = out.send(Err(error));
        }
    });
    rows.boxed()
}

/// Sends rows until there are no more, or until nobody takes them.
fn send<T>(
    file: &Path,
    query: &str,
    mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    out: &mut Out<Result<T, Error>>,
) -> Result<(), Error> {
    let connection = sql::open(file)?;
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if out.send(Ok(read(row)?)).is_err() {
            break;
        }
    }
    Ok(())
}
