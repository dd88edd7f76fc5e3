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

fn main() {}
