//! What the bodies of calls do, and the handles that are made of them.

use std::future::Future;
use std::iter;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream;
use smartcall::offload;
use smartcall::work::{LocalBoxed, Work};
use smartcall::{Dual, DualOf, DualStream, Emit, SmartCall, SmartFn, kind};

use super::bind::{Bind, bind_local};
use super::generator::{Call, Maker, Step};
use super::ledger::{Env, Run, Value};
use super::model::{DROPPED, mix, seed};
use super::pools::Way;
use super::tally::Extra;
use super::waits::{self, Cleaners};
use super::{places, resolve, streams};

/// The body of a call, which runs at most once.
#[derive(Clone)]
pub struct Body {
    pub call: Arc<Call>,
    pub env: Env,
    pub way: Way,
}

impl Body {
    /// Runs as sync code. What the handle held is dropped at the end.
    pub fn run_here(self, held: Value) -> Value {
        let Body { call, env, way } = self;
        way.run(&env.run, &call, || {
            let _here = places::enter(&env.run, call.id, "sync code");
            let _running = env.run.run_here(call.id);
            env.run.tally.extra(Extra::SyncBody);
            env.run.begin(call.id);
            let steps = panic::catch_unwind(AssertUnwindSafe(|| steps_here(&call, &env)));
            let number = steps.unwrap_or_else(|payload| {
                env.run.check_unwinding(&call, &*payload);
                panic::resume_unwind(payload)
            });
            if offload::is_cancelled() {
                env.run.tally.extra(Extra::RunsOn);
            }
            drop(held);
            env.run.value(call.id, number)
        })
    }

    /// Whether a pool is chosen for its blocking code, by its handle or by one above.
    pub fn is_bound(&self) -> bool {
        self.way.is_bound()
    }

    /// Runs as async code.
    pub fn run(self, held: Value) -> BoxFuture<'static, Value> {
        let (run, id, way) = (Arc::clone(&self.env.run), self.call.id, self.way.clone());
        let body = async move {
            let Body { call, env, .. } = self;
            env.run.tally.extra(Extra::AsyncBody);
            env.run.begin(call.id);
            let mut number = seed(&call);
            let mut cleaners = Cleaners::default();
            for (i, step) in call.steps.iter().enumerate() {
                come_to(&call, &env.run, i);
                number = mix(number, self::step(step, &call, &env, &mut cleaners).await);
            }
            come_to(&call, &env.run, call.steps.len());
            drop(cleaners);
            drop(held);
            env.run.value(call.id, number)
        };
        Box::pin(At {
            run,
            id,
            way,
            future: Box::pin(body),
        })
    }
}

/// Takes the steps of a body in sync code.
fn steps_here(call: &Call, env: &Env) -> u64 {
    let mut number = seed(call);
    let mut cleaners = Cleaners::default();
    for (i, step) in call.steps.iter().enumerate() {
        come_to(call, &env.run, i);
        number = mix(number, step_here(step, call, env, &mut cleaners));
    }
    come_to(call, &env.run, call.steps.len());
    number
}

/// Notes that a body comes to a step, and panics if it is to panic there.
fn come_to(call: &Call, run: &Arc<Run>, step: usize) {
    run.at_step(call.id, step);
    if call.panics_at == Some(step) {
        run.panic(call.id);
    }
}

fn step_here(step: &Step, call: &Call, env: &Env, cleaners: &mut Cleaners) -> u64 {
    match step {
        Step::Wait(wait) => waits::wait_here(*wait, call, env, cleaners),
        Step::Call(call) => resolve::resolve_here(call, env),
        Step::Join(join) => resolve::join_here(join, env),
    }
}

async fn step(step: &Step, call: &Call, env: &Env, cleaners: &mut Cleaners) -> u64 {
    match step {
        Step::Wait(wait) => waits::wait(*wait, call, env, cleaners).await,
        Step::Call(call) => resolve::resolve(call, env).await,
        Step::Join(join) => resolve::join(join, env).await,
    }
}

/// An async body, which says where it is while it is polled.
struct At {
    run: Arc<Run>,
    id: usize,
    way: Way,
    future: BoxFuture<'static, Value>,
}

impl Future for At {
    type Output = Value;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Value> {
        let At {
            run,
            id,
            way,
            future,
        } = &mut *self;
        let _here = places::enter(run, *id, "async code");
        way.polled(|| future.as_mut().poll(cx))
    }
}

/// A form of work that is not the crate's, for `Dual::new`.
struct Own {
    /// The body and what its handle holds, until it is resolved.
    body: Option<(Body, Value)>,
    /// The body as it is polled.
    future: Option<BoxFuture<'static, Value>>,
}

impl Future for Own {
    type Output = Value;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Value> {
        if let Some((body, held)) = self.body.take() {
            self.future = Some(body.run(held));
        }
        let future = self
            .future
            .as_mut()
            .expect("it is not polled after its end");
        let poll = future.as_mut().poll(cx);
        if poll.is_ready() {
            self.future = None;
        }
        poll
    }
}

