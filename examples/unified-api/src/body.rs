use std::io::{self, Read};

use bytes::Bytes;
use smartcall::{DualIo, DualStreamOf, Source};

/// The length of a part, in bytes.
const PART: usize = 64 * 1024;

/// Makes a body of what a reader reads, for [`upload`](crate::Client::upload).
///
/// The reader may block: it reads on a pool, while the part before is sent.
pub fn parts(
    reader: impl Read + Send + 'static,
) -> DualStreamOf<impl Source<Item = io::Result<Bytes>> + Send> {
    let parts = DualIo::blocking(reader).chunks(PART);
    parts.map(|part| part.map(Bytes::from))
}
