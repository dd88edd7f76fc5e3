//! Use `owned`, or an `async fn` with an `Emit`.

use smartcall::smart;

#[derive(Clone)]
struct Client(Vec<u32>);

impl Client {
    #[smart(stream)]
    fn list(&self, from: &str) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }

    #[smart(stream)]
    fn longer(&self, more: &mut u32) -> Result<impl Iterator<Item = Result<u32, String>>, String> {
        Ok(self.0.iter().copied().map(Ok))
    }

    #[smart(stream, owned)]
    fn borrows(&self) -> impl Iterator<Item = &u32> {
        self.0.iter()
    }
}

fn main() {}
