//! What `generate.rs` needs of the handle.

use std::marker::PhantomData;

/// A source, without any of what the handle adds.
pub(crate) struct DualStream<T, S> {
    pub(crate) source: S,
    _item: PhantomData<T>,
}

impl<T, S> DualStream<T, S> {
    pub(crate) fn new(source: S) -> Self {
        DualStream {
            source,
            _item: PhantomData,
        }
    }
}
