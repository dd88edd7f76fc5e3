//! The borrows are wrong, as in a plain function.

use smartcall::smart;

#[smart]
async fn moved(text: String) -> usize {
    drop(text);
    text.len()
}

#[smart]
async fn not_mut(text: String) -> String {
    text.push('a');
    text
}

#[smart]
async fn outlived(text: String) -> &'static str {
    &text
}

#[smart]
async fn shorter<'a>(a: &'a str, b: &str) -> &'a str {
    if a.is_empty() { b } else { a }
}

#[smart]
async fn two_at_once(items: &mut Vec<u32>) -> u32 {
    let first = &items[0];
    items.push(5);
    *first
}

struct Client {
    name: String,
}

impl Client {
    #[smart]
    async fn name(&self) -> String {
        self.name
    }
}

fn main() {
    let client = Client {
        name: String::new(),
    };
    let name = client.name();
    drop(client);
    name.get();
}
