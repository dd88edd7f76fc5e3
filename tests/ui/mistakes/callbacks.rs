//! Callbacks that are lent their argument.

use smartcall::{Dual, DualOf, SmartCall, SmartCallMut, SmartCallRef, Work};

fn lent_to_an_operation<T, K>(
    op: impl for<'a> SmartCall<T, K, (&'a u32,)>,
) -> DualOf<impl Work<Output = T>> {
    Dual::future(async move { op.invoke_with((&5,)).await })
}

fn lent<T, K>(
    mut op: impl for<'a> SmartCallMut<T, K, (&'a mut u32,)>,
) -> DualOf<impl Work<Output = T>> {
    Dual::future(async move { op.invoke_mut_with((&mut 5,)).await })
}

fn looked_at<T, K>(op: impl for<'a> SmartCallRef<T, K, (&'a u32,)>) -> DualOf<impl Work<Output = T>> {
    Dual::future(async move { op.invoke_ref_with((&5,)).await })
}

fn an_operation_is_lent_nothing() {
    lent_to_an_operation(|n: &u32| *n).get();
}

fn without_the_type() {
    lent(|n| *n += 1).get();
}

fn an_async_closure_that_mutates() {
    let mut sum = 0;
    lent(async |n: &mut u32| sum += *n).get();
}

fn mutates_by_reference() {
    let mut sum = 0;
    looked_at(|n: &u32| sum += *n).get();
}

fn main() {}
