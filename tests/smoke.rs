use smartcall::*;
use std::thread;
use std::time::Duration;

fn retry<T, E, K>(
    op: impl SmartCall<Result<T, E>, K>,
    attempts: u32,
) -> DualOf<impl Work<Output = Result<T, E>>> {
    Dual::future(async move {
        let mut left = attempts;
        loop {
            match op.invoke().await {
                Err(_) if left > 1 => left -= 1,
                done => return done,
            }
        }
    })
}
fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}
fn nest<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    Dual::future(async move { op.invoke().await })
}

async fn af() -> Result<u32, String> {
    Ok(1)
}
fn smart() -> DualOf<impl Work<Output = u32>> {
    Dual::future(async { 3 })
}
fn smart_fn_str(s: &str) -> DualOf<impl Work<Output = usize>> {
    Dual::future(async move { s.len() })
}

#[test]
fn smoke() {
    assert_eq!(once(async || 5).get(), 5);
    assert_eq!(once(|| 5).get(), 5);
    assert_eq!(once(smart).get(), 3);
    let v: u32 = once(async || 5).get();
    assert_eq!(v, 5);
    assert_eq!(nest(|| nest(|| nest(|| 4))).get(), 4);
    assert_eq!(nest(|| nest(|| nest(async || 4))).get(), 4);
    assert_eq!(retry(af, 3).get(), Ok(1));
    assert_eq!(retry(|| "x".parse::<u32>(), 3).get().is_err(), true);
    let ex = Executor::new();
    assert_eq!(
        ex.block_on(async { retry(|| "7".parse::<u32>(), 3).await }),
        Ok(7)
    );
    assert_eq!(
        ex.block_on(ex.spawn(retry(|| "7".parse::<u32>(), 3))),
        Ok(7)
    );
    let t = ex.spawn(async {
        let me = thread::current().id();
        (me, Dual::blocking(|| thread::current().id()).await)
    });
    let (a, b) = ex.block_on(t);
    assert_ne!(a, b);
    assert_eq!(smart_fn_str.invoke_with(("abc",)).get(), 3);
    let ids = Dual::future(async {
        (
            Dual::blocking(|| thread::current().id()).await,
            Dual::blocking(|| thread::current().id()).await,
        )
    })
    .get();
    assert_eq!(ids, (thread::current().id(), thread::current().id()));
    let r = Dual::future(async {
        let b = std::sync::Arc::new(std::sync::Barrier::new(2));
        let b2 = b.clone();
        futures::join!(
            Dual::blocking(move || {
                b.wait();
                1
            })
            .into_future(),
            Dual::blocking(move || {
                b2.wait();
                2
            })
            .into_future()
        )
    })
    .get();
    assert_eq!(r, (1, 2));
    let d = Dual::future(async {
        thread::sleep(Duration::from_millis(1));
        vec![1]
    });
    assert_eq!(d.len(), 1);
    use std::future::IntoFuture;
}
#[test]
fn inside() {
    let ex = Executor::new();
    let t = ex.spawn(async { Dual::future(async { 1 }).get() });
    let e = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ex.block_on(t)));
    assert!(e.is_err());
    drop(ex);
}
