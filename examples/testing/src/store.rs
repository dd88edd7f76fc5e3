use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use smartcall::smart;

use crate::OutOfStock;

/// Where the items are.
#[smart(send)]
pub trait Store: Send + Sync {
    /// Takes so many of an item, or none at all, and returns what they cost.
    async fn reserve(&self, item: &str, n: u32) -> Result<u32, OutOfStock>;

    /// Puts back what was reserved.
    async fn release(&self, item: &str, n: u32);

    /// Returns how many there are of an item.
    async fn left(&self, item: &str) -> u32;
}

/// A store in memory: its methods are sync, and short enough for any thread.
#[derive(Debug)]
pub struct Shelf {
    /// Of each item, how many there are.
    items: Mutex<HashMap<String, u32>>,
    /// What one costs, of any item.
    cents: u32,
}

impl Shelf {
    /// Makes a shelf of items that all cost the same.
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
