//! A thread-local that is set while a closure runs.
//!
//! Both functions restore the previous value when the closure returns or unwinds.

use std::cell::Cell;

use crate::sync::LocalKey;

/// Sets a thread-local while a closure runs.
///
/// A `Copy` value has no destructor, so the thread-local can be used for as long as the thread runs code.
#[inline]
pub fn with<T: Copy + 'static, R>(
    key: &'static LocalKey<Cell<T>>,
    value: T,
    f: impl FnOnce() -> R,
) -> R {
    struct Restore<T: Copy + 'static> {
        key: &'static LocalKey<Cell<T>>,
        previous: T,
    }

    impl<T: Copy> Drop for Restore<T> {
        #[inline]
        fn drop(&mut self) {
            self.key.with(|cell| cell.set(self.previous));
        }
    }

    let previous = key.with(|cell| cell.replace(value));
    let _restore = Restore { key, previous };
    f()
}

/// Exchanges a thread-local with a value while a closure runs, and exchanges them back.
///
/// The value is not cloned: an `Arc` is not counted up and down. In a dying thread the thread-local may be gone, and
/// the closure then runs without it.
#[inline]
pub fn exchanged<T: 'static, R>(
    key: &'static LocalKey<Cell<T>>,
    value: &mut T,
    f: impl FnOnce() -> R,
) -> R {
    struct Exchange<'a, T: 'static> {
        key: &'static LocalKey<Cell<T>>,
        value: &'a Cell<T>,
    }

    impl<T> Exchange<'_, T> {
        #[inline]
        fn exchange(&self) {
            let _ = self.key.try_with(|cell| cell.swap(self.value));
        }
    }

    impl<T> Drop for Exchange<'_, T> {
        #[inline]
        fn drop(&mut self) {
            self.exchange();
        }
    }

    let exchange = Exchange {
        key,
        value: Cell::from_mut(value),
    };
    exchange.exchange();
    f()
}

/// Clones what a thread-local holds. In a dying thread there may be nothing any more.
#[inline]
pub fn cloned<T: Clone + 'static>(key: &'static LocalKey<Cell<Option<T>>>) -> Option<T> {
    key.try_with(|cell| {
        let value = cell.take();
        let clone = value.clone();
        cell.set(value);
        clone
    })
    .ok()
    .flatten()
}
