//! The thread-local keys of `std`, so that a model checker can exchange them for its own.

pub(crate) use std::thread::LocalKey;
