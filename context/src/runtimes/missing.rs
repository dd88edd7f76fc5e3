//! The words for code that needs tokio where no runtime is entered.

use std::any::Any;
use std::io::{self, Write};
use std::panic;

/// Lets a panic go on. If it is tokio's that misses a runtime, a line on stderr says why there is none.
#[cold]
pub(crate) fn pass_on(panic: Box<dyn Any + Send>) -> ! {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let is_missing = text.is_some_and(|text| text.contains("there is no reactor running"));
    if let Some(why) = is_missing.then(why).flatten() {
        let _ = writeln!(
            io::stderr(),
            "smartcall: a `.get()` ran code that needs tokio, and {why}"
        );
    }
    panic::resume_unwind(panic)
}

/// Why a `.get()` entered no runtime, if it is known.
fn why() -> Option<&'static str> {
    #[cfg(feature = "tokio")]
    return (!crate::tokio::ours::is_alive()).then_some(
        "this process was forked: smartcall's runtime is not in it. Fork first, and use smartcall afterwards; or start new \
         processes instead of forking.",
    );
    #[cfg(not(feature = "tokio"))]
    Some(
        "the feature `tokio` of smartcall is off, so that it entered no runtime. In the program's Cargo.toml, write \
         `smartcall = { version = \"0.1\", features = [\"tokio\"] }`.",
    )
}
