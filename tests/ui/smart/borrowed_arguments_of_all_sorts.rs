//! Take the arguments by value: each of them is named. Those that borrow nothing are not.

use std::borrow::Cow;

use smartcall::smart;

struct Client;

impl Client {
    #[smart]
    fn send<'a>(
        &mut self,
        text: Cow<'_, str>,
        (a, b): (&'a str, u32),
        parts: impl Iterator<Item = u32> + 'a,
        fixed: &'static str,
        call: fn(&str) -> &str,
        each: Box<dyn for<'b> Fn(&'b str) -> &'b str + Send>,
    ) {
    }
}

fn main() {}
