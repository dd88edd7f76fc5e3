use criterion::*;
use std::hint::black_box;
use smartcall::*;
fn retry<T, E, K>(op: impl SmartCall<Result<T, E>, K>, attempts: u32) -> DualOf<impl Work<Output = Result<T, E>>> {
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
fn body() -> Result<u32, u32> { let mut x = black_box(1u32); for _ in 0..40 { x = black_box(x.wrapping_mul(3)); } Err(x) }
fn plain(n: u32) -> Result<u32,u32> { let mut left=n; loop { match body() { Err(_) if left>1 => left-=1, done => return done } } }
fn b(c: &mut Criterion) {
    c.bench_function("direct", |b| b.iter(|| body()));
    c.bench_function("sync get", |b| b.iter(|| black_box(body as fn()->Result<u32,u32>).invoke().get()));
    c.bench_function("sync get named", |b| b.iter(|| body.invoke().get()));
    c.bench_function("ready get", |b| b.iter(|| Dual::future(async { black_box(5) }).get()));
    c.bench_function("ready pollster", |b| b.iter(|| pollster::block_on(async { black_box(5) })));
    c.bench_function("ready fl", |b| b.iter(|| futures_lite::future::block_on(async { black_box(5) })));
    c.bench_function("ready fe", |b| b.iter(|| futures::executor::block_on(async { black_box(5) })));
    c.bench_function("retry 10 plain", |b| b.iter(|| plain(black_box(10))));
    c.bench_function("retry 10 get", |b| b.iter(|| retry(body, black_box(10)).get()));
    c.bench_function("retry 10 get async", |b| b.iter(|| retry(async || body(), black_box(10)).get()));
    c.bench_function("current", |b| b.iter(|| black_box(context::current())));
    c.bench_function("unblock", |b| b.iter(|| pollster::block_on(::blocking::unblock(|| 5))));
    c.bench_function("our hop", |b| b.iter(|| pollster::block_on(Dual::blocking(|| 5))));
}
criterion_group!(g, b); criterion_main!(g);
