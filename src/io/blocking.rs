//! A sync reader or writer, which goes to a pool for async callers.
//!
//! | `inner` | `away` | state |
//! |---|---|---|
//! | present | terminated | it is here |
//! | taken | a call | a call has it, on a pool or on its way there |
//! | taken | terminated | it was closed, or it was lost: the call has panicked, or its pool has refused it |
//!
//! What a call has returned is kept here until a caller asks for it: who has begun a call may be gone.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_util::future::FusedFuture;
use smartcall_context::internal as context;
use smartcall_context::internal::placement::{self, Leave, Number, Ticket};

use crate::dual::handle::{Dual, DualOf};
use crate::io::buffer::{FIRST, MOST, checked};
use crate::io::form::{Readable, Seekable, Writable, sealed};
use crate::io::handle::DualIo;
use crate::io::inner::{self, Call, Inner, Operation, Outcome, Returned, SeekFn};
use crate::io::pipe::{Inlet, IsClosed, pipe};
use crate::io::wait;
use crate::offload::select::{self, Answer};
use crate::offload::spawn_blocking::{quietly, spawn_blocking};
use crate::waits::edges::Line;
use crate::work::blocking as code;
use crate::work::traits::Work;

/// The form of a sync reader or writer: called by sync callers, sent to a pool by async ones.
///
/// Made by [`DualIo::blocking`].
pub struct Blocking<T: Send + 'static> {
    /// `None` while a call has it, and once it is closed or lost.
    inner: Option<Box<Inner<T>>>,
    /// The call that has it. The box is kept for the next one.
    away: Option<Pin<Box<code::Blocking<Call<T>>>>>,
    /// Whether that call goes on if the handle is dropped.
    goes_on: bool,
    is_closed: bool,
    /// Where more bytes go while it writes on a pool, once it has.
    inlet: Option<Inlet>,
    /// The address of the pool to which it went to write, if a handle was bound to that.
    bound_to: Option<usize>,
    /// Whether there may be something to flush.
    is_dirty: bool,
    /// Whether it was on a pool to write.
    has_written_away: bool,
    /// A write that has asked where to run.
    asked: Option<Ticket>,
    /// What a read has returned that nobody has taken.
    read: Option<io::Result<()>>,
    /// Where a seek went that nobody has taken, and what it has returned.
    sought: Option<(SeekFrom, io::Result<u64>)>,
    /// Why a write or flush has failed that nobody has waited for.
    failed: Option<io::Error>,
    /// How to move the position, if reads and writes share one.
    seek: Option<SeekFn<T>>,
    /// Where the handle was made.
    made_at: Line,
}

