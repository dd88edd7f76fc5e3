use std::fmt;

use smartcall::{SmartCallRef, SmartFnRef, smart};

/// Callbacks that are notified of events, sync and async ones together.
///
/// Each borrows the event. A sync callback is called on the thread that notifies, so it should be short.
pub struct Listeners<A: ?Sized> {
    all: Vec<SmartFnRef<(), A>>,
}

impl<A: ?Sized + 'static> Listeners<A> {
    /// Makes an empty registry.
    pub fn new() -> Self {
        Listeners { all: Vec::new() }
    }

    /// Registers a callback, which is notified after those that are registered already.
    ///
    /// A closure needs the type of its argument: `|event: &Event| …`.
    pub fn add<K: 'static>(
        &mut self,
        listener: impl for<'a> SmartCallRef<(), K, (&'a A,), Work: Send> + Send + Sync + 'static,
    ) {
        self.all.push(SmartFnRef::new(listener));
    }
}

#[smart]
impl<A: ?Sized + 'static> Listeners<A> {
    /// Notifies all callbacks, one after another.
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
