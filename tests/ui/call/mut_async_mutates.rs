//! An async closure that mutates what it captured is no `FnMut`.

use smartcall::{DualOf, SmartCallMut, Work};

fn once<T, K>(mut f: impl SmartCallMut<T, K, (u32,)>) -> DualOf<impl Work<Output = T>> {
    f.invoke_mut_with((5,))
}

fn main() {
    let mut sum = 0;
    once(async |n: u32| sum += n);
}
