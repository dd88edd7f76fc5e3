//! Values that count their drops.

use std::future::{self, Future};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use smartcall::context::{Place, current};

use super::wait_until;

/// A value that counts how often it is dropped.
pub struct Counted(Arc<AtomicUsize>);

impl Counted {
    pub fn new() -> (Self, Drops) {
        let drops = Arc::new(AtomicUsize::new(0));
        (Counted(Arc::clone(&drops)), Drops(drops))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The drops of one `Counted`.
pub struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits until the value is dropped, and checks that it is dropped once.
    #[track_caller]
    pub fn wait_for_one(self) {
        wait_until(|| self.count() > 0);
        // A value counts its drop first, and then lets go of the counter.
        wait_until(|| Arc::strong_count(&self.0) == 1);
        assert_eq!(self.count(), 1, "one value, dropped once");
    }
}

/// A value whose drop tells where it was dropped.
struct TellsPlace(mpsc::Sender<Place>);

impl Drop for TellsPlace {
    fn drop(&mut self) {
        let _ = self.0.send(current());
    }
}

/// A future that waits for ever, and the place where it is dropped.
pub fn tells_drop() -> (
    impl Future<Output = ()> + Send + 'static,
    mpsc::Receiver<Place>,
) {
    let (sender, dropped) = mpsc::channel();
    let probe = TellsPlace(sender);
    let future = async move {
        let _probe = probe;
        future::pending().await
    };
    (future, dropped)
}
