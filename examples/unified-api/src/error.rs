use std::error;
use std::fmt;

use crate::item::Rejection;

/// Why an operation failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server has nothing at this path.
    NotFound(String),
    /// The server rejects the draft, for this reason.
    Rejected(Rejection),
    /// The server failed, with this status.
    Failed(u16),
    /// There was no answer: no server listens, the connection broke, or the time was over.
    Unreachable(reqwest::Error),
    /// The answer can't be read.
    Unexpected(reqwest::Error),
}

impl Error {
    /// Returns whether the server failed, so that another attempt may succeed.
    pub fn is_server_failure(&self) -> bool {
        matches!(self, Error::Failed(status) if *status >= 500)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound(path) => write!(f, "nothing is at {path}"),
            Error::Rejected(why) => write!(f, "the {} {}", why.field, why.reason),
            Error::Failed(status) => write!(f, "the server failed with {status}"),
            Error::Unreachable(error) => match error.url() {
                Some(url) => write!(f, "no answer from {url}"),
                None => f.write_str("no answer from the server"),
            },
            Error::Unexpected(_) => f.write_str("an answer that can't be read"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Unreachable(error) | Error::Unexpected(error) => Some(error),
            _ => None,
        }
    }
}
