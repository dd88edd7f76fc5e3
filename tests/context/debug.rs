//! What `Debug` shows of wrappers, jobs and executors.

use std::sync::{Arc, Mutex};

use smartcall::Dual;
use smartcall::context::{self, Host};
use smartcall::offload::Job;

/// A host that shows each job, and leaves it to the pool.
struct ShowsJobs(Mutex<String>);

impl Host for ShowsJobs {
    fn can_block(&self) -> bool {
        false
    }

    fn block_in_place(&self, block: &mut dyn FnMut()) {
        block();
    }

    fn offload(&self, job: Job) -> Result<(), Job> {
        *self.0.lock().expect("not poisoned") = format!("{job:?}");
        Err(job)
    }
}

/// `Debug` of a wrapper, a job or an executor shows its type, and nothing of the user's.
#[test]
fn debug_names_the_type() {
    let host = Arc::new(ShowsJobs(Mutex::default()));
    pollster::block_on(context::hosted(&host, Dual::blocking(|| ())));
    assert_eq!(*host.0.lock().expect("not poisoned"), "Job { .. }");
    let wrapper = context::inside(async {});
    assert_eq!(format!("{wrapper:?}"), "Inside { hosted: false, .. }");
    #[cfg(feature = "executor")]
    {
        let ex = smartcall::Executor::builder().threads(1).build();
        assert_eq!(
            format!("{ex:?}"),
            "Executor { tasks: Tasks { waiting: 0 }, .. }"
        );
        let adopted = smartcall::Executor::from(Arc::new(async_executor::Executor::new()));
        assert!(format!("{adopted:?}").starts_with("Executor { tasks: Executor"));
        let local = smartcall::LocalExecutor::new();
        assert!(format!("{local:?}").starts_with("LocalExecutor { tasks: LocalExecutor"));
    }
}
