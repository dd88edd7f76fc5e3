//! A thread that owns what must not leave it.
//!
//! A `rusqlite::Connection` may be moved to another thread, which step 3 makes use of. What is made
//! on its thread and has an `Rc` in it may not, and the compiler sees to it:
//!
//! ```compile_fail,E0277
//! # use std::rc::Rc;
//! # use smartcall_gradual_migration::session::Session;
//! # fn take_out(session: &Session<Rc<u32>>) {
//! session.call(|it| Rc::clone(it)).get(); // error: `Rc<u32>` cannot be sent between threads safely
//! # }
//! ```
//!
//! What is `Send` comes out:
//!
//! ```
//! # use std::rc::Rc;
//! # use smartcall_gradual_migration::session::Session;
//! let session = Session::start(|| Ok::<_, ()>(Rc::new(5))).get().expect("it starts");
//! assert_eq!(session.call(|it| **it + 1).get().ok(), Some(6));
//! ```

use std::any::Any;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, ThreadId};

use smartcall::smart;
use tokio::sync::oneshot;

use crate::Error;

/// A call, on its way to the thread. It is `Send`, whether `T` is or not.
type Call<T> = Box<dyn FnOnce(&T) + Send>;

/// A handle to a value that stays on its own thread.
///
/// The handle may go anywhere. The thread ends, and drops the value, when the last one is dropped.
pub struct Session<T> {
    calls: Sender<Call<T>>,
    /// The thread, which must not wait for itself.
    thread: ThreadId,
}

#[smart]
impl<T: 'static> Session<T> {
    /// Starts the thread, and makes the value there.
    pub async fn start<E: Send + 'static>(
        make: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<Self, E> {
        let (calls, to_do) = mpsc::channel::<Call<T>>();
        let (made, is_made) = oneshot::channel();
        let body = move || {
            let value = match panic::catch_unwind(AssertUnwindSafe(make)) {
                Ok(Ok(value)) => value,
                Ok(Err(error)) => return drop(made.send(Ok(Err(error)))),
                Err(panic) => return drop(made.send(Err(panic))),
            };
            if made.send(Ok(Ok(thread::current().id()))).is_ok() {
                to_do.into_iter().for_each(|call| call(&value));
            }
        };
        let thread = thread::Builder::new().name("session".into()).spawn(body);
        thread.expect("a thread can be started");
        let thread = unwind(is_made.await.expect("the thread says how it went"))?;
        Ok(Session { calls, thread })
    }

    /// Calls code with the value, on its thread. A panic of the code reaches the caller.
    ///
    /// A call that is dropped before its turn is never run.
    ///
    /// # Panics
    ///
    /// Panics on that very thread, which would wait for itself.
    pub async fn call<R: Send + 'static>(
        &self,
        code: impl FnOnce(&T) -> R + Send + 'static,
    ) -> Result<R, Error> {
        assert_ne!(self.thread, thread::current().id(), "use the `&T` here");
        let (done, is_done) = oneshot::channel();
        let call = move |value: &T| {
            if !done.is_closed() {
                // If it was dropped meanwhile, nobody wants to know.
                let _ = done.send(panic::catch_unwind(AssertUnwindSafe(|| code(value))));
            }
        };
        self.calls.send(Box::new(call)).map_err(|_| Error::Gone)?;
        Ok(unwind(is_done.await.map_err(|_| Error::Gone)?))
    }
}

fn unwind<R>(result: Result<R, Box<dyn Any + Send>>) -> R {
    result.unwrap_or_else(|panic| panic::resume_unwind(panic))
}

impl<T> Clone for Session<T> {
    fn clone(&self) -> Self {
        Session {
            calls: self.calls.clone(),
            thread: self.thread,
        }
    }
}

impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}
