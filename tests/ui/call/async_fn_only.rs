//! An async closure that lends its captures to its future.

use smartcall::{DualOf, SmartCall, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

async fn fetch(url: &str) -> usize {
    url.len()
}

fn main() {
    let url = String::from("http://localhost/");
    once(async move || fetch(&url).await);
}
