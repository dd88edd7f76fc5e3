//! What the pools need of the context crate: jobs, and the host of a job's thread.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// What a pool does for its threads.
pub trait Host: Send + Sync + 'static {
    fn can_block(&self) -> bool;
    fn block_in_place(&self, block: &mut dyn FnMut());
    fn park(&self, park: &mut dyn FnMut());
}

pub trait InternalHost: Host {}

#[derive(Clone)]
pub enum HostRef {
    Own(Arc<dyn InternalHost>),
    Static(&'static dyn InternalHost),
}

impl fmt::Debug for HostRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostRef")
    }
}

impl HostRef {
    fn park(&self, park: &mut dyn FnMut()) {
        match self {
            HostRef::Own(host) => host.park(park),
            HostRef::Static(host) => host.park(park),
        }
    }
}

/// Code on its way to a pool.
pub struct Job(Box<dyn FnOnce() + Send>);

impl Job {
    pub(crate) fn new(code: impl FnOnce() + Send + 'static) -> Self {
        Job(Box::new(code))
    }

    pub fn run(self) {
        (self.0)();
    }
}

pub fn job_address(job: &Job) -> usize {
    (&raw const *job.0).addr()
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}

shuttle::thread_local! {
    static HOST: RefCell<Option<HostRef>> = RefCell::new(None);
}

pub fn run_job(job: Job, host: HostRef) {
    HOST.with(|current| current.replace(Some(host)));
    (job.0)();
    HOST.with(|current| current.replace(None));
}

/// Parks this thread, with the help of its host.
pub(crate) fn park(mut park: impl FnMut()) {
    match HOST.with(|host| host.borrow().clone()) {
        Some(host) => host.park(&mut park),
        None => park(),
    }
}
