//! The ways in which a program opens a client and uses it.
//!
//! Each of them runs in a process of its own, in which the client stays until the end, as one in a `static` does.

use std::thread;

use futures::executor::ThreadPool;
use futures::task::SpawnExt;
use tokio::runtime::{Builder, Runtime};

use crate::Result;
use crate::clients::Client;

/// A way to open a client of what is at an address, and to use it.
pub type Mode = fn(at: &str) -> Result<()>;

/// How many modes there are.
pub const COUNT: usize = 12;

/// Returns the modes of a client, with their names.
pub fn modes<C: Client>() -> [(&'static str, Mode); COUNT] {
    [
        ("main", plain_main::<C>),
        ("multi-thread", awaited_in_a_multi_thread_runtime::<C>),
        ("current-thread", awaited_in_a_current_thread_runtime::<C>),
        ("task gets", got_in_a_task::<C>),
        ("get, then main", got_before_a_tokio_main::<C>),
        ("idle runtime", opened_in_a_runtime_that_idles::<C>),
        ("gone runtime", opened_in_a_runtime_that_is_gone::<C>),
        ("two tests", two_test_runtimes_in_a_row::<C>),
        ("both at once", both_callers_at_once::<C>),
        ("spawn_blocking", got_in_spawn_blocking::<C>),
        ("pollster", awaited_by_pollster::<C>),
        ("futures", awaited_by_the_executors_of_futures::<C>),
    ]
}

fn plain_main<C: Client>(at: &str) -> Result<()> {
    let client = keep(C::open(at).get()?);
    get(client)?;
    thread::spawn(|| get(client))
        .join()
        .expect("it does not panic")
}

fn awaited_in_a_multi_thread_runtime<C: Client>(at: &str) -> Result<()> {
    awaited_in::<C>(&multi_thread()?, at)
}

fn awaited_in_a_current_thread_runtime<C: Client>(at: &str) -> Result<()> {
    awaited_in::<C>(&current_thread()?, at)
}

fn awaited_in<C: Client>(runtime: &Runtime, at: &str) -> Result<()> {
    runtime.block_on(async {
        let client = keep(C::open(at).await?);
        tokio::spawn(awaited(client)).await??;
        awaited(client).await
    })
}

fn got_in_a_task<C: Client>(at: &str) -> Result<()> {
    let at = at.to_owned();
    multi_thread()?.block_on(async {
        let task = tokio::spawn(async move {
            let client = keep(C::open(&at).get()?);
            get(client)?;
            awaited(client).await
        });
        task.await?
    })
}

fn got_before_a_tokio_main<C: Client>(at: &str) -> Result<()> {
    let client = keep(C::open(at).get()?);
    get(client)?;
    multi_thread()?.block_on(async {
        awaited(client).await?;
        tokio::spawn(async { get(client) }).await?
    })
}

fn opened_in_a_runtime_that_idles<C: Client>(at: &str) -> Result<()> {
    let idle = current_thread()?;
    let client = keep(idle.block_on(C::open(at))?);
    idle.block_on(awaited(client))?;
    get(client)
}

fn opened_in_a_runtime_that_is_gone<C: Client>(at: &str) -> Result<()> {
    let runtime = multi_thread()?;
    let client = keep(runtime.block_on(C::open(at))?);
    runtime.block_on(awaited(client))?;
    drop(runtime);
    get(client)
}

fn two_test_runtimes_in_a_row<C: Client>(at: &str) -> Result<()> {
    let client = current_thread()?.block_on(async {
        let client = keep(C::open(at).await?);
        awaited(client).await.map(|()| client)
    })?;
    current_thread()?.block_on(awaited(client))
}

fn both_callers_at_once<C: Client>(at: &str) -> Result<()> {
    let client = keep(C::open(at).get()?);
    let runtime = multi_thread()?;
    let tasks: Vec<_> = (0..4).map(|_| runtime.spawn(awaited(client))).collect();
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| get(client))).collect();
    for thread in threads {
        thread.join().expect("it does not panic")?;
    }
    runtime.block_on(async {
        for task in tasks {
            task.await??;
        }
        Ok(())
    })
}

fn got_in_spawn_blocking<C: Client>(at: &str) -> Result<()> {
    let at = at.to_owned();
    multi_thread()?.block_on(async {
        let job = tokio::task::spawn_blocking(move || {
            let client = keep(C::open(&at).get()?);
            get(client).map(|()| client)
        });
        awaited(job.await??).await
    })
}

fn awaited_by_pollster<C: Client>(at: &str) -> Result<()> {
    pollster::block_on(async {
        let client = keep(C::open(at).await?);
        awaited(client).await
    })
}

fn awaited_by_the_executors_of_futures<C: Client>(at: &str) -> Result<()> {
    let client = keep(futures::executor::block_on(C::open(at))?);
    let task = ThreadPool::new()?.spawn_with_handle(awaited(client))?;
    futures::executor::block_on(task)
}

/// Keeps a client for as long as the process, as a `static` does.
fn keep<C: Client>(client: C) -> &'static C {
    Box::leak(Box::new(client))
}

/// Uses a client as sync code does.
fn get<C: Client>(client: &C) -> Result<()> {
    for n in 0..3 {
        check(n, client.ask(n).get()?)?;
    }
    Ok(())
}

/// Uses a client as async code does.
async fn awaited<C: Client>(client: &C) -> Result<()> {
    for n in 0..3 {
        check(n, client.ask(n).await?)?;
    }
    Ok(())
}

fn check(n: u32, answer: u32) -> Result<()> {
    if answer == n + 1 {
        return Ok(());
    }
    Err(format!("the answer to {n} was {answer}").into())
}

fn multi_thread() -> Result<Runtime> {
    Ok(Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

fn current_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}
