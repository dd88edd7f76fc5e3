//! Remove `in_place`.

use smartcall::smart;

#[smart(in_place)]
async fn len(text: &str) -> usize {
    text.len()
}

fn main() {
    len("").get();
}
