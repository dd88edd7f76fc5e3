//! Shared test code.

#![allow(dead_code, unreachable_pub, reason = "no test file uses all of it")]

#[path = "../../../common/limit.rs"]
mod limit;
pub use limit::limit;

/// A query of the numbers from 1 to 1000. No stream reads so many ahead.
pub const NUMBERS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n";

/// A query that doesn't end.
pub const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// Makes a table of texts.
pub const TEXTS: &str = "CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";

/// Puts a text into the table.
pub const INSERT: &str = "INSERT INTO texts (text) VALUES (?1)";

/// Counts the texts.
pub const COUNT: &str = "SELECT count(*) FROM texts";
