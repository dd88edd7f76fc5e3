//! Handles of different functions have different types.

use smartcall::{Dual, DualOf, Work};

fn one() -> DualOf<impl Work<Output = u32>> {
    Dual::future(async { 1 })
}

fn two() -> DualOf<impl Work<Output = u32>> {
    Dual::blocking(|| 2)
}

struct Holds {
    number: Dual<u32>,
}

fn in_a_vec() {
    let _ = vec![one(), two()];
}

fn in_branches(first: bool) {
    let _ = if first { one() } else { two() };
}

fn in_a_field() -> Holds {
    Holds { number: one() }
}

fn cloned() {
    let number = one();
    let _ = number.clone();
}

fn of_a_value() {
    let _ = Dual::future(5);
}

fn of_a_closure() {
    let _ = Dual::future(|| 5);
}

fn main() {}
