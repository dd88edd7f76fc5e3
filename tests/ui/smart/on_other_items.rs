//! Put it on functions.

use smartcall::smart;

#[smart]
enum Kind {
    One,
}

#[smart]
const FIVE: u32 = 5;

#[smart]
use std::fmt;

#[smart]
macro_rules! five {
    () => {
        5
    };
}

#[smart]
mod inner {}

#[smart]
type Five = u32;

fn main() {}
