//! The tasks of an executor: what the crew needs of async-executor.

use std::fmt;
use std::future::Future;
use std::mem;
use std::sync::Arc;

use async_executor::{StaticExecutor, Task};

#[cfg(feature = "tracing")]
use crate::carry::Dispatcher;
use crate::context;
use crate::roll::{self, Roll};
use crate::sync::{PoisonError, Shared};

/// The tasks of an executor.
pub(crate) struct Tasks {
    home: Home,
    /// What the threads log to.
    #[cfg(feature = "tracing")]
    dispatcher: Dispatcher,
}

/// Where tasks live.
enum Home {
    /// In an executor of ours.
    Own(&'static House),
    /// In somebody else's, which goes on without us.
    Adopted(Arc<async_executor::Executor<'static>>),
}

/// An executor that is never dropped, but moved into again.
///
/// A `StaticExecutor` keeps no list of its tasks, and we need one anyway, which is better. So there
/// is one where an `Executor` would have two, and no count of who holds it either.
struct House {
    ex: StaticExecutor,
    roll: Roll,
}

/// The houses that nobody lives in. So there are no more than executors at one time.
static VACANT: Shared<Vec<&'static House>> = Shared::new(Vec::new());

impl House {
    fn find() -> &'static House {
        let vacant = VACANT.lock().unwrap_or_else(PoisonError::into_inner).pop();
        vacant.unwrap_or_else(|| {
            Box::leak(Box::new(House {
                ex: StaticExecutor::new(),
                roll: Roll::new(),
            }))
        })
    }

    /// Ends all tasks, and leaves the house to others.
    fn leave(&'static self) {
        self.roll.close(|| self.ex.try_tick());
        let mut vacant = VACANT.lock().unwrap_or_else(PoisonError::into_inner);
        vacant.push(self);
    }
}

impl Tasks {
    /// Makes an executor.
    pub(crate) fn new() -> Self {
        Tasks::of(Home::Own(House::find()))
    }

    /// Adopts an executor.
    pub(crate) fn adopt(ex: Arc<async_executor::Executor<'static>>) -> Self {
        Tasks::of(Home::Adopted(ex))
    }

    fn of(home: Home) -> Self {
        Tasks {
            home,
            #[cfg(feature = "tracing")]
            dispatcher: Dispatcher::capture(),
        }
    }

    /// Spawns a task, which gives `None` if the executor is gone before it is done.
    pub(crate) fn spawn<F>(&self, future: F) -> Task<Option<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        match &self.home {
            Home::Own(house) => house.ex.spawn(roll::enlist(future, &house.roll)),
            Home::Adopted(ex) => ex.spawn(async { Some(future.await) }),
        }
    }

    /// Runs tasks until a future is done.
    pub(crate) async fn run_until(&self, future: impl Future<Output = ()>) {
        match &self.home {
            Home::Own(house) => house.ex.run(future).await,
            Home::Adopted(ex) => ex.run(future).await,
        }
    }

    /// Makes a runner that sleeps search for tasks again, by an empty one.
    pub(crate) fn kick(&self) {
        match &self.home {
            Home::Own(house) => house.ex.spawn(async {}).detach(),
            Home::Adopted(ex) => ex.spawn(async {}).detach(),
        }
    }

    /// Runs code with what the executor's threads have in common.
    pub(crate) fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        return self.dispatcher.run(f);
        #[cfg(not(feature = "tracing"))]
        f()
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        // Tasks are dropped as they are polled: with the flag up.
        context::inside_executor(|| match &mut self.home {
            Home::Own(house) => house.leave(),
            Home::Adopted(ex) => drop(mem::take(ex)),
        });
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.home {
            Home::Own(house) => {
                let waiting = house.roll.len();
                f.debug_struct("Tasks").field("waiting", &waiting).finish()
            }
            Home::Adopted(ex) => ex.fmt(f),
        }
    }
}