impl<T: Send + 'static> Blocking<T> {
    pub(crate) fn new(io: T, made_at: Line) -> Self {
        Blocking {
            inner: Some(Box::new(Inner::new(io))),
            away: None,
            goes_on: false,
            is_closed: false,
            inlet: None,
            bound_to: None,
            // The writer may have been used before.
            is_dirty: true,
            has_written_away: false,
            asked: None,
            read: None,
            sought: None,
            failed: None,
            seek: inner::known_seek(),
            made_at,
        }
    }

    /// Waits until the inner one is here. Returns the error of an earlier write.
    #[inline]
    fn poll_here(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.inner.is_none() {
            if let Some(inlet) = &self.inlet {
                // More writes shall not keep it from returning.
                inlet.seal();
            }
            ready!(self.poll_back(cx))?;
        }
        Poll::Ready(self.failed.take().map_or(Ok(()), Err))
    }

    fn poll_back(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(call) = self.call() else {
            return Poll::Ready(Err(self.gone()));
        };
        let returned = ready!(call.poll(cx));
        Poll::Ready(self.take_back(returned))
    }

    /// [`poll_here`](Self::poll_here) for a sync caller.
    #[inline]
    fn block_here(&mut self, line: Line) -> io::Result<&mut Inner<T>> {
        if self.inner.is_none() {
            self.block_back(line)?;
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.here()
    }

    #[cold]
    fn block_back(&mut self, line: Line) -> io::Result<()> {
        let Some(call) = self.call() else {
            return Err(self.gone());
        };
        let returned = wait::permitted(|| wait::woken(call.block_at(line).map(Ok)))?;
        self.take_back(returned)
    }

    /// Returns the call that has the inner one.
    fn call(&mut self) -> Option<Pin<&mut code::Blocking<Call<T>>>> {
        let call = self.away.as_mut()?.as_mut();
        (!call.is_terminated()).then_some(call)
    }

    #[inline]
    fn here(&mut self) -> io::Result<&mut Inner<T>> {
        match &mut self.inner {
            Some(inner) => Ok(inner),
            None => Err(gone(self.is_closed)),
        }
    }

    fn gone(&self) -> io::Error {
        gone(self.is_closed)
    }

    /// Takes what a call has returned.
    fn take_back(&mut self, (inner, outcome): Returned<T>) -> io::Result<()> {
        match outcome {
            Outcome::Read(read) => self.read = Some(read),
            Outcome::Wrote(wrote) => self.failed = wrote.err(),
            Outcome::Flushed(Ok(())) => self.is_dirty = false,
            Outcome::Flushed(Err(error)) => self.failed = Some(error),
            Outcome::Sought(to, sought) => self.sought = Some((to, sought)),
            Outcome::Closed => self.is_closed = true,
        }
        self.inner = inner;
        self.here().map(|_| ())
    }

    /// Begins a call that is waited for. It may run on this thread.
    fn begin(&mut self, operation: Operation<T>, goes_on: bool) {
        if let Some(inner) = self.inner.take() {
            self.goes_on = goes_on;
            self.put_away(code::Blocking::made_at(
                self.made_at,
                Call { inner, operation },
            ));
        }
    }

    /// Begins a call that nobody waits for.
    fn send(&mut self, operation: Operation<T>) {
        if let Some(inner) = self.inner.take() {
            self.goes_on = true;
            self.put_away(code::Blocking::sent(
                self.made_at,
                Call { inner, operation },
            ));
        }
    }

    fn put_away(&mut self, call: code::Blocking<Call<T>>) {
        match &mut self.away {
            Some(away) => away.set(call),
            None => self.away = Some(Box::pin(call)),
        }
    }

    /// Asks whether a write runs on this thread. It leaves nothing with the driver: a write that has returned `Pending` may come back
    /// with other bytes, or not at all.
    fn poll_is_inline(&mut self, cx: &Context<'_>) -> Poll<bool> {
        if let Some(ticket) = self.asked.take() {
            // Otherwise it has asked in an earlier poll, or elsewhere.
            if placement::take::<Asks>(ticket).is_some() {
                return Poll::Ready(select::is_granted(cx));
            }
        }
        match select::ask(cx, || Asks) {
            Answer::Inline => Poll::Ready(true),
            Answer::Pool => Poll::Ready(false),
            Answer::Asked(ticket) => {
                self.asked = Some(ticket);
                Poll::Pending
            }
        }
    }
}

/// What a write leaves with the driver that it asks.
struct Asks;

impl Leave for Asks {
    fn send(self, _number: Number) {}
}

#[cold]
fn gone(is_closed: bool) -> io::Error {
    if is_closed {
        io::Error::new(io::ErrorKind::NotConnected, "this `DualIo` was closed")
    } else {
        io::Error::other(
            "the inner reader or writer of this `DualIo` is lost: it panicked when it was called for an async caller, or its pool \
             has ended",
        )
    }
}

/// Calls the inner one on this thread. The executor of a task is told.
#[inline]
fn direct<R>(call: impl FnOnce() -> R) -> R {
    // What has asked on this thread does not wait for the call.
    placement::send_all();
    context::run_borrowing(call)
}

impl<T: Send + 'static> DualIo<Blocking<T>> {
    /// Creates a handle of a sync reader or writer.
    ///
    /// Sync callers call it on their thread. For async callers it goes to a pool, together with a buffer, and comes back.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    /// use std::io::Write;
    /// use smartcall::DualIo;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let mut file = DualIo::blocking(File::open("Cargo.toml")?);
    /// std::io::copy(&mut file, &mut std::io::sink())?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn blocking(io: T) -> Self {
        DualIo::new(Blocking::new(io, Location::caller()))
    }

    /// Returns a reference to the inner reader or writer, if it is here.
    ///
    /// It is not here while a pool has it: after a call of an async caller that has returned `Pending`, and after a write of one,
    /// until another call has returned; `flush` will do. It is not here either if it was closed, or if it has panicked on a pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartcall::DualIo;
    ///
    /// let io = DualIo::blocking(&b"some bytes"[..]);
    /// assert_eq!(io.get_ref(), Some(&&b"some bytes"[..]));
    /// ```
    pub fn get_ref(&self) -> Option<&T> {
        self.form.inner.as_ref().map(|inner| &inner.io)
    }

    /// Returns a mutable reference to the inner reader or writer, if it is here.
    ///
    /// See [`get_ref`](Self::get_ref). What was read ahead is still read first.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        // It may be used to write.
        self.form.is_dirty = true;
        self.form.inner.as_mut().map(|inner| &mut inner.io)
    }

    /// Returns the inner reader or writer, once it is here.
    ///
    /// What was read ahead, [`buffer`](DualIo::buffer), is lost. Nothing is flushed.
    ///
    /// # Errors
    ///
    /// Resolves to the error of an earlier write that no call has returned yet, and drops the inner one. Flush first to learn of it.
    /// Resolves to an error if the inner one was closed, or has panicked on a pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::io::AsyncWriteExt;
    /// use smartcall::DualIo;
    ///
    /// # pollster::block_on(async {
    /// let mut io = DualIo::blocking(Vec::new());
    /// io.write_all(b"some bytes").await.unwrap();
    /// assert_eq!(io.into_inner().await.unwrap(), b"some bytes");
    /// # });
    /// ```
    #[track_caller]
    pub fn into_inner(self) -> DualOf<impl Work<Output = io::Result<T>> + use<T>> {
        let mut form = self.form;
        Dual::future(async move {
            poll_fn(|cx| form.poll_here(cx)).await?;
            match form.inner.take() {
                Some(inner) => Ok(inner.io),
                None => Err(form.gone()),
            }
        })
    }
}

