//! The items of the server, and the requests and answers about them.

use serde::{Deserialize, Serialize};

/// An item of the server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Item {
    /// The number that the server assigned.
    pub id: u64,
    /// The name of the item.
    pub name: String,
    /// The price of the item.
    pub price: u32,
}

/// A part of the list of all items.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    /// The last item of the page, if there is another page.
    pub(crate) next: Option<u64>,
}

/// An item that the server shall create.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Draft {
    /// The name of the item.
    pub name: String,
    /// The price of the item.
    pub price: u32,
}

/// Why the server rejects a draft.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Rejection {
    /// The field that is wrong.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}
