//! The types are wrong, as in a plain function.

use smartcall::smart;

#[smart]
async fn last(n: u32) -> String {
    n
}

#[smart]
async fn early(n: u32) -> String {
    if n == 0 {
        return n;
    }
    String::new()
}

#[smart]
async fn nothing(n: u32) -> u32 {
    n;
}

struct NotANumber;

#[smart]
async fn question(text: String) -> Result<u32, NotANumber> {
    Ok(text.parse::<u32>()?)
}

#[smart]
fn sync(n: u32) -> String {
    n
}

#[smart]
async fn argument(n: Missing) -> u32 {
    n
}

#[smart]
async fn name() -> u32 {
    missing
}

fn main() {
    last("text");
}
