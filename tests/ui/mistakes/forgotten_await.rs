//! An `.await` was forgotten.

use smartcall::{Dual, DualOf, Work};

fn load() -> DualOf<impl Work<Output = Result<u32, String>>> {
    Dual::future(async { Ok(5) })
}

fn name() -> DualOf<impl Work<Output = String>> {
    Dual::future(async { String::new() })
}

fn is_there() -> DualOf<impl Work<Output = bool>> {
    Dual::future(async { true })
}

async fn before_unwrap() -> u32 {
    load().unwrap()
}

async fn before_a_question_mark() -> Result<u32, String> {
    Ok(load()?)
}

async fn before_a_method() -> usize {
    name().len()
}

async fn before_a_match() -> u32 {
    match load() {
        Ok(n) => n,
        Err(_) => 0,
    }
}

async fn before_a_sum() -> u32 {
    load().await.unwrap() + Dual::ready(5)
}

async fn in_println() {
    println!("{}", name());
}

async fn in_a_condition() -> u32 {
    if is_there() { 1 } else { 0 }
}

async fn in_a_let() {
    let _name: String = name();
}

fn main() {}
