//! How calls are made: what is done with their handles, from sync and from async code.

use std::any::Any;
use std::future::{self, Future, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures::future::{BoxFuture, FutureExt, join_all, select};
use futures::stream::{FuturesUnordered, StreamExt};
use futures_lite::future::yield_now;
use smartcall::context::{self, Place};
use smartcall::{Dual, Work};

use super::body::{Visitor, make, make_local};
use super::generator::{Call, Caller, Form, Join, Maker, TaskUse};
use super::ledger::{Env, Value};
use super::model::{DROPPED, mix};
use super::runner::FORGOTTEN;
use super::sites::{block, block_in_region};
use super::tally::{End, Extra};
use super::{places, pools};

/// What a call gives, or what it panics with.
type Outcome = Result<u64, Box<dyn Any + Send>>;

/// Makes a call from sync code, or in the middle of a poll.
pub fn resolve_here(call: &Arc<Call>, env: &Env) -> u64 {
    match call.caller {
        Caller::Get | Caller::TryGet | Caller::Deref => {
            let outcome = catch(|| resolve_by_blocking(call, env));
            finish(call, env, outcome)
        }
        Caller::Await | Caller::Join | Caller::Select | Caller::Spawn => {
            get(call.id, env, Dual::future(resolve(call, env)))
        }
    }
}

/// Makes a call from async code.
pub fn resolve(call: &Arc<Call>, env: &Env) -> BoxFuture<'static, u64> {
    let (call, mut env) = (Arc::clone(call), env.clone());
    if call.caller == Caller::Spawn {
        env.site = call.target.unwrap_or(env.site);
    }
    Box::pin(async move {
        if is_dropped_part(&call) {
            // The part may never come to its end.
            note(&call, &env, End::Drop);
        }
        let resolved = AssertUnwindSafe(resolve_unnoted(&call, &env));
        let outcome = resolved.catch_unwind().await;
        finish(&call, &env, outcome)
    })
}

/// Makes calls from sync code, all at once.
pub fn join_here(join: &Join, env: &Env) -> u64 {
    get(join.calls[0].id, env, Dual::future(self::join(join, env)))
}

/// Makes calls from async code, all at once.
pub async fn join(join: &Join, env: &Env) -> u64 {
    let parts = join.calls.iter().map(|call| resolve(call, env));
    if join.drops {
        let parts = join_all(parts);
        if let Err(payload) = poll_once(parts).await {
            env.run.check_panic(join.ids(), payload);
        }
        return DROPPED;
    }
    let values = if join.unordered {
        in_any_order(parts).await
    } else {
        join_all(parts).await
    };
    values.into_iter().fold(DROPPED, mix)
}

/// Resolves all parts by `FuturesUnordered`, and returns their values in order.
async fn in_any_order(parts: impl Iterator<Item = BoxFuture<'static, u64>>) -> Vec<u64> {
    let numbered = parts
        .enumerate()
        .map(|(i, part)| part.map(move |value| (i, value)));
    let mut values: Vec<_> = numbered.collect::<FuturesUnordered<_>>().collect().await;
    values.sort_unstable();
    values.into_iter().map(|(_, value)| value).collect()
}

/// Notes how a call ended, and goes on with its value or its panic.
fn finish(call: &Call, env: &Env, outcome: Outcome) -> u64 {
    match outcome {
        _ if is_dropped_part(call) => {}
        Err(_) => note(call, env, End::Panic),
        Ok(_) if call.drops => note(call, env, End::Drop),
        Ok(_) => note(call, env, End::Value),
    }
    outcome.unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Whether a call is one of several that are dropped together.
fn is_dropped_part(call: &Call) -> bool {
    call.drops && call.caller == Caller::Join
}

fn note(call: &Call, env: &Env, end: End) {
    env.run.tally.ended(call, env.site, end);
}

fn catch(code: impl FnOnce() -> u64) -> Outcome {
    panic::catch_unwind(AssertUnwindSafe(code))
}

/// Blocks the thread by something that is no call of its own.
pub fn get<W: Work<Output = u64>>(id: usize, env: &Env, dual: Dual<u64, W>) -> u64 {
    let _here = places::enter(&env.run, id, "a get around");
    let _paused = env.run.sites.pools.pause();
    note_nesting(env);
    if !pools::is_held() {
        return block(|| dual.get());
    }
    let dual = held_back(env, dual);
    dual.map_or(DROPPED, |dual| pools::lift(|| dual.get()))
}

/// Has a handle refused that may have to wait on the thread of a `SingleThread`, and takes it back.
fn held_back<T, W: Work<Output = T>>(env: &Env, dual: Dual<T, W>) -> Option<Dual<T, W>> {
    env.run.tally.extra(Extra::HeldBack);
    match dual.try_get() {
        Ok(_) => {
            env.run
                .fail("a handle that may wait is not refused where none may".into());
            None
        }
        Err(refused) => Some(refused.into_handle()),
    }
}

fn note_nesting(env: &Env) {
    env.run.tally.extra(match context::current() {
        Place::Outside => Extra::GetInCode,
        _ => Extra::GetInPoll,
    });
}

/// Makes a call by `get`, `try_get` or a deref.
fn resolve_by_blocking(call: &Arc<Call>, env: &Env) -> u64 {
    let _here = places::enter(&env.run, call.id, "a get");
    note_nesting(env);
    let blocker = Blocker { call, env };
    if call.maker == Maker::BoxedLocal {
        return blocker.block(make_local(call, env));
    }
    make(call, env, blocker)
}

/// Resolves a handle by blocking.
struct Blocker<'a> {
    call: &'a Call,
    env: &'a Env,
}

