use std::fmt;

use smartcall::{SmartCallRef, SmartFnRef, smart};

/// Callbacks that are told what happens, sync and async ones side by side.
///
/// Each is lent the event. A sync one is called on the thread of whoever tells, so it is to be short.
pub struct Listeners<A: ?Sized> {
    all: Vec<SmartFnRef<(), A>>,
}

impl<A: ?Sized + 'static> Listeners<A> {
    /// Makes a registry with nobody in it.
    pub fn new() -> Self {
        Listeners { all: Vec::new() }
    }

    /// Registers a callback, which is told after those that are there already.
    ///
    /// Of a closure the argument's type is written: `|event: &Event| …`.
    pub fn add<K: 'static>(
        &mut self,
        listener: impl for<'a> SmartCallRef<(), K, (&'a A,), Work: Send> + Send + Sync + 'static,
    ) {
        self.all.push(SmartFnRef::new(listener));
    }
}

#[smart]
impl<A: ?Sized + 'static> Listeners<A> {
    /// Tells all of them, one after another.
    pub async fn tell(&self, event: &A) {
        for listener in &self.all {
            listener.invoke_ref_with((event,)).await;
        }
    }
}

impl<A: ?Sized + 'static> Default for Listeners<A> {
    fn default() -> Self {
        Listeners::new()
    }
}

impl<A: ?Sized> fmt::Debug for Listeners<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.all).finish()
    }
}
