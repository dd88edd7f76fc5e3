//! Callables that are no operations, or operations that are no callables.

use smartcall::{Dual, DualOf, SmartCall, SmartCallOnce, SmartFn, Work};

fn once<T, K>(op: impl SmartCall<T, K>) -> DualOf<impl Work<Output = T>> {
    op.invoke()
}

fn length<T, K>(op: impl SmartCall<T, K, (String,)>) -> DualOf<impl Work<Output = T>> {
    op.invoke_with((String::new(),))
}

fn moves_its_capture() {
    let name = String::new();
    once(move || name).get();
}

fn mutates_its_capture() {
    let mut calls = 0;
    once(move || calls += 1).get();
}

fn of_two_arguments() {
    length(|a: String, b: String| a.len() + b.len()).get();
}

fn a_generic_reference<K>(op: impl SmartCall<u32, K>) {
    once(&op).get();
}

fn behind_dyn(op: Box<dyn SmartCall<u32, smartcall::kind::Sync>>) {
    let _ = op;
}

fn a_step_with_an_rc() {
    let here = std::rc::Rc::new(5);
    Dual::ready(5).then(move |n| n + *here).get();
}

fn erased_with_a_borrow(text: &str) -> SmartFn<usize> {
    SmartFn::new(move || text.len())
}

fn once_with_an_rc<K>(run: impl Fn(Box<dyn Fn()>)) {
    let here = std::rc::Rc::new(5);
    let _ = SmartCallOnce::invoke_once(move || *here);
    let _ = run;
}

fn main() {}
