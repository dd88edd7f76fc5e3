//! The words for code that needs tokio, where the feature is off.

use std::any::Any;
use std::io::{self, Write};
use std::panic;

/// Lets a panic go on. If it is tokio's that misses a runtime, a line on stderr says what helps.
#[cold]
pub(crate) fn pass_on(panic: Box<dyn Any + Send>) -> ! {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    if text.is_some_and(|text| text.contains("there is no reactor running")) {
        let _ = writeln!(
            io::stderr(),
            "smartcall: a `.get()` ran code that needs tokio, and the feature `tokio` of smartcall is off, so that it \
             entered no runtime. In the program's Cargo.toml, write `smartcall = {{ version = \"0.1\", features = \
             [\"tokio\"] }}`."
        );
    }
    panic::resume_unwind(panic)
}
