//! Say which function is to return a handle.

use smartcall::smart;

struct Config;

#[smart]
impl Config {
    fn load(&self) -> u32 {
        5
    }
}

#[smart(boxed)]
pub trait Load {
    const N: u32;

    fn load(&self) -> u32;
}

#[smart]
impl Config {}

fn main() {}
