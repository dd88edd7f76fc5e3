use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use smartcall::smart;

use crate::OutOfStock;

/// A store of items.
#[smart(send)]
pub trait Store: Send + Sync {
    /// Takes `n` of an item, or none if there are fewer, and returns their price.
    async fn reserve(&self, item: &str, n: u32) -> Result<u32, OutOfStock>;

    /// Puts reserved items back.
    async fn release(&self, item: &str, n: u32);

    /// Returns the count of an item.
    async fn left(&self, item: &str) -> u32;
}

/// A store in memory. Its methods are sync, and short enough for any thread.
#[derive(Debug)]
pub struct Shelf {
    /// The count of each item.
    items: Mutex<HashMap<String, u32>>,
    /// The price of one item of any kind.
    cents: u32,
}

impl Shelf {
    /// Makes a shelf of items that all have the same price.
    pub fn new<'a>(items: impl IntoIterator<Item = (&'a str, u32)>, cents: u32) -> Self {
        let items = items.into_iter();
        let items = items.map(|(item, n)| (item.to_owned(), n)).collect();
        Shelf {
            items: Mutex::new(items),
            cents,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[smart]
impl Store for Shelf {
    #[smart(in_place)]
    fn reserve(&self, item: &str, n: u32) -> Result<u32, OutOfStock> {
        let mut items = self.lock();
        match items.get_mut(item) {
            Some(left) if *left >= n => {
                *left -= n;
                Ok(self.cents.saturating_mul(n))
            }
            left => Err(OutOfStock {
                left: left.copied().unwrap_or(0),
            }),
        }
    }

    #[smart(in_place)]
    fn release(&self, item: &str, n: u32) {
        *self.lock().entry(item.to_owned()).or_default() += n;
    }

    #[smart(in_place)]
    fn left(&self, item: &str) -> u32 {
        self.lock().get(item).copied().unwrap_or(0)
    }
}
