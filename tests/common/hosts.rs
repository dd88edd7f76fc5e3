//! Hosts that count what they are asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use futures::channel::oneshot;
use smartcall::context::Host;
use smartcall::offload::Job;
use smartcall::{Dual, DualOf, Work};

/// A host that can block, and counts what it is asked.
pub struct Helpful {
    asked: AtomicUsize,
    /// The threads on which it was called to block.
    blocks: Mutex<Vec<ThreadId>>,
    /// Called with the number of the call, before it blocks.
    before: Box<dyn Fn(usize) + Send + Sync>,
}

impl Helpful {
    pub fn new() -> Arc<Self> {
        Helpful::calling(|_| ())
    }

    pub fn calling(before: impl Fn(usize) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Helpful {
            asked: AtomicUsize::new(0),
            blocks: Mutex::default(),
            before: Box::new(before),
        })
    }

    /// A host that sends a message from another thread each time a `get` parks through it.
    /// The first call is the one around the `get`.
    pub fn sending(senders: impl IntoIterator<Item = oneshot::Sender<u32>>) -> Arc<Self> {
        let senders = Mutex::new(senders.into_iter().collect::<Vec<_>>().into_iter());
        Helpful::calling(move |nth| {
            let mut senders = senders.lock().unwrap_or_else(PoisonError::into_inner);
            if nth > 1 {
                let sender = senders.next().expect("no more parks than messages");
                thread::spawn(move || sender.send(7));
            }
        })
    }

    /// How often it was asked, and on which threads it was called to block.
    pub fn calls(&self) -> (usize, Vec<ThreadId>) {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        (self.asked.load(Ordering::Relaxed), blocks.clone())
    }
}

impl Host for Helpful {
    fn can_block(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        let nth = {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.push(thread::current().id());
            blocks.len()
        };
        (self.before)(nth);
        block();
    }
}

/// A host that cannot block.
pub struct Stubborn;

impl Host for Stubborn {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, _block: &mut dyn FnMut()) {
        panic!("it said that it cannot block");
    }
}

/// A host with a pool: each job is handed to a function.
pub struct WithPool<F>(pub F);

impl<F: Fn(Job) -> Result<(), Job> + Send + Sync + 'static> Host for WithPool<F> {
    fn can_block(&self) -> bool {
        true
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        (self.0)(job)
    }
}

/// A handle to a future that waits for a message from another thread.
pub fn message() -> (oneshot::Sender<u32>, DualOf<impl Work<Output = u32>>) {
    let (sender, receiver) = oneshot::channel();
    let dual = Dual::future(async { receiver.await.expect("the sender sends") });
    (sender, dual)
}