impl Work for Own {
    fn block(mut self: Pin<&mut Self>) -> Value {
        if let Some((body, held)) = self.body.take() {
            return body.run_here(held);
        }
        let future = self.future.take().expect("it has a value to give");
        Dual::future(future).get()
    }
}

/// Takes a handle of whatever type.
pub trait Visitor {
    type Output;

    fn visit<W>(self, dual: Dual<Value, W>) -> Self::Output
    where
        W: Work<Output = Value> + Send + 'static;
}

/// Makes the handle of a call, unless it is one that is not `Send`.
pub fn make<V: Visitor>(call: &Arc<Call>, env: &Env, visitor: V) -> V::Output {
    let body = Body {
        call: Arc::clone(call),
        env: env.clone(),
        way: Way::new(&env.run, call),
    };
    let visitor = Bind::new(call, env, &body.way, visitor);
    let held = env.run.value(call.id, DROPPED);
    let sync = {
        let body = body.clone();
        move |held| body.clone().run_here(held)
    };
    let asynchronous = {
        let body = body.clone();
        move |held| {
            let body = body.clone();
            async move { body.run(held).await }
        }
    };
    match call.maker {
        Maker::Ready => visitor.visit(Dual::ready(env.run.value(call.id, seed(call)))),
        Maker::Future => visitor.visit(Dual::future(asynchronous(held))),
        Maker::Blocking => visitor.visit(Dual::blocking(move || sync(held))),
        Maker::InPlace => visitor.visit(Dual::in_place(move || sync(held))),
        Maker::Pair => visitor.visit(Dual::pair(held, sync, asynchronous)),
        Maker::New => visitor.visit(Dual::new(Own {
            body: Some((body, held)),
            future: None,
        })),
        Maker::Boxed => visitor.visit(match call.variant % 3 {
            0 => Dual::future(asynchronous(held)).boxed(),
            1 => Dual::blocking(move || sync(held)).boxed(),
            _ => Dual::pair(held, sync, asynchronous).boxed(),
        }),
        Maker::BoxedLocal => unreachable!("`make_local` makes it"),
        Maker::CallSync => visitor.visit(sync.invoke_with((held,))),
        Maker::CallAsync => visitor.visit(asynchronous.invoke_with((held,))),
        Maker::CallSmart => {
            let smart = move |held| Dual::future(asynchronous(held));
            visitor.visit(smart.invoke_with((held,)))
        }
        Maker::CallInPlace => visitor.visit(kind::in_place(sync).invoke_with((held,))),
        Maker::SmartFn => {
            let smart: SmartFn<Value, (Value,)> = match call.variant % 2 {
                0 => SmartFn::new(sync),
                _ => SmartFn::new(asynchronous),
            };
            visitor.visit(smart.invoke_with((held,)))
        }
        // They are boxed, since each type of a handle is compiled with all that is done with handles.
        Maker::Stream => visitor.visit(only(match call.variant % 7 {
            0 => DualStream::blocking(iter::once_with(move || sync(held))).boxed(),
            1 => DualStream::ready([held]).then(sync).boxed(),
            2 => {
                DualStream::flatten(Dual::blocking(move || DualStream::ready([sync(held)]))).boxed()
            }
            3 => DualStream::ready([held]).then(asynchronous).boxed(),
            4 => DualStream::stream(stream::once(asynchronous(held))).boxed(),
            5 => DualStream::generate(move |mut out: Emit<Value>| async move {
                let value = asynchronous(held).await;
                out.emit(value).await;
            })
            .boxed(),
            _ => DualStream::ready([asynchronous(held)]).buffered(2).boxed(),
        })),
        Maker::Items => visitor.visit(streams::many(body, held)),
        Maker::Bytes => visitor.visit(streams::bytes(body, held)),
    }
}

/// Takes the only item of a stream.
fn only(stream: DualStream<Value>) -> DualOf<impl Work<Output = Value>> {
    let items = stream.collect::<Vec<_>>();
    items.map(|items| items.into_iter().next().expect("it has one item"))
}

/// Makes the handle of a call that stays on its thread.
pub fn make_local(call: &Arc<Call>, env: &Env) -> Dual<Value, LocalBoxed<'static, Value>> {
    let way = Way::new(&env.run, call);
    let body = Body {
        call: Arc::clone(call),
        env: env.clone(),
        way: way.clone(),
    };
    let held = env.run.value(call.id, DROPPED);
    let here = Rc::new(());
    let dual = match call.variant % 3 {
        0 => Dual::future(async move {
            let value = body.run(held).await;
            drop(here);
            value
        })
        .boxed_local(),
        1 => Dual::blocking(move || body.run_here(held)).boxed_local(),
        _ => {
            let sync = {
                let here = Rc::clone(&here);
                move |(body, held): (Body, Value)| {
                    drop(here);
                    body.run_here(held)
                }
            };
            let asynchronous = move |(body, held): (Body, Value)| {
                drop(here);
                body.run(held)
            };
            Dual::pair((body, held), sync, asynchronous).boxed_local()
        }
    };
    bind_local(call, env, &way, dual)
}
