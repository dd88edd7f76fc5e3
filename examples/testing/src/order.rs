use std::error::Error;
use std::fmt;
use std::io;

/// What a customer wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What it is.
    pub item: String,
    /// How many of it.
    pub n: u32,
    /// The card that pays for it.
    pub card: String,
}

/// What the gateway is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The card that pays.
    pub card: String,
    /// How much it pays.
    pub cents: u32,
}

/// What the gateway says if it was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The gateway's number for the payment.
    pub number: u32,
}

/// An order that was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// What was paid.
    pub cents: u32,
    /// The gateway's receipt for it.
    pub receipt: Receipt,
}

/// There is less of an item than was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfStock {
    /// How many there are.
    pub left: u32,
}

/// Why a gateway did not charge a card.
#[derive(Debug)]
pub enum ChargeError {
    /// It would not, and says why.
    Declined(String),
    /// It could not be asked.
    Unreachable(io::Error),
}

/// Why an order was not placed. Nothing is reserved for it then.
#[derive(Debug)]
#[non_exhaustive]
pub enum OrderError {
    /// There is not enough of the item.
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
