//! Write `sync`, `shim`, `foreign` or `tokio`.

#[smartcall::test(sync, smol, sync)]
async fn five() {}

fn main() {}
