//! A pool of rayon.

use std::sync::Arc;

use smartcall::{Dual, offload};

use super::support::{CALLERS, here, this_thread};
use crate::common::limit;

/// `Dual::on` a pool of rayon: its threads run the code.
#[test]
fn on_a_rayon_pool() {
    limit(|| {
        for resolve in CALLERS {
            assert_ne!(resolve(here().on(&offload::Rayon).boxed()), this_thread());
        }
        let pool = rayon_core::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = Arc::new(pool.expect("it starts"));
        // Jobs that wait for jobs of the same pool, of one thread.
        let inner = Arc::clone(&pool);
        let job = Dual::blocking(move || (this_thread(), here().on(&inner).get()));
        let (outer, inner) = job.on(&pool).get();
        assert_eq!(outer, inner);
        let job = Dual::blocking(|| Dual::future(async { 5 }).try_get().is_err());
        assert!(job.on(&pool).get());
    });
}
