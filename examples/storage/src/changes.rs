use std::sync::{Mutex, PoisonError};

use async_channel::{Receiver, Sender};

use crate::store::Change;

/// Who watches a store.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<Vec<(String, Sender<Change>)>>);

impl Changes {
    /// Returns the changes from now on.
    pub(crate) fn watch(&self, prefix: &str) -> Receiver<Change> {
        let (sender, receiver) = async_channel::unbounded();
        self.watchers().push((prefix.into(), sender));
        receiver
    }

    /// Tells of a change.
    pub(crate) fn tell(&self, change: &Change) {
        self.watchers().retain(|(prefix, sender)| {
            let concerns = change.key.starts_with(prefix);
            // Who watches no more has dropped its end.
            if concerns {
                sender.try_send(change.clone()).is_ok()
            } else {
                !sender.is_closed()
            }
        });
    }

    fn watchers(&self) -> std::sync::MutexGuard<'_, Vec<(String, Sender<Change>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
