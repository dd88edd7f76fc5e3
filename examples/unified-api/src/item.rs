//! What the server keeps, and what goes there and comes from there.

use serde::{Deserialize, Serialize};

/// An item of the server's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Item {
    /// The number that the server gave it.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// What it costs.
    pub price: u32,
}

/// An item that the server is to make.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Draft {
    /// What it is to be called.
    pub name: String,
    /// What it is to cost.
    pub price: u32,
}

/// Why the server does not take a draft.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Rejection {
    /// The field that is wrong.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}
