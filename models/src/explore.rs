//! Explores a scenario under shuttle.

use std::env;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

/// Runs a scenario in `n` schedules of each kind: with each step by chance, and by priorities that change a few times.
///
/// `module` is the path of the scenario's module, which tells whether a fault is planted there.
pub fn explore(module: &str, n: usize, scenario: impl Fn() + Send + Sync + Clone + 'static) {
    let mut times: usize = env::var("SMARTCALL_MODEL_TIMES").map_or(1, |times| {
        times.parse().expect("SMARTCALL_MODEL_TIMES is a number")
    });
    let mut config = Config::new();
    config.stack_size = 0x4_0000;
    config.max_steps = MaxSteps::FailAfter(50_000);
    config.silence_warnings = true;
    if module.contains("fault_") {
        // It ends at the first schedule that fails. Most faults fail within the first thousand.
        times *= 20;
        config.failure_persistence = FailurePersistence::None;
    }
    let n = n * times;
    Runner::new(RandomScheduler::new(n), config.clone()).run(scenario.clone());
    for changes in [2, 3, 5] {
        Runner::new(PctScheduler::new(changes, n), config.clone()).run(scenario.clone());
    }
}
