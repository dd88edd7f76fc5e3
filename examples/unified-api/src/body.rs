use std::io::{self, Read};
use std::iter;

use bytes::Bytes;
use smartcall::{DualStream, DualStreamOf, Source};

/// The length of a part, in bytes.
const PART: u64 = 64 * 1024;

/// How many parts are read at most before the next one is sent.
const AHEAD: usize = 4;

/// Makes a body of what a reader reads, for [`upload`](crate::Client::upload).
///
/// A part is read when the one before it is on its way. The reader may block: it reads on a pool.
pub fn parts(
    mut reader: impl Read + Send + 'static,
) -> DualStreamOf<impl Source<Item = io::Result<Bytes>> + Send> {
    DualStream::blocking(iter::from_fn(move || read(&mut reader).transpose())).ahead(AHEAD)
}

fn read(reader: &mut impl Read) -> io::Result<Option<Bytes>> {
    let mut part = Vec::new();
    reader.take(PART).read_to_end(&mut part)?;
    Ok((!part.is_empty()).then(|| part.into()))
}
