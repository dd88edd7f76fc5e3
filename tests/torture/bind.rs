//! Handles that are bound to a pool, and handles that are joined or interrupted where they are dropped.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use smartcall::offload::{interrupt_on_drop, join_on_drop};
use smartcall::work::{LocalBoxed, OnPool, Scoped, Work};
use smartcall::{Dual, DualOf};

use super::body::Visitor;
use super::generator::{Bound, Call};
use super::ledger::{Env, Run, Value};
use super::pools::{Pools, Ticket, Way};
use super::sites::block;
use super::tally::Extra;

/// Binds a handle as its call says, and hands it on.
pub struct Bind<V> {
    handle: Handle,
    visitor: V,
}

impl<V> Bind<V> {
    pub fn new(call: &Arc<Call>, env: &Env, way: &Way, visitor: V) -> Self {
        Bind {
            handle: Handle::new(call, env, way),
            visitor,
        }
    }
}

impl<V: Visitor> Visitor for Bind<V> {
    type Output = V::Output;

    fn visit<W>(self, dual: Dual<Value, W>) -> V::Output
    where
        W: Work<Output = Value> + Send + 'static,
    {
        let Bind { handle, visitor } = self;
        if handle.is_plain() {
            return visitor.visit(dual);
        }
        // Of one type, or there would be a copy of the bench for each.
        let mut dual = dual.boxed();
        if handle.interrupts(Side::Inside) {
            dual = interrupt_on_drop(dual).boxed();
        }
        dual = match handle.bindings() {
            (None, Joined::No) => dual,
            (None, _) => join_on_drop(dual).boxed(),
            (Some(pool), Joined::No) => on(dual, pool, handle.pools()).boxed(),
            (Some(pool), Joined::Inside) => on(join_on_drop(dual), pool, handle.pools()).boxed(),
            (Some(pool), Joined::Outside) => join_on_drop(on(dual, pool, handle.pools())).boxed(),
        };
        if handle.interrupts(Side::Outside) {
            dual = interrupt_on_drop(dual).boxed();
        }
        visitor.visit(Dual::new(handle.watch(dual)))
    }
}

/// Binds a handle that stays on its thread as its call says.
pub fn bind_local(
    call: &Arc<Call>,
    env: &Env,
    way: &Way,
    mut dual: Dual<Value, LocalBoxed<'static, Value>>,
) -> Dual<Value, LocalBoxed<'static, Value>> {
    let handle = Handle::new(call, env, way);
    if handle.is_plain() {
        return dual;
    }
    if handle.interrupts(Side::Inside) {
        dual = interrupt_on_drop(dual).boxed_local();
    }
    dual = match handle.bindings() {
        (None, Joined::No) => dual,
        (None, _) => join_on_drop(dual).boxed_local(),
        (Some(pool), Joined::No) => on(dual, pool, handle.pools()).boxed_local(),
        (Some(pool), Joined::Inside) => on(join_on_drop(dual), pool, handle.pools()).boxed_local(),
        (Some(pool), Joined::Outside) => join_on_drop(on(dual, pool, handle.pools())).boxed_local(),
    };
    if handle.interrupts(Side::Outside) {
        dual = interrupt_on_drop(dual).boxed_local();
    }
    Dual::new(handle.watch(dual)).boxed_local()
}

/// Binds a handle to a pool.
fn on<W: Work<Output = Value>>(
    dual: Dual<Value, W>,
    pool: Bound,
    pools: &Pools,
) -> DualOf<Scoped<Dual<Value, W>, OnPool>> {
    match pool {
        Bound::One => dual.on(&pools.one),
        Bound::Three => dual.on(&pools.three),
        Bound::Single => dual.on(&pools.single),
    }
}

/// A handle, as it is bound.
struct Handle {
    run: Arc<Run>,
    call: Arc<Call>,
    ticket: Option<Weak<Ticket>>,
}

/// Whether a handle is joined, and on which side of its pool.
enum Joined {
    No,
    Inside,
    Outside,
}

/// A side of the other bindings.
#[derive(PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
}

