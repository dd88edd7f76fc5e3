//! The Python module: each function of the library, for callers that block, and for those that await.

mod ask;

use std::time::Duration;

use pyo3::prelude::*;
use smartcall::{Dual, Work};

/// How often a thread that waits lets Python handle signals, such as that of Ctrl-C.
const SIGNALS: Duration = Duration::from_millis(50);

/// Waits for a value. Other threads of Python run meanwhile. If a signal raises an exception, the work is given up.
fn wait<T, W>(py: Python<'_>, mut dual: Dual<T, W>) -> PyResult<T>
where
    T: Send,
    W: Work<Output = T> + Send,
{
    loop {
        match py.detach(|| dual.get_timeout(SIGNALS)) {
            Ok(value) => return Ok(value),
            Err(later) => dual = later,
        }
        py.check_signals()?;
    }
}

/// Functions that ask a server.
#[pymodule]
mod smartcall_python {
    use super::*;

    /// Sends a line to a server, and returns the line that it answers. It blocks.
    #[pyfunction]
    fn ask(py: Python<'_>, server: &str, line: &str) -> PyResult<String> {
        Ok(wait(py, super::ask::ask(server, line))??)
    }

    /// Sends a line to a server, and returns the line that it answers, as a coroutine.
    #[pyfunction]
    async fn ask_async(server: String, line: String) -> PyResult<String> {
        Ok(super::ask::ask(&server, &line).await?)
    }
}
