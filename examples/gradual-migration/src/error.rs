use std::error;
use std::fmt;

/// Why an operation of a repository failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There are too few of the item.
    TooFew {
        /// The current count.
        count: u32,
    },
    /// The new count would be too large.
    TooMany {
        /// The current count.
        count: u32,
    },
    /// The thread that owns the connection is gone.
    Gone,
    /// An error of SQLite.
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
