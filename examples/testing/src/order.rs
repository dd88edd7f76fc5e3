use std::error::Error;
use std::fmt;
use std::io;

/// An order of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The item.
    pub item: String,
    /// The number of items.
    pub n: u32,
    /// The card that pays.
    pub card: String,
}

/// A payment that the gateway is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The card that pays.
    pub card: String,
    /// The amount, in cents.
    pub cents: u32,
}

/// The gateway's answer to a payment that it has charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The gateway's number for the payment.
    pub number: u32,
}

/// An order that was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The amount that was paid.
    pub cents: u32,
    /// The gateway's receipt for the payment.
    pub receipt: Receipt,
}

/// The error of an order for more items than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfStock {
    /// The current count.
    pub left: u32,
}

/// Why a gateway did not charge a card.
#[derive(Debug)]
pub enum ChargeError {
    /// The gateway declined, for this reason.
    Declined(String),
    /// The gateway could not be reached.
    Unreachable(io::Error),
}

/// Why an order was not placed. Nothing stays reserved for it.
#[derive(Debug)]
#[non_exhaustive]
pub enum OrderError {
    /// There are too few of the item.
    OutOfStock(OutOfStock),
    /// The card was not charged.
    Charge(ChargeError),
    /// The gateway did not answer in time.
    Silence,
}

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} left", self.left)
    }
}

impl Error for OutOfStock {}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChargeError::Declined(why) => write!(f, "declined: {why}"),
            ChargeError::Unreachable(_) => f.write_str("the gateway can't be reached"),
        }
    }
}

impl Error for ChargeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ChargeError::Declined(_) => None,
            ChargeError::Unreachable(error) => Some(error),
        }
    }
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OrderError::OutOfStock(_) => "there is not enough of it",
            OrderError::Charge(_) => "the card was not charged",
            OrderError::Silence => "the gateway did not answer in time",
        })
    }
}

impl Error for OrderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            OrderError::OutOfStock(error) => Some(error),
            OrderError::Charge(error) => Some(error),
            OrderError::Silence => None,
        }
    }
}
