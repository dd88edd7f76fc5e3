use std::time::{Duration, Instant};

use smartcall::smart;

/// What layers know the time by.
///
/// It is cloned with the layers that hold it, and all clones tell the same time.
#[smart(send)]
pub trait Clock: Clone + Send + Sync + 'static {
    /// Returns the time since some moment in the past, always the same one.
    fn now(&self) -> Duration;

    /// Waits for so long.
    async fn sleep(&self, time: Duration);
}

/// The clock of the system.
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
