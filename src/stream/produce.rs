//! Streams whose items sync code hands out, on a thread of a pool.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::panic::{self, AssertUnwindSafe, Location};
use std::pin::pin;
use std::thread;

use crate::drive::driver;
use crate::offload::spawn_blocking::{BlockingTask, spawn_blocking};
use crate::stream::blocking::assert_ahead;
use crate::stream::caller::{Caller, Supply, supplies};
use crate::stream::fed::Fed;
use crate::stream::handle::DualStream;
use crate::stream::queue::{self, IsClosed, Maker};
use crate::waits::edges::Line;
use crate::work::traits::{opaque_debug, value_of};

/// Sync code that hands out items.
///
/// Made by [`DualStream::produce`](crate::DualStream::produce). Dropping it ends the code's next [`send`](Out::send), and one that
/// waits.
#[must_use = "nothing runs until items are taken"]
pub struct Produce<T, F> {
    at: At<T, F>,
    ahead: usize,
    made_at: Line,
}

enum At<T, F> {
    /// The code has not begun.
    Fresh(F),
    /// It is on a pool.
    Sent(Fed<T, BlockingTask<thread::Result<()>>>),
    Ended,
}

impl<T, F, R> DualStream<T, Produce<T, F>>
where
    T: Send + 'static,
    F: FnOnce(&mut Out<T>) -> R + Send + 'static,
    R: Returned,
{
    /// Creates a stream of the items that sync code hands out.
    ///
    /// It is for sync code that can't be an iterator: it uses what is not `Send`, it makes items that borrow from one another, or it
    /// is called back with each item. The code runs on a thread of a pool for both callers, and at most `ahead` items are made before
    /// the next one is taken. While it waits for that, the place of its thread in the pool goes to another job. If the code can be an
    /// iterator, use [`blocking`](DualStream::blocking), which costs a sync caller no thread.
    ///
    /// # Panics
    ///
    /// Panics if `ahead` is 0.
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream does not wait. [`send`](Out::send) then returns [`Closed`], so the code can return.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use smartcall::DualStream;
    ///
    /// let stream = DualStream::produce(16, |out| {
    ///     let table = Rc::new(vec![String::from("a"), String::from("b")]);
    ///     for row in table.iter() {
    ///         out.send(row.to_uppercase())?;
    ///     }
    ///     Ok(())
    /// });
    /// assert!(stream.into_iter().eq(["A", "B"]));
    /// ```
    #[track_caller]
    pub fn produce(ahead: usize, code: F) -> Self {
        assert_ahead(ahead);
        DualStream::new(Produce {
            at: At::Fresh(code),
            ahead,
            made_at: Location::caller(),
        })
    }
}

/// What the code of [`produce`](crate::DualStream::produce) returns: nothing, or the result of its last [`send`](Out::send).
///
/// You rarely need to care about this trait. It is implemented for `()` and for `Result<(), Closed>`. To hand out an error, send
/// it as an item: a stream of results.
pub trait Returned: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for () {}
impl Returned for () {}
impl sealed::Sealed for Result<(), Closed> {}
impl Returned for Result<(), Closed> {}

/// Hands out the items of a stream that is made by [`DualStream::produce`](crate::DualStream::produce).
pub struct Out<T> {
    maker: Maker<T>,
    room: usize,
    made_at: Line,
}

impl<T> Out<T> {
    /// Hands out an item, and waits until there is room for the next one.
    ///
    /// # Errors
    ///
    /// Returns an error if the stream was dropped: nobody takes the item.
    ///
    /// # Blocking
    ///
    /// It blocks the thread of the pool, whose place goes to another job. On a [`SingleThread`](crate::offload::SingleThread) there
    /// is no other thread: nothing else runs there until items are taken.
    ///
    /// # Examples
    ///
    /// See [`DualStream::produce`](crate::DualStream::produce).
    pub fn send(&mut self, item: T) -> Result<(), Closed> {
        match self.maker.push(item, self.room) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let room = poll_fn(|cx| self.maker.poll_room(self.room, cx));
                value_of(driver::block_on_taker(pin!(room), self.made_at))
                    .map_err(|IsClosed| Closed(()))
            }
            Err(item) => {
                drop(item);
                Err(Closed(()))
            }
        }
    }
}

impl<T> fmt::Debug for Out<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").finish_non_exhaustive()
    }
}

/// The error of [`Out::send`]: the stream was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed(());

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream was dropped, so nobody takes its items")
    }
}

impl Error for Closed {}

impl<T, F, R> Produce<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut Out<T>) -> R + Send + 'static,
    R: Returned,
{
    /// Sends the code to a pool.
    fn begin(&mut self) {
        let At::Fresh(code) = mem::replace(&mut self.at, At::Ended) else {
            return;
        };
        let (maker, items) = queue::queue();
        let mut out = Out {
            maker,
            room: queue::room_for(self.ahead),
            made_at: self.made_at,
        };
        // Its panic comes to the caller after the items before it.
        let code = move || {
            let code = AssertUnwindSafe(|| code(&mut out));
            panic::catch_unwind(code).map(drop)
        };
        self.at = At::Sent(Fed::new(items, spawn_blocking(code, self.made_at)));
    }
}

impl<T, F, R> Supply for Produce<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut Out<T>) -> R + Send + 'static,
    R: Returned,
{
    type Item = T;

    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<T>, C::Stop> {
        if let At::Fresh(_) = self.at {
            self.begin();
        }
        match &mut self.at {
            At::Sent(fed) => fed.next(caller),
            At::Fresh(_) | At::Ended => Ok(None),
        }
    }

    fn is_ready(&self) -> bool {
        matches!(&self.at, At::Sent(fed) if fed.has_items())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.at {
            At::Fresh(_) => (0, None),
            At::Sent(fed) => fed.size_hint(),
            At::Ended => (0, Some(0)),
        }
    }
}

supplies!({T, F, R} Produce<T, F> => T, where {
    T: Send + 'static,
    F: FnOnce(&mut Out<T>) -> R + Send + 'static,
    R: Returned
});
opaque_debug!(Produce<T, F>);