impl Visitor for Blocker<'_> {
    type Output = u64;

    fn visit<W>(self, dual: Dual<Value, W>) -> u64
    where
        W: Work<Output = Value> + Send + 'static,
    {
        self.block(dual)
    }
}

impl Blocker<'_> {
    fn block<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        let _paused = self.env.run.sites.pools.pause();
        if !pools::is_held() || pools::is_immediate(self.call, true) {
            return self.resolve(dual);
        }
        let dual = held_back(self.env, dual);
        dual.map_or(DROPPED, |dual| pools::lift(|| self.resolve(dual)))
    }

    fn resolve<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        match self.call.caller {
            Caller::Get if self.call.drops => DROPPED,
            Caller::Get => self.get(dual),
            Caller::TryGet => self.try_get(dual),
            _ => self.deref(dual),
        }
    }

    fn get<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        if self.call.variant % 4 != 0 {
            return block(|| dual.get()).number();
        }
        let (value, in_region) = block_in_region(|| dual.get());
        if in_region {
            self.env.run.tally.extra(Extra::Region);
        }
        value.number()
    }

    fn try_get<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        let drops = self.call.drops;
        // A value that is given in any context would be found in one without a host.
        let refuses =
            !pools::is_immediate(self.call, false) && (drops || self.call.variant % 2 == 0);
        let dual = if refuses {
            self.refused(dual)
        } else {
            Some(dual)
        };
        match dual {
            Some(dual) if !drops => match block(|| dual.try_get()) {
                Ok(value) => value.number(),
                Err(refused) => panic!("{refused}, and it may block"),
            },
            _ => DROPPED,
        }
    }

    /// Has a handle refused, and takes it back.
    fn refused<W: Work<Output = Value>>(&self, dual: Dual<Value, W>) -> Option<Dual<Value, W>> {
        self.env.run.tally.extra(Extra::Refused);
        match context::inside_executor(|| dual.try_get()) {
            Ok(_) => {
                self.env.run.fail(format!("{}: not refused", self.call));
                None
            }
            Err(refused) => Some(refused.into_handle()),
        }
    }

    fn deref<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        let mut dual = dual.boxed_local();
        if is_deref_refused(self.call) {
            check_refused(self.call, self.env, || dual.number());
            return block(|| dual.get()).number();
        }
        let number = block(|| dual.number());
        if self.call.drops {
            return number;
        }
        let mut expected = number;
        if self.call.variant % 2 == 0 {
            expected = !number;
            dual.set_number(expected);
        }
        if dual.get().number() != expected {
            self.env.run.fail(format!("{}: another value", self.call));
        }
        number
    }
}

/// Whether a deref is refused here: this thread polls a task, and the value is not there.
fn is_deref_refused(call: &Call) -> bool {
    let polls_task = match context::current() {
        Place::Inside => true,
        Place::Outside => cfg!(feature = "tokio") && tokio::runtime::worker_index().is_some(),
        _ => false,
    };
    polls_task && call.form() != Form::Value
}

/// Checks that a deref panics with its message. The handle is as before.
fn check_refused(call: &Call, env: &Env, deref: impl FnOnce() -> u64) {
    env.run.tally.extra(Extra::DerefRefused);
    let outcome = catch(deref);
    let words = outcome
        .as_ref()
        .err()
        .and_then(|payload| payload.downcast_ref::<String>());
    if !words.is_some_and(|words| words.contains(FORGOTTEN)) {
        env.run.fail(format!("{call}: a deref is not refused"));
    }
}

/// Makes a call from async code, and notes nothing.
async fn resolve_unnoted(call: &Arc<Call>, env: &Env) -> u64 {
    match call.caller {
        Caller::Deref if !call.drops && call.maker != Maker::BoxedLocal => {}
        Caller::Get | Caller::TryGet | Caller::Deref => return resolve_by_blocking(call, env),
        _ => {}
    }
    if call.maker == Maker::BoxedLocal {
        // The future around has to be `Send`, so this one gets a driver of its own.
        let local = make_local(call, env);
        return get(
            call.id,
            env,
            Dual::future(Awaiter::new(call, env).resolve(local)),
        );
    }
    make(call, env, Awaiter::new(call, env)).await
}

