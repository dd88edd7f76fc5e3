//! Write `timeout = "10s"`.

#[smartcall::test(timeout)]
async fn missing() {}

#[smartcall::test(timeout = 10, sync)]
async fn a_number() {}

#[smartcall::test(timeout = "10")]
async fn no_unit() {}

#[smartcall::test(timeout = "s")]
async fn no_number() {}

#[smartcall::test(timeout = "0s")]
async fn no_time() {}

#[smartcall::test(timeout = "1.5 s")]
async fn a_fraction() {}

#[smartcall::test(timeout = "400000000000000min")]
async fn too_long() {}

#[smartcall::test(timeout = "1s", timeout = "2s")]
async fn twice() {}

fn main() {}
