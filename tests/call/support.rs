//! What the tests of this folder share.

#![allow(unreachable_pub, reason = "it is a part of a test binary")]

use std::marker::PhantomData;

use smartcall::{DualOf, SmartCall, Work};

/// A struct that stores a callable.
pub struct Job<F, T, K> {
    pub op: F,
    marker: PhantomData<fn() -> (T, K)>,
}

impl<F: SmartCall<T, K>, T, K> Job<F, T, K> {
    pub fn new(op: F) -> Self {
        Job {
            op,
            marker: PhantomData,
        }
    }

    pub fn run(&self) -> DualOf<impl Work<Output = T>> {
        self.op.invoke()
    }
}
