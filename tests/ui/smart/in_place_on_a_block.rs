//! Put it on the functions.

use smartcall::smart;

struct Config(String);

#[smart(in_place)]
impl Config {
    async fn reload(&self) {}

    fn name(&self) -> &str {
        &self.0
    }
}

#[smart(in_place)]
impl Config {
    fn len(&self) -> usize {
        self.0.len()
    }
}

fn main() {}
