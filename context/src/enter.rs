//! How an executor announces itself: the flag is set while its tasks are polled.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::host::{HostRef, ToHost, host, with_host_ref};
use crate::place::{self, Place, State};

/// Sets the flag during each poll, and the drop, of a future.
///
/// This is for futures on executors that can't be detected: a `.get()` in such a future then panics instead of
/// stalling the executor, and `try_get` returns the handle. A [`Host`](crate::Host) that the thread may have is not
/// asked.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use smartcall_context as context;
///
/// let refused = pollster::block_on(context::inside(async {
///     Dual::future(async { 5 }).try_get().is_err()
/// }));
/// assert!(refused);
/// ```
pub fn inside<F: IntoFuture>(future: F) -> Inside<F::IntoFuture> {
    Inside::new(None, future.into_future())
}

/// Sets the flag while a closure runs.
///
/// This is for authors of executors: poll your tasks in it.
///
/// # Examples
///
/// ```
/// use smartcall_context::{self as context, Place};
///
/// assert_eq!(context::inside_executor(context::current), Place::Inside);
/// ```
pub fn inside_executor<R>(f: impl FnOnce() -> R) -> R {
    enter_with(&mut None, f)
}

/// Sets the flag during each poll, and the drop, of a future, with a host to ask before a thread blocks.
///
/// See [`inside`] and [`Host`](crate::Host). The host is an `Arc<impl Host>` or an `Arc<dyn Host>`.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use smartcall::Dual;
/// use smartcall_context::{self as context, Host};
///
/// struct OneThread;
///
/// impl Host for OneThread {
///     fn can_block(&self) -> bool {
///         false
///     }
///     fn block_in_place(&self, block: &mut dyn FnMut()) {
///         block()
///     }
/// }
///
/// let host: Arc<dyn Host> = Arc::new(OneThread);
/// let refused = pollster::block_on(context::hosted(&host, async {
///     Dual::future(async { 5 }).try_get().is_err()
/// }));
/// assert!(refused);
/// ```
pub fn hosted<F: IntoFuture>(host: &impl ToHost, future: F) -> Inside<F::IntoFuture> {
    hosted_by(HostRef::Brought(host.to_host()), future)
}

/// [`hosted`], by a host of smartcall's.
pub fn hosted_by<F: IntoFuture>(host: HostRef, future: F) -> Inside<F::IntoFuture> {
    Inside::new(Some(host), future.into_future())
}

/// Sets the flag while a closure runs, with a host to ask before the thread blocks.
///
/// See [`inside_executor`] and [`Host`](crate::Host), which has an example. The host is an `Arc<impl Host>` or an
/// `Arc<dyn Host>`.
pub fn with_host<R>(host: &impl ToHost, f: impl FnOnce() -> R) -> R {
    with_host_by(HostRef::Brought(host.to_host()), f)
}

/// [`with_host`], by a host of smartcall's.
pub fn with_host_by<R>(host: HostRef, f: impl FnOnce() -> R) -> R {
    enter_with(&mut Some(host), f)
}

/// Marks a region in which blocking is allowed.
///
/// This is for code that has made sure that the thread may block, by tokio's `block_in_place` or on a thread
/// of a pool that it knows. [`current`](crate::current) returns [`Place::Outside`], other crates' runtimes are not
/// detected, and a [`Host`](crate::Host) is not asked. smartcall's own executors and pools are told if the thread parks: an
/// `Executor` lets a spare thread run tasks meanwhile, if one is left, and a `Limited` starts the next job.
///
/// # Examples
///
/// ```
/// use smartcall::Dual;
/// use smartcall_context as context;
///
/// let value = context::inside_executor(|| {
///     context::blocking_region(|| Dual::future(async { 5 }).get())
/// });
/// assert_eq!(value, 5);
/// ```
pub fn blocking_region<R>(f: impl FnOnce() -> R) -> R {
    let mut told = host().and_then(|host| host.in_region());
    place::with_state(State::OutsideInRegion, || with_host_ref(&mut told, f))
}

/// Runs a closure inside an executor, with a host or with none.
#[inline]
fn enter_with<R>(host: &mut Option<HostRef>, f: impl FnOnce() -> R) -> R {
    place::enter(Place::Inside, || with_host_ref(host, f))
}

pin_project! {
    /// A future that is polled with the flag set, made by [`inside`] and [`hosted`].
    ///
    /// Dropping it drops the future, with the flag set.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Inside<F> {
        // An `Option`, so that it can be dropped under the flag.
        #[pin]
        future: Option<F>,
        host: Option<HostRef>,
    }

    impl<F> PinnedDrop for Inside<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            enter_with(this.host, || this.future.set(None));
        }
    }
}

impl<F> Inside<F> {
    fn new(host: Option<HostRef>, future: F) -> Self {
        Inside {
            future: Some(future),
            host,
        }
    }
}

impl<F: Future> Future for Inside<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.future.as_pin_mut() {
            Some(future) => enter_with(this.host, || future.poll(cx)),
            // Only dropping takes the future away.
            None => Poll::Pending,
        }
    }
}

impl<F> fmt::Debug for Inside<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inside")
            .field("hosted", &self.host.is_some())
            .finish_non_exhaustive()
    }
}