impl<T: Send + 'static> sealed::Sealed for Blocking<T> {
    /// On a thread for blocking code, it may be called in any case.
    fn is_immediate(&self) -> bool {
        // Once it was awaited, it would depend on whether a call has returned.
        self.away.is_none() && select::takes_code()
    }

    fn is_sync_code() -> bool {
        true
    }
}

impl<T: Read + Send + 'static> Blocking<T> {
    /// Reads ahead for a caller that wants so many bytes, unless there are some.
    #[inline]
    fn poll_ahead(
        &mut self,
        cx: &mut Context<'_>,
        wanted: usize,
    ) -> Poll<io::Result<&mut Inner<T>>> {
        loop {
            ready!(self.poll_here(cx))?;
            self.sought = None;
            let read = self.read.take();
            let inner = self.here()?;
            if !inner.ahead.is_empty() {
                break;
            }
            if let Some(read) = read {
                read?;
                break;
            }
            inner.wanted = wanted;
            self.begin(inner::read, false);
        }
        Poll::Ready(self.here())
    }

    /// Waits until the inner one is here. Returns the error of an earlier read.
    #[inline]
    fn block_to_read(&mut self, line: Line) -> io::Result<&mut Inner<T>> {
        self.block_here(line)?;
        self.sought = None;
        if let Some(read) = self.read.take() {
            read?;
        }
        self.here()
    }
}

impl<T: Read + Send + 'static> Readable for Blocking<T> {
    #[inline]
    fn block_read(&mut self, to: &mut [u8], line: Line) -> io::Result<usize> {
        if select::sends_away() {
            return wait::driven(line, |cx| self.poll_read(cx, to));
        }
        let inner = self.block_to_read(line)?;
        if !inner.ahead.is_empty() {
            return Ok(inner.ahead.copy_to(to));
        }
        checked(direct(|| inner.io.read(to))?, to.len())
    }

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>> {
        if to.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let inner = ready!(self.poll_ahead(cx, to.len()))?;
        Poll::Ready(Ok(inner.ahead.copy_to(to)))
    }

    #[inline]
    fn block_fill(&mut self, line: Line) -> io::Result<()> {
        if select::sends_away() {
            return wait::driven(line, |cx| self.poll_fill(cx));
        }
        let inner = self.block_to_read(line)?;
        if !inner.ahead.is_empty() {
            return Ok(());
        }
        direct(|| inner.fill(FIRST))
    }

    #[inline]
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ahead(cx, 0).map_ok(|_| ())
    }

    #[inline]
    fn ahead(&self) -> &[u8] {
        self.inner.as_ref().map_or(&[], |inner| inner.ahead.bytes())
    }

    #[inline]
    fn consume(&mut self, bytes: usize) {
        if let Some(inner) = &mut self.inner {
            inner.ahead.consume(bytes);
        }
    }
}

