//! A thread-local that is set while a closure runs.
//!
//! Both functions put the previous value back when the closure returns or unwinds. In a dying thread the
//! thread-local may be gone: the closure then runs without it.

use std::cell::Cell;

use crate::sync::LocalKey;

/// Sets a thread-local while a closure runs.
#[inline]
pub fn with<T: Copy + 'static, R>(
    key: &'static LocalKey<Cell<T>>,
    value: T,
    f: impl FnOnce() -> R,
) -> R {
    struct Restore<T: Copy + 'static> {
        key: &'static LocalKey<Cell<T>>,
        previous: Option<T>,
    }

    impl<T: Copy> Drop for Restore<T> {
        #[inline]
        fn drop(&mut self) {
            if let Some(previous) = self.previous {
                let _ = self.key.try_with(|cell| cell.set(previous));
            }
        }
    }

    let previous = key.try_with(|cell| cell.replace(value)).ok();
    let _restore = Restore { key, previous };
    f()
}

/// Exchanges a thread-local with a value while a closure runs, and exchanges them back.
///
/// The value may not be `Copy`, and is not cloned: an `Arc` is not counted up and down.
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
