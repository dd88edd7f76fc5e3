//! Take it by value and return it, or leave out `owned`.

use smartcall::smart;

#[derive(Clone)]
struct Client;

#[smart(owned)]
impl Client {
    async fn change(&mut self) {}

    async fn fill(&self, buf: &mut Vec<u8>, n: &u32) {
        buf.push(*n as u8);
    }
}

#[smart(owned)]
async fn fill(buf: &mut [u8]) {
    buf.fill(5);
}

fn main() {
    fill(&mut [1, 2]).get();
}