impl<T: Write + Send + 'static> Writable for Blocking<T> {
    #[inline]
    fn block_write(&mut self, bytes: &[u8], line: Line) -> io::Result<usize> {
        if select::sends_away() {
            return wait::driven(line, |cx| self.poll_write(cx, bytes));
        }
        self.block_here(line)?;
        let inner = self.here_to_write()?;
        direct(|| inner.write(bytes))
    }

    fn block_flush(&mut self, line: Line) -> io::Result<()> {
        if select::sends_away() {
            return wait::driven(line, |cx| self.poll_flush(cx));
        }
        let inner = self.block_here(line)?;
        direct(|| inner.io.flush())?;
        self.is_dirty = false;
        Ok(())
    }

    #[inline]
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.inner.is_none() {
            if let Some(count) = self.push(cx, bytes) {
                return Poll::Ready(Ok(count));
            }
            ready!(self.poll_back(cx))?;
        }
        self.poll_write_here(cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if let (None, Some(inlet)) = (&self.inner, &self.inlet) {
                // A job that writes flushes as well, unless it is about to end.
                inlet.ask_to_flush();
            }
            ready!(self.poll_here(cx))?;
            if !self.is_dirty {
                return Poll::Ready(Ok(()));
            }
            self.begin(inner::flush, true);
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_closed {
            match ready!(self.poll_flush(cx)) {
                Ok(()) => self.begin(inner::close, true),
                Err(_) if self.is_closed => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Send + 'static> Blocking<T> {
    /// Hands bytes to the job that writes, and returns how many, if it takes any.
    #[inline]
    fn push(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<usize> {
        let inlet = self.inlet.as_ref().filter(|_| !bytes.is_empty())?;
        // What is bound to another pool is written there.
        if select::bound_address() != self.bound_to {
            return None;
        }
        match inlet.poll_push(bytes, cx) {
            Poll::Ready(Ok(count)) => Some(count),
            // If there is no room, the end of the job is waited for as well: so a report can tell what is waited for.
            Poll::Ready(Err(IsClosed)) | Poll::Pending => None,
        }
    }

    /// Opens the pipe, before a job that writes is sent.
    fn open(&mut self) {
        let Some(inner) = &mut self.inner else {
            return;
        };
        let inlet = self.inlet.get_or_insert_with(|| {
            let (inlet, outlet) = pipe(MOST);
            inner.outlet = Some(outlet);
            inlet
        });
        inlet.open();
        self.bound_to = select::bound_address();
    }

    /// Writes, once the writer is here.
    fn poll_write_here(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_here(cx))?;
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let is_inline = ready!(self.poll_is_inline(cx));
        let inner = self.here_to_write()?;
        if is_inline {
            return Poll::Ready(select::run_here(|| {
                inner::uninterrupted(|| inner.write(bytes))
            }));
        }
        let bytes = &bytes[..bytes.len().min(MOST)];
        inner.taken.clear();
        inner.taken.extend_from_slice(bytes);
        self.has_written_away = true;
        self.open();
        self.send(inner::write);
        Poll::Ready(Ok(bytes.len()))
    }

    fn here_to_write(&mut self) -> io::Result<&mut Inner<T>> {
        self.is_dirty = true;
        self.sought = None;
        // An end that a read has found may not be one any more.
        if let Some(Ok(())) = self.read {
            self.read = None;
        }
        let seek = self.seek;
        let inner = self.here()?;
        inner.seek = seek;
        Ok(inner)
    }
}

impl<T: Seek + Send + 'static> Seekable for Blocking<T> {
    fn block_seek(&mut self, to: SeekFrom, line: Line) -> io::Result<u64> {
        if select::sends_away() {
            return wait::driven(line, |cx| self.poll_seek(cx, to));
        }
        self.block_here(line)?;
        (self.read, self.sought) = (None, None);
        let inner = self.here()?;
        direct(|| inner.seek(to))
    }

    fn poll_seek(&mut self, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>> {
        loop {
            ready!(self.poll_here(cx))?;
            match self.sought.take() {
                Some((sought, result)) if sought == to => return Poll::Ready(result),
                _ => {}
            }
            self.read = None;
            self.here()?.to = to;
            self.begin(inner::seek, false);
        }
    }

    fn set_seekable(&mut self) {
        self.seek = Some(T::seek);
    }
}

impl<T: Send + 'static> Drop for Blocking<T> {
    fn drop(&mut self) {
        if self.goes_on {
            if let Some(mut call) = self.call() {
                if !call.is_ready() {
                    return call.detach();
                }
                // It has ended, and nobody has taken the inner one back. If it has panicked, there is none.
                let cx = &mut Context::from_waker(Waker::noop());
                if let Some(Poll::Ready((inner, _))) = quietly(|| call.as_mut().poll(cx)) {
                    self.inner = inner;
                }
            }
        }
        let may_block = self.has_written_away && mem::needs_drop::<T>();
        if let Some(inner) = self.inner.take().filter(|_| may_block) {
            // The destructor may flush, or write an end that no flush writes. A pool that refuses it drops it here.
            quietly(|| spawn_blocking(|| drop(inner), self.made_at).detach());
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Blocking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}
