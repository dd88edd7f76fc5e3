//! The sync caller: a command-line tool, which gets.

use crate::{Change, Repository};

/// What the tool can be told.
pub const USAGE: &str = "put ITEM N | take ITEM N | count ITEM | journal";

/// Does what a line says, and returns what is to be printed.
///
/// # Errors
///
/// Those of the repository, and a line that says none of [`USAGE`], as a text.
pub fn run<R: Repository>(repository: &R, line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let usage = || format!("say one of: {USAGE}");
    let number = |n: &str| n.parse().map_err(|_| usage());
    let answer = match words[..] {
        ["put", item, n] => repository.put(item, number(n)?).get(),
        ["take", item, n] => repository.take(item, number(n)?).get(),
        ["count", item] => repository.count(item).get(),
        ["journal"] => {
            let changes = repository.journal().get();
            return changes
                .map(|changes| print(&changes))
                .map_err(|error| error.to_string());
        }
        _ => return Err(usage()),
    };
    answer
        .map(|count| count.to_string())
        .map_err(|error| error.to_string())
}

/// Prints a journal: a line for each change.
pub(crate) fn print(changes: &[Change]) -> String {
    changes
        .iter()
        .map(|change| format!("{} {:+} {}\n", change.item, change.by, change.thread))
        .collect()
}