impl Handle {
    fn new(call: &Arc<Call>, env: &Env, way: &Way) -> Self {
        Handle {
            run: Arc::clone(&env.run),
            call: Arc::clone(call),
            ticket: way.ticket(),
        }
    }

    fn is_plain(&self) -> bool {
        self.call.pool.is_none() && !self.call.waited_for && !self.call.interrupts
    }

    /// Whether it is made interruptible on this side of its other bindings.
    fn interrupts(&self, side: Side) -> bool {
        let here = match self.call.variant / 24 % 2 {
            0 => Side::Inside,
            _ => Side::Outside,
        };
        self.call.interrupts && side == here
    }

    fn bindings(&self) -> (Option<Bound>, Joined) {
        let joined = match self.call.variant / 12 % 2 {
            _ if !self.call.joined => Joined::No,
            0 => Joined::Inside,
            _ => Joined::Outside,
        };
        (self.call.pool, joined)
    }

    fn pools(&self) -> &Pools {
        &self.run.sites.pools
    }

    fn watch<W>(self, work: W) -> Watched<W> {
        let Handle { run, call, ticket } = self;
        let joined = call.joined.then_some((run, call));
        Watched {
            leaving: Leaving(ticket.clone()),
            ticket,
            dropping: joined.clone().map(|(run, call)| Dropping { run, call }),
            work: Whole(Some(Box::pin(work))),
            dropped: joined.map(|(run, call)| Dropped {
                run,
                call,
                is_resolved: false,
            }),
        }
    }
}

/// A handle's work that says when its code was sent, and is looked at where it is dropped.
///
/// The fields are dropped in this order.
struct Watched<W> {
    /// `None` after the first poll.
    ticket: Option<Weak<Ticket>>,
    leaving: Leaving,
    dropping: Option<Dropping>,
    work: Whole<W>,
    dropped: Option<Dropped>,
}

/// Takes the code out of the order, before the handle is dropped: code that is abandoned is dropped a moment after the thread of
/// the pool passes it by, and on one core that moment may be long.
struct Leaving(Option<Weak<Ticket>>);

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(ticket) = self.0.take().and_then(|ticket| ticket.upgrade()) {
            ticket.withdraw();
        }
    }
}

/// The work itself. tokio is told where it is dropped, since a joined handle may wait there.
struct Whole<W>(Option<Pin<Box<W>>>);

impl<W> Whole<W> {
    fn as_mut(&mut self) -> Pin<&mut W> {
        self.0
            .as_mut()
            .expect("it is there until it is dropped")
            .as_mut()
    }

    fn as_ref(&self) -> &W {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl<W> Drop for Whole<W> {
    fn drop(&mut self) {
        let work = self.0.take();
        block(|| drop(work));
    }
}

impl<W: Future<Output = Value>> Future for Watched<W> {
    type Output = Value;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Value> {
        let poll = self.work.as_mut().poll(cx);
        if let Some(ticket) = self.ticket.take().and_then(|ticket| ticket.upgrade()) {
            ticket.sent();
        }
        if let (Poll::Ready(_), Some(dropped)) = (&poll, &mut self.dropped) {
            dropped.is_resolved = true;
        }
        poll
    }
}

impl<W: Work<Output = Value>> Work for Watched<W> {
    fn block(mut self: Pin<&mut Self>) -> Value {
        let value = self.work.as_mut().block();
        if let Some(dropped) = &mut self.dropped {
            dropped.is_resolved = true;
        }
        value
    }

    fn is_immediate(&self) -> bool {
        self.work.as_ref().is_immediate()
    }

    fn is_ready(&self) -> bool {
        self.work.as_ref().is_ready()
    }
}

/// Notes that a joined handle is dropped while its code runs.
struct Dropping {
    run: Arc<Run>,
    call: Arc<Call>,
}

impl Drop for Dropping {
    fn drop(&mut self) {
        if self.run.is_running(self.call.id) {
            self.run.tally.extra(Extra::JoinWaits);
        }
    }
}

/// Checks what a joined handle leaves behind that was dropped, or has panicked.
struct Dropped {
    run: Arc<Run>,
    call: Arc<Call>,
    is_resolved: bool,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        if !self.is_resolved {
            self.run.check_left(&self.call);
        }
    }
}
