use std::error;
use std::fmt;

/// Why a repository did not do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is less than was to be taken.
    TooFew {
        /// What there is.
        count: u32,
    },
    /// There would be more than can be counted.
    TooMany {
        /// What there is.
        count: u32,
    },
    /// The thread that has the connection is gone.
    Gone,
    /// SQLite says so.
    Sqlite(rusqlite::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TooFew { count } => write!(f, "too few: there are {count}"),
            Error::TooMany { count } => write!(f, "too many: there are {count}"),
            Error::Gone => write!(f, "the thread of the connection is gone"),
            Error::Sqlite(error) => write!(f, "the database failed: {error}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Sqlite(error) => Some(error),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Sqlite(error)
    }
}

impl From<tokio_rusqlite::Error<Error>> for Error {
    fn from(error: tokio_rusqlite::Error<Error>) -> Self {
        match error {
            tokio_rusqlite::Error::Error(error) => error,
            tokio_rusqlite::Error::Close((_, error)) => Error::Sqlite(error),
            _ => Error::Gone,
        }
    }
}
