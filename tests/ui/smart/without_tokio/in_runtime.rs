// Enable the feature `tokio` of smartcall.

use smartcall::smart;

pub struct Handle;

#[smart(in_runtime = handle)]
async fn ask(handle: Handle) -> u32 {
    drop(handle);
    5
}

fn main() {
    let _: u32 = ask(Handle).get();
}
