//! `block_on` of both executors.

use std::future::IntoFuture;
use std::panic::Location;
use std::pin::pin;

use smartcall_context::internal::{self as context, HostRef};

use crate::drive::driver;
use crate::drive::permitted;

/// Runs a future on the current thread, inside an executor, if this thread may block.
#[track_caller]
pub(crate) fn block_on<F: IntoFuture>(host: HostRef, future: F) -> F::Output {
    let line = Location::caller();
    permitted::block_or_refuse(|| driver::serve(pin!(context::hosted_by(host, future)), line))
}
