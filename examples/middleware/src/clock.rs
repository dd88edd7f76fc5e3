use std::time::{Duration, Instant};

use smartcall::smart;

/// The clock of a layer.
///
/// It is cloned with the layers that hold it, and all clones tell the same time.
#[smart(send)]
pub trait Clock: Clone + Send + Sync + 'static {
    /// Returns the time since a fixed moment in the past.
    fn now(&self) -> Duration;

    /// Waits for a duration.
    async fn sleep(&self, time: Duration);
}

/// The system clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        let start = Instant::now();
        SystemClock { start }
    }
}

#[smart(send)]
impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        smartcall::sleep(time).await;
    }
}
