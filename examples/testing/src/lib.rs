//! A service that is tested once, with every kind of caller.
//!
//! [`Orders`] is the service. It takes a [`Store`], which is a trait, and a gateway, which is a callable. Each may be
//! sync or async, and so may the callers.

#![forbid(unsafe_code)]

pub mod gateway;
mod order;
mod orders;
mod store;

pub use order::{ChargeError, Confirmation, Order, OrderError, OutOfStock, Payment, Receipt};
pub use orders::Orders;
pub use store::{Shelf, Store};
