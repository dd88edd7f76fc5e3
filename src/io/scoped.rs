//! Bytes that are bound to a pool or to a runtime, or whose drop joins or interrupts their calls.

use std::fmt;
use std::io::{self, SeekFrom};
use std::task::{Context, Poll};

use crate::io::form::{Readable, Seekable, Writable, sealed};
use crate::io::handle::DualIo;
use crate::offload::pool::ToPool;
use crate::waits::edges::Line;
use crate::work::scoped::{Bind, InScope, OnPool, Scope, bind};

/// A form that is called in a scope: bound to a pool, bound to a runtime, joined on drop, or interrupted on drop.
///
/// Made by [`DualIo::on`], [`offload::join_on_drop`](crate::offload::join_on_drop),
/// [`offload::interrupt_on_drop`](crate::offload::interrupt_on_drop) and, with the feature `tokio`, `DualIo::in_runtime`.
pub struct Scoped<F, B: Scope> {
    form: InScope<F, B>,
}

impl<F> DualIo<F> {
    /// Binds the calls of a sync reader or writer to a pool, for sync and for async callers.
    ///
    /// For a sync caller, too, they are made on the pool, with a buffer between. See [`Dual::on`](crate::Dual::on).
    ///
    /// # Panics
    ///
    /// A call panics if the pool refuses it, or ends before it was made.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use smartcall::DualIo;
    /// use smartcall::offload::SingleThread;
    ///
    /// let thread = SingleThread::new(|| ());
    /// let mut io = DualIo::blocking(&b"some bytes"[..]).on(&thread);
    /// let mut text = String::new();
    /// io.read_to_string(&mut text).unwrap();
    /// assert_eq!(text, "some bytes");
    /// ```
    pub fn on(self, pool: &impl ToPool) -> DualIo<Scoped<F, OnPool>> {
        self.bind(OnPool::new(pool.to_pool()))
    }
}

impl<F> bind::Sealed for DualIo<F> {}

impl<F> Bind for DualIo<F> {
    type Bound<B: Scope> = DualIo<Scoped<F, B>>;

    fn bind<B: Scope>(self, scope: B) -> Self::Bound<B> {
        DualIo::new(Scoped {
            form: InScope::new(self.form, scope),
        })
    }
}

impl<F: sealed::Sealed, B: Scope> sealed::Sealed for Scoped<F, B> {
    fn is_immediate(&self) -> bool {
        self.form.run_ref(F::is_immediate)
    }

    fn is_sync_code() -> bool {
        false
    }
}

impl<F: Readable, B: Scope> Readable for Scoped<F, B> {
    fn block_read(&mut self, to: &mut [u8], line: Line) -> io::Result<usize> {
        self.form.run(|form| form.block_read(to, line))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<io::Result<usize>> {
        self.form.run(|form| form.poll_read(cx, to))
    }

    fn block_fill(&mut self, line: Line) -> io::Result<()> {
        self.form.run(|form| form.block_fill(line))
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.form.run(|form| form.poll_fill(cx))
    }

    fn ahead(&self) -> &[u8] {
        self.form.get().ahead()
    }

    fn consume(&mut self, bytes: usize) {
        self.form.get_mut().consume(bytes);
    }
}

impl<F: Writable, B: Scope> Writable for Scoped<F, B> {
    fn block_write(&mut self, bytes: &[u8], line: Line) -> io::Result<usize> {
        self.form.run(|form| form.block_write(bytes, line))
    }

    fn block_flush(&mut self, line: Line) -> io::Result<()> {
        self.form.run(|form| form.block_flush(line))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.form.run(|form| form.poll_write(cx, bytes))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.form.run(|form| form.poll_flush(cx))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.form.run(|form| form.poll_close(cx))
    }
}

impl<F: Seekable, B: Scope> Seekable for Scoped<F, B> {
    fn block_seek(&mut self, to: SeekFrom, line: Line) -> io::Result<u64> {
        self.form.run(|form| form.block_seek(to, line))
    }

    fn poll_seek(&mut self, cx: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>> {
        self.form.run(|form| form.poll_seek(cx, to))
    }

    fn set_seekable(&mut self) {
        self.form.get_mut().set_seekable();
    }
}

impl<F, B: Scope> fmt::Debug for Scoped<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").finish_non_exhaustive()
    }
}
