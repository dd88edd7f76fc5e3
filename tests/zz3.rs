//! scratch
mod common;
use smartcall::*;
use std::sync::{Arc, mpsc};
use std::time::Duration;
fn ex(n: usize) -> Arc<Executor> {
    Arc::new(Executor::builder().threads(n).build())
}
#[test]
fn c14() {
    common::limit(|| {
        for n in [1, 2, 8] {
            let ex = ex(n);
            let ts: Vec<_> = (0..n * 10)
                .map(|i| {
                    let e = ex.clone();
                    ex.spawn(async move {
                        let t = e.spawn(async move { i });
                        Dual::future(t).get()
                    })
                })
                .collect();
            for (i, t) in ts.into_iter().enumerate() {
                assert_eq!(ex.block_on(t), i);
            }
            println!("done {n}");
        }
    })
}
#[test]
fn c18() {
    common::limit(|| {
        let ex = ex(1);
        let e = ex.clone();
        let t = ex.spawn(async move {
            let (s, r) = mpsc::channel();
            e.spawn(async move { s.send(5).unwrap() }).detach();
            Dual::blocking(move || r.recv().unwrap()).get()
        });
        assert_eq!(ex.block_on(t), 5);
        let e = ex.clone();
        let t = ex.spawn(async move {
            let (s, r) = mpsc::channel();
            e.spawn(async move { s.send(5).unwrap() }).detach();
            Dual::in_place(move || r.recv().unwrap()).await
        });
        assert_eq!(ex.block_on(t), 5);
        let e = ex.clone();
        let t = ex.spawn(async move {
            let e2 = e.clone();
            e.block_on(async move { e2.spawn(async { 7 }).await })
        });
        assert_eq!(ex.block_on(t), 7);
        let e = ex.clone();
        let t = ex.spawn(async move {
            Dual::future(async { Dual::future(e.spawn(async { 8 })).get() }).get()
        });
        assert_eq!(ex.block_on(t), 8);
    })
}
#[test]
fn deep() {
    common::limit(|| {
        let ex = ex(1);
        fn level(ex: Arc<Executor>, n: u32) -> Dual<u32> {
            Dual::future(async move {
                if n == 0 {
                    0
                } else {
                    let e = ex.clone();
                    1 + Dual::future(ex.spawn(async move { level(e, n - 1).get() })).get()
                }
            })
            .boxed()
        }
        assert_eq!(level(ex.clone(), 300).get(), 300);
        let t = ex.spawn(level(ex.clone(), 300));
        assert_eq!(ex.block_on(t), 300);
    })
}
#[test]
fn stress() {
    common::limit(|| {
        for n in 1..=4 {
            let ex = ex(n);
            for r in 0..3000u32 {
                let ts: Vec<_> = (0..8)
                    .map(|i| {
                        let e = ex.clone();
                        ex.spawn(async move {
                            let (s, r) = futures::channel::oneshot::channel();
                            e.spawn(async move { s.send(i).unwrap() }).detach();
                            Dual::future(r).get().unwrap()
                        })
                    })
                    .collect();
                for (i, t) in ts.into_iter().enumerate() {
                    assert_eq!(ex.block_on(t), i);
                }
                let _ = r;
            }
            println!("stress {n}");
        }
    })
}
#[test]
fn stop() {
    common::in_child(|| {
        for _ in 0..50 {
            let ex = ex(2);
            let (s, r) = mpsc::channel();
            let t = ex
                .spawn(async move {
                    s.send(()).unwrap();
                    Dual::future(std::future::pending::<()>()).get()
                })
                .fallible();
            r.recv().unwrap();
            std::thread::sleep(Duration::from_micros(50));
            drop(Arc::try_unwrap(ex).unwrap());
            let r =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Dual::future(t).get()));
            assert!(r.is_err());
        }
        assert_eq!(common::threads(), 2 + 1 - 1);
    })
}
#[test]
fn inp() {
    common::limit(|| {
        let ex = ex(1);
        for _ in 0..3 {
            let d = ex.block_on(ex.spawn(async {
                let t = std::time::Instant::now();
                for _ in 0..10_000_000u32 {
                    Dual::in_place(|| std::hint::black_box(1)).await;
                }
                t.elapsed()
            }));
            println!("in_place {:?} / 10M", d);
            let d = ex.block_on(ex.spawn(async {
                let t = std::time::Instant::now();
                for _ in 0..10_000_000u32 {
                    std::hint::black_box(Dual::future(async { std::hint::black_box(1) }).get());
                }
                t.elapsed()
            }));
            println!("ready get {:?} / 10M", d);
        }
    })
}
