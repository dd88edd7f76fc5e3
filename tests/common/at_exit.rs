//! Code that runs when its thread ends.

use std::cell::RefCell;

thread_local! {
    /// What this thread does when its thread-locals are destroyed.
    static AT_EXIT: AtExit = const { AtExit(RefCell::new(None)) };
}

/// Runs a closure when its thread ends.
pub struct AtExit(RefCell<Option<Box<dyn FnOnce()>>>);

impl AtExit {
    /// Sets what this thread does when it ends.
    ///
    /// Thread-locals are destroyed in the opposite order of their first use.
    pub fn set(code: impl FnOnce() + 'static) {
        AT_EXIT.with(|at_exit| at_exit.0.replace(Some(Box::new(code))));
    }
}

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some(code) = self.0.take() {
            code();
        }
    }
}
