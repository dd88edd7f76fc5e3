//! The sync caller: a command-line tool that uses `.get()`.

use crate::{Change, Repository};

/// The commands of the tool.
pub const USAGE: &str = "put ITEM N | take ITEM N | count ITEM | journal | changes";

/// Runs the command in a line, and returns its output.
///
/// # Errors
///
/// Returns the errors of the repository, and the usage if the line is none of [`USAGE`], as a text.
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
        ["changes"] => {
            let mut lines = String::new();
            for change in repository.changes() {
                lines += &print(&[change.map_err(|error| error.to_string())?]);
            }
            return Ok(lines);
        }
        _ => return Err(usage()),
    };
    answer
        .map(|count| count.to_string())
        .map_err(|error| error.to_string())
}

/// Formats a journal, with one line for each change.
pub(crate) fn print(changes: &[Change]) -> String {
    changes
        .iter()
        .map(|change| format!("{} {:+} {}\n", change.item, change.by, change.thread))
        .collect()
}
