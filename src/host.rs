//! What the threads of the shim turn to before they block.

use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use crate::context::{self, Host, HostRef, Place};
use crate::crew::{Crew, Worker};
use crate::slot::Call;

/// What a worker's thread turns to before it blocks.
pub(crate) struct WorkerHost {
    crew: Arc<Crew>,
    worker: Arc<Worker>,
}

impl Host for WorkerHost {
    fn can_block(&self) -> bool {
        self.crew.has_spares()
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        if context::current() == Place::Driving {
            self.park(block);
        } else {
            self.watch(block);
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.worker.parked.register(cx.waker());
        if self.crew.is_stopped() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn has_pool(&self) -> bool {
        false
    }
}

impl WorkerHost {
    pub(crate) fn new(crew: &Arc<Crew>, worker: &Arc<Worker>) -> Self {
        WorkerHost {
            crew: Arc::clone(crew),
            worker: Arc::clone(worker),
        }
    }

    /// Runs a call that may turn out to be long.
    #[inline]
    fn watch(&self, block: &mut dyn FnMut()) {
        /// Ends the call, on unwind too.
        struct End<'a>(&'a WorkerHost, Call);

        impl Drop for End<'_> {
            #[inline]
            fn drop(&mut self) {
                if self.0.worker.slot.end(self.1) {
                    self.0.crew.take_back(&self.0.worker);
                }
            }
        }

        let _end = self.worker.slot.begin().map(|call| End(self, call));
        block();
    }

    /// Parks: the place goes to a spare at once.
    fn park(&self, block: &mut dyn FnMut()) {
        /// Forgets the waker of the `.get()` that was parked.
        struct Forget<'a>(&'a Worker);

        impl Drop for Forget<'_> {
            fn drop(&mut self) {
                self.0.parked.take();
            }
        }

        let _forget = Forget(&self.worker);
        if let Some(call) = self.worker.slot.call() {
            if let Err(none) = self.crew.hand_over(&self.worker, call) {
                none.panic();
            }
        }
        block();
    }
}

/// What a thread of somebody else's turns to, in a task of an executor that was adopted.
///
/// It holds no executor: tasks hold their host, and an executor its tasks.
pub(crate) struct Guest(pub(crate) Weak<Crew>);

impl Host for Guest {
    fn can_block(&self) -> bool {
        self.0.upgrade().is_some_and(|crew| crew.has_spares())
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        /// Dismisses the spare, on unwind too.
        struct Dismiss(Arc<Crew>, Option<Arc<Worker>>);

        impl Drop for Dismiss {
            fn drop(&mut self) {
                if let Some(spare) = self.1.take() {
                    self.0.dismiss_spare(spare);
                }
            }
        }

        let crew = self
            .0
            .upgrade()
            .filter(|_| context::current() == Place::Driving);
        let _dismiss = crew.map(|crew| match crew.call_in_spare() {
            Ok(spare) => Dismiss(crew, Some(spare)),
            Err(none) => none.panic(),
        });
        block();
    }

    fn has_pool(&self) -> bool {
        false
    }
}

/// What a thread turns to that runs `block_on`: whoever it turned to before, if anybody.
pub(crate) struct Root(pub(crate) Option<HostRef>);

impl Host for Root {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        match &self.0 {
            Some(host) => host.block_in_place(block),
            None => block(),
        }
    }

    fn poll_stopped(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.0 {
            Some(host) => host.poll_stopped(cx),
            None => Poll::Pending,
        }
    }

    fn has_pool(&self) -> bool {
        false
    }
}

/// The host of a thread that nobody can stand in for.
pub(crate) struct Alone;

impl Host for Alone {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn has_pool(&self) -> bool {
        false
    }
}
