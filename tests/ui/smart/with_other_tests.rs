//! Use `#[smartcall::test]` instead of both.

use smartcall::smart;

#[smart]
#[tokio::test]
async fn below() {}

#[tokio::test]
#[smart]
async fn above() {}

#[smart]
#[rstest]
async fn by_rstest() {}

#[smart]
#[::core::prelude::v1::test]
fn by_path() {}

struct Client;

#[smart]
impl Client {
    #[test_log::test]
    async fn in_a_block() {}
}

fn main() {}
