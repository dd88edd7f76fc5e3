//! Streams that a handle opens: `flatten` and `try_flatten`.

use std::fmt;
use std::pin::Pin;

use crate::dual::handle::Dual;
use crate::stream::caller::{Caller, Supply, supplies};
use crate::stream::handle::DualStream;
use crate::stream::source::Source;
use crate::work::traits::Work;

/// A stream that a handle opens.
///
/// Made by [`DualStream::flatten`](crate::DualStream::flatten). Dropping it drops the handle, or the stream.
#[must_use = "nothing runs until items are taken"]
pub struct Flatten<T, W, S>(At<T, W, S>);

/// A stream that a handle opens, or fails to.
///
/// Made by [`DualStream::try_flatten`](crate::DualStream::try_flatten). Dropping it drops the handle, or the stream.
#[must_use = "nothing runs until items are taken"]
pub struct TryFlatten<T, W, S>(At<T, W, S>);

enum At<T, W, S> {
    Opening(Pin<Box<W>>),
    Open(DualStream<T, S>),
    /// It could not be opened.
    Failed,
}

impl<T, W: Work, S: Source<Item = T>> At<T, W, S> {
    fn is_immediate(&self) -> bool {
        match self {
            // The first item comes of the stream that is opened.
            At::Opening(work) => S::is_sync_code() && work.is_immediate(),
            At::Open(stream) => stream.is_immediate(),
            At::Failed => true,
        }
    }

    fn is_ready(&self) -> bool {
        matches!(self, At::Open(stream) if stream.is_ready())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        use futures_util::Stream;

        match self {
            At::Opening(_) => (0, None),
            At::Open(stream) => stream.size_hint(),
            At::Failed => (0, Some(0)),
        }
    }
}

impl<T, S, W> DualStream<T, Flatten<T, Dual<DualStream<T, S>, W>, S>>
where
    S: Source<Item = T>,
    W: Work<Output = DualStream<T, S>>,
{
    /// Creates a stream from a handle of a stream.
    ///
    /// The handle is resolved when the first item is asked for. Use it for a stream whose opening waits or blocks.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::{Dual, DualStream};
    ///
    /// let args = DualStream::flatten(Dual::blocking(|| {
    ///     DualStream::ready(std::env::args().collect::<Vec<_>>())
    /// }));
    /// assert!(args.into_iter().count() > 0);
    /// ```
    pub fn flatten(dual: Dual<DualStream<T, S>, W>) -> Self {
        DualStream::new(Flatten(At::Opening(Box::pin(dual))))
    }
}

/// What opening a stream of results gives.
type Opened<T, E, S> = Result<DualStream<Result<T, E>, S>, E>;

impl<T, E, S, W> DualStream<Result<T, E>, TryFlatten<Result<T, E>, Dual<Opened<T, E, S>, W>, S>>
where
    S: Source<Item = Result<T, E>>,
    W: Work<Output = Opened<T, E, S>>,
{
    /// Creates a stream of results from a handle of a result of such a stream.
    ///
    /// If the handle resolves to an error, that is the only item.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    /// use std::io::{BufRead, BufReader};
    /// use smartcall::{Dual, DualStream};
    ///
    /// let mut lines = DualStream::try_flatten(Dual::blocking(|| {
    ///     let file = File::open("no such file")?;
    ///     Ok(DualStream::blocking(BufReader::new(file).lines()))
    /// }));
    /// assert!(lines.try_next().get().is_err());
    /// assert!(lines.next().get().is_none());
    /// ```
    pub fn try_flatten(dual: Dual<Opened<T, E, S>, W>) -> Self {
        DualStream::new(TryFlatten(At::Opening(Box::pin(dual))))
    }
}

impl<T, W, S> Supply for Flatten<T, W, S>
where
    S: Source<Item = T>,
    W: Work<Output = DualStream<T, S>>,
{
    type Item = T;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<T>, C::Stop> {
        if let At::Opening(work) = &mut self.0 {
            self.0 = At::Open(caller.value(work.as_mut())?);
        }
        match &mut self.0 {
            At::Open(stream) => caller.item(stream),
            At::Opening(_) | At::Failed => Ok(None),
        }
    }

    fn is_immediate(&self) -> bool {
        self.0.is_immediate()
    }

    fn is_sync_code() -> bool {
        W::is_sync_code() && S::is_sync_code()
    }

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T, E, W, S> Supply for TryFlatten<Result<T, E>, W, S>
where
    S: Source<Item = Result<T, E>>,
    W: Work<Output = Opened<T, E, S>>,
{
    type Item = Result<T, E>;

    #[inline]
    fn next<C: Caller>(&mut self, caller: &mut C) -> Result<Option<Result<T, E>>, C::Stop> {
        if let At::Opening(work) = &mut self.0 {
            match caller.value(work.as_mut())? {
                Ok(stream) => self.0 = At::Open(stream),
                Err(error) => {
                    self.0 = At::Failed;
                    return Ok(Some(Err(error)));
                }
            }
        }
        match &mut self.0 {
            At::Open(stream) => caller.item(stream),
            At::Opening(_) | At::Failed => Ok(None),
        }
    }

    fn is_immediate(&self) -> bool {
        self.0.is_immediate()
    }

    fn is_sync_code() -> bool {
        W::is_sync_code() && S::is_sync_code()
    }

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

supplies!({T, W: Work<Output = DualStream<T, S>>, S: Source<Item = T>} Flatten<T, W, S> => T);
supplies!({
    T, E, W: Work<Output = Opened<T, E, S>>, S: Source<Item = Result<T, E>>
} TryFlatten<Result<T, E>, W, S> => Result<T, E>);

impl<T, W, S> fmt::Debug for Flatten<T, W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flatten").finish_non_exhaustive()
    }
}

impl<T, W, S> fmt::Debug for TryFlatten<T, W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryFlatten").finish_non_exhaustive()
    }
}
