//! The line at which a panic is reported.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use smartcall::{Dual, SmartCall, context};

use super::support::future;
use crate::common::{Stubborn, in_child};

/// Records where the panics of this process are.
fn record_locations() -> Arc<Mutex<Vec<(String, u32)>>> {
    let locations = Arc::<Mutex<Vec<_>>>::default();
    let record = Arc::clone(&locations);
    panic::set_hook(Box::new(move |info| {
        let location = info.location().expect("panics have one");
        let location = (location.file().to_owned(), location.line());
        record.lock().expect("no panic").push(location);
    }));
    locations
}

/// Asserts that an expression panics, once, at its own line.
macro_rules! panics_here {
    ($locations:ident, $panics:expr) => {
        assert!(
            catch_unwind(AssertUnwindSafe(|| {
                let _ = $panics;
            }))
            .is_err()
        );
        let found = std::mem::take(&mut *$locations.lock().expect("no panic"));
        assert_eq!(found, [(file!().to_owned(), line!())]);
    };
}

/// A refused `get` panics at the line that called it, and so does each other call that blocks.
#[test]
fn refused_at_the_callers_line() {
    in_child(|| {
        let at = record_locations();
        let mut dual = future().boxed();
        context::inside_executor(|| {
            panics_here!(at, future().get());
            panics_here!(at, future().boxed().get());
            panics_here!(at, *future().boxed());
            panics_here!(at, dual.len());
            panics_here!(at, dual.push(6));
            panics_here!(at, *dual = Vec::new());
            panics_here!(at, dual[0]);
        });
        context::with_host(&Arc::new(Stubborn), || {
            panics_here!(at, future().get());
            panics_here!(at, *dual);
        });
    });
}

/// In a task `get` and `block_on` panic at the caller's line.
#[cfg(feature = "executor")]
#[test]
fn refused_in_a_task_at_the_callers_line() {
    in_child(|| {
        let at = record_locations();
        let (other, local) = (crate::common::one_thread(), smartcall::LocalExecutor::new());
        local.block_on(async {
            panics_here!(at, future().get());
            panics_here!(at, *future().boxed());
            panics_here!(at, local.block_on(async {}));
            panics_here!(at, other.block_on(async {}));
        });
    });
}

/// An executor that cannot be started panics at the line that built it.
#[cfg(feature = "executor")]
#[test]
fn not_started_at_the_callers_line() {
    in_child(|| {
        let at = record_locations();
        panics_here!(at, smartcall::Executor::builder().threads(0).build());
    });
}

/// The line in which `breaks` panics.
const BREAKS: u32 = line!() + 3;

fn breaks() -> u32 {
    panic!("the body's own message")
}

/// A body's own panic is located in the body, for each way to resolve the handle.
#[test]
fn body_panics_at_its_own_line() {
    in_child(|| {
        let at = record_locations();
        let ways: [fn() -> u32; 7] = [
            || breaks.invoke().get(),
            || breaks.invoke().try_get().expect("outside"),
            || *breaks.invoke().boxed(),
            || Dual::future(async { breaks() }).get(),
            || Dual::future(async { breaks() }).try_get().expect("outside"),
            || Dual::in_place(breaks).boxed().get(),
            || pollster::block_on(breaks.invoke()),
        ];
        for way in ways {
            assert!(catch_unwind(way).is_err());
            let found = std::mem::take(&mut *at.lock().expect("no panic"));
            assert_eq!(found, [(file!().to_owned(), BREAKS)]);
        }
    });
}

/// A handle that is used after its body panicked panics at the line of that use.
#[test]
fn misused_at_the_callers_line() {
    in_child(|| {
        let broken = || {
            let dual = Dual::in_place(breaks).boxed();
            assert!(catch_unwind(AssertUnwindSafe(|| *dual)).is_err());
            dual
        };
        let [first, second, mut third] = [broken(), broken(), broken()];
        let mut polled = Box::pin(Dual::ready(5).boxed());
        assert_eq!(pollster::block_on(polled.as_mut()), 5);
        let at = record_locations();
        panics_here!(at, *first);
        panics_here!(at, first.get());
        panics_here!(at, second.try_get());
        panics_here!(at, *third = 5);
        panics_here!(at, **polled);
    });
}
