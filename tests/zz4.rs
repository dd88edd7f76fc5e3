//! scratch
#![cfg(feature = "tokio")]
mod common;
use smartcall::*;
use std::time::Duration;
#[test]
fn multi() {
    common::limit(|| {
        let rt = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let v = rt.block_on(async {
            tokio::spawn(async {
                Dual::future(tokio::spawn(async {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    5
                }))
                .get()
                .unwrap()
            })
            .await
            .unwrap()
        });
        assert_eq!(v, 5);
        let v = rt.block_on(async {
            tokio::spawn(async {
                Dual::blocking(|| tokio::runtime::Handle::current().block_on(async { 6 })).await
            })
            .await
            .unwrap()
        });
        assert_eq!(v, 6);
    })
}
#[test]
fn current() {
    common::limit(|| {
        let rt = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        rt.block_on(async {
            let e = Dual::future(async { 1 }).try_get().unwrap_err();
            assert_eq!(e.to_string(), "cannot block here: this thread is running a current-thread runtime of tokio");
        });
    })
}
#[test]
fn plain() {
    common::limit(|| {
        let v = Dual::future(async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            5
        })
        .get();
        assert_eq!(v, 5);
        let ex = Executor::new();
        assert_eq!(
            ex.block_on(ex.spawn(async {
                tokio::time::sleep(Duration::from_millis(10)).await;
                5
            })),
            5
        );
    })
}
