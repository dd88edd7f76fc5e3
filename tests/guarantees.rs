//! The sentences of the README's guarantees have tests, which `docs/guarantees.md` names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The sentences and their tests: a file, and the names of functions in it.
fn page() -> BTreeMap<String, Vec<(String, Vec<String>)>> {
    let text = read("docs/guarantees.md");
    let sections = text.split("\n## ").skip(1);
    let section = |section: &str| {
        let (sentence, rest) = section.split_once('\n').expect("something is below");
        let tests = rest.lines().filter_map(|line| line.strip_prefix("- "));
        let test = |line: &str| {
            let (file, names) = line.split_once(": ").unwrap_or((line, ""));
            let names = names.split(", ").filter(|name| !name.is_empty());
            (file.to_owned(), names.map(str::to_owned).collect())
        };
        (sentence.to_owned(), tests.map(test).collect())
    };
    sections.map(section).collect()
}

/// Each sentence of the guarantees is on the page, and none that is not.
#[test]
fn each_sentence_is_on_the_page() {
    let readme = read("README.md");
    let (_, after) = readme.split_once("\n## Guarantees\n").expect("the section");
    let (section, _) = after.split_once("\n## ").expect("the next section");
    let text = section.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut left = text.clone();
    for sentence in page().keys() {
        assert!(
            text.contains(sentence.as_str()),
            "not in the README: {sentence}"
        );
        left = left.replacen(sentence.as_str(), "", 1);
    }
    // What no test can show.
    for rest in [
        "[docs/guarantees.md](docs/guarantees.md) names the tests for each of them.",
        "There are three exceptions:",
        "If the lock's owner waits in a `.get()`, [the runtime stands still](docs/guide/servers.md#get-on-the-threads-of-a-runtime).",
    ] {
        left = left.replacen(rest, "", 1);
    }
    let left = left.replace(['-', ' '], "");
    assert!(left.is_empty(), "not on the page: {left}");
}

/// Each test that the page names exists.
#[test]
fn each_test_exists() {
    for (sentence, tests) in page() {
        for (file, names) in tests {
            let code = read(&file);
            assert!(
                code.contains("#[test]"),
                "{file} has no test for: {sentence}"
            );
            for name in names {
                assert!(
                    code.contains(&format!("\nfn {name}()")),
                    "{file} has no {name}"
                );
            }
        }
    }
}