/// Resolves a handle by polling.
struct Awaiter {
    call: Arc<Call>,
    env: Env,
}

impl Visitor for Awaiter {
    type Output = BoxFuture<'static, u64>;

    fn visit<W>(self, dual: Dual<Value, W>) -> BoxFuture<'static, u64>
    where
        W: Work<Output = Value> + Send + 'static,
    {
        match self.call.caller {
            Caller::Spawn => Box::pin(self.spawn(dual)),
            Caller::Deref => Box::pin(self.deref(dual.boxed())),
            _ => Box::pin(self.resolve(dual)),
        }
    }
}

impl Awaiter {
    fn new(call: &Arc<Call>, env: &Env) -> Self {
        Awaiter {
            call: Arc::clone(call),
            env: env.clone(),
        }
    }

    async fn resolve<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        match self.call.caller {
            Caller::Await if self.call.drops => self.poll_once(dual).await,
            Caller::Await if self.leaves() => self.leave(dual).await,
            Caller::Select if self.call.drops => self.lose(dual).await,
            Caller::Select => {
                let never = future::pending::<Value>();
                let part = pin!(dual);
                let selected = select(part, never).await;
                selected.factor_first().0.number()
            }
            // Nothing in a leaf is refused there.
            Caller::Await if self.call.id + 1 == self.call.end && self.call.variant % 2 == 0 => {
                self.env.run.tally.extra(Extra::Inside);
                context::inside(dual).await.number()
            }
            _ => dual.await.number(),
        }
    }

    /// Whether the handle is left after its first poll until its code has begun: a pool has to be able to run it.
    fn leaves(&self) -> bool {
        let call = &self.call;
        call.variant % 4 == 1 && call.is_one_job() && !pools::needs_single(call)
    }

    async fn leave<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        let mut dual = pin!(dual);
        let polled = poll_fn(|cx| Poll::Ready(dual.as_mut().poll(cx))).await;
        if let Poll::Ready(value) = polled {
            return value.number();
        }
        self.env.run.tally.extra(Extra::Left);
        while !self.env.run.has_begun(self.call.id) {
            self.env.run.sites.echo().await;
        }
        dual.await.number()
    }

    async fn deref(self, dual: Dual<Value>) -> u64 {
        if is_deref_refused(&self.call) {
            check_refused(&self.call, &self.env, || dual.number());
            return dual.await.number();
        }
        let number = block(|| dual.number());
        if dual.await.number() != number {
            self.env.run.fail(format!("{}: another value", self.call));
        }
        number
    }

    async fn poll_once<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        if let Err(payload) = poll_once(dual).await {
            self.check_panic(payload);
        }
        DROPPED
    }

    /// Drops the handle when a rival has won.
    async fn lose<W: Work<Output = Value>>(self, dual: Dual<Value, W>) -> u64 {
        let race = async {
            let part = pin!(dual);
            let rival = pin!(self.wait_a_little());
            match self.call.variant % 2 {
                0 => drop(select(part, rival).await),
                _ => drop(select(rival, part).await),
            }
        };
        if let Err(payload) = AssertUnwindSafe(race).catch_unwind().await {
            self.check_panic(payload);
        }
        DROPPED
    }

    /// Waits for something that takes no longer than many a body.
    async fn wait_a_little(&self) {
        match self.call.variant / 2 % 3 {
            0 => {}
            1 => yield_now().await,
            _ => self.env.run.sites.echo().await,
        }
    }

    fn check_panic(&self, payload: Box<dyn Any + Send>) {
        self.env.run.check_panic(self.call.ids(), payload);
    }

    async fn spawn<W>(self, dual: Dual<Value, W>) -> u64
    where
        W: Work<Output = Value> + Send + 'static,
    {
        let spawned = self.env.run.sites.spawn(self.env.site, dual);
        if self.call.drops {
            self.wait_a_little().await;
            spawned.cancel();
            return DROPPED;
        }
        self.env.run.tally.task(self.env.site, self.call.task);
        match self.call.task {
            TaskUse::Awaited => spawned.value().await.number(),
            TaskUse::Got => {
                let value = async { spawned.value().await.number() };
                get(self.call.id, &self.env, Dual::future(value))
            }
            TaskUse::Detached => {
                spawned.detach();
                DROPPED
            }
        }
    }
}

/// Polls a future once, drops it, and returns the panic if there is one.
async fn poll_once<F: Future>(future: F) -> Result<(), Box<dyn Any + Send>> {
    let mut future = Box::pin(future);
    let polled = poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| drop(future.as_mut().poll(cx)));
        Poll::Ready(panic::catch_unwind(poll))
    });
    let polled = polled.await;
    // Here, and not at the end: a destructor may be interrupted and so panic, and then rustc loses what is
    // returned already (rust-lang/rust#47949), which is a payload and with it a value.
    drop(future);
    polled
}
