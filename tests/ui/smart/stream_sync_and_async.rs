//! An iterator is returned by a `fn`, a stream by an `async fn`.

use futures::Stream;
use smartcall::smart;

#[smart(stream)]
async fn iterator(n: u32) -> Result<impl Iterator<Item = Result<u32, String>>, String> {
    Ok((0..n).map(Ok))
}

#[smart(stream)]
fn stream(n: u32) -> impl Stream<Item = u32> {
    futures::stream::iter(0..n)
}

fn main() {}
