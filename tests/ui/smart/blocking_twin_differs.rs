//! The twin should take the same arguments and return the same.

use smartcall::smart;

fn fetch_blocking(url: &str) -> Option<String> {
    Some(url.to_owned())
}

#[smart(blocking = fetch_blocking)]
async fn fetch(url: &str, tries: u32) -> Result<String, String> {
    Ok(format!("{url} {tries}"))
}

fn main() {}
