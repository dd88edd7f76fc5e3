//! The source of a crate: fetched by cargo, copied, and changed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::port::Port;

/// A copy of a crate, below `target/`.
#[derive(Debug)]
pub struct Source {
    /// The folder of the copy.
    pub folder: PathBuf,
}

/// Returns the folder of this workspace.
fn root() -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    examples
        .and_then(Path::parent)
        .expect("this is a member")
        .to_owned()
}

/// Returns the folder in which all is made.
pub fn ports() -> PathBuf {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("ports")
}

impl Source {
    /// Copies a crate as it is published.
    pub fn copy(port: &Port) -> Result<Self> {
        let folder = ports().join(format!("{}-{}", port.name, port.version));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        copy(&fetched(port)?, &folder)?;
        // The same versions before and after: a lock that is published is older than what smartcall needs.
        let lock = folder.join("Cargo.lock");
        if lock.exists() {
            fs::remove_file(lock)?;
        }
        let source = Source { folder };
        // It is no member of the workspace in whose folder it stands.
        source.append("Cargo.toml", "\n[workspace]\n")?;
        source.append("Cargo.toml", &dev_dependencies(port.check_dependencies))?;
        Ok(source)
    }

    /// Inserts the lines of a port, and the check.
    pub fn change(&self, port: &Port) -> Result<()> {
        for attribute in port.attributes {
            let path = self.folder.join(attribute.file);
            let text = fs::read_to_string(&path)?;
            let is_place = |line: &&str| line.trim_start().starts_with(attribute.above);
            let places = text.lines().filter(is_place).count();
            if places != 1 {
                let (above, file) = (attribute.above, attribute.file);
                return Err(format!(
                    "{places} lines begin with `{above}` in {file} of {}",
                    port.name
                )
                .into());
            }
            for name in attribute.functions {
                if !text.contains(&format!("async fn {name}")) {
                    let file = attribute.file;
                    return Err(format!("there is no `async fn {name}` in {file}").into());
                }
                let calls = [format!(".{name}("), format!("::{name}(")];
                if !calls.iter().any(|call| port.check.contains(call)) {
                    return Err(format!("the check of {} does not call `{name}`", port.name).into());
                }
            }
            let mut changed = String::new();
            for line in text.lines() {
                if is_place(&line) {
                    let indentation = &line[..line.len() - line.trim_start().len()];
                    changed += &format!("{indentation}{}\n", attribute.line);
                }
                changed += line;
                changed.push('\n');
            }
            fs::write(path, changed)?;
        }
        let dependency = format!(
            "\n[dependencies.smartcall]\npath = {:?}\ndefault-features = false\nfeatures = {:?}\n",
            root(),
            port.features
        );
        self.append("Cargo.toml", &dependency)?;
        fs::create_dir_all(self.folder.join("tests"))?;
        fs::write(self.folder.join("tests/both_callers.rs"), port.check)?;
        // Cargo finds no tests where the published manifest lists them.
        self.append(
            "Cargo.toml",
            "\n[[test]]\nname = \"both_callers\"\npath = \"tests/both_callers.rs\"\n",
        )
    }

    fn append(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.join(file);
        let old = fs::read_to_string(&path)?;
        fs::write(path, old + text)?;
        Ok(())
    }
}

fn dev_dependencies(lines: &[&str]) -> String {
    lines
        .iter()
        .map(|line| format!("\n[dev-dependencies.{line}\n"))
        .collect()
}

/// Has cargo fetch a crate, and returns where it is.
fn fetched(port: &Port) -> Result<PathBuf> {
    let folder = ports().join("fetch").join(port.name);
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    let (name, version) = (port.name, port.version);
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\n[workspace]\n[dependencies]\n{name} = \"={version}\"\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--quiet"])
        .current_dir(&folder)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == name && package["version"] == version)
        .find_map(|package| package["manifest_path"].as_str());
    let manifest = manifest.ok_or_else(|| format!("cargo did not fetch {name}"))?;
    Ok(Path::new(manifest)
        .parent()
        .ok_or("it is in a folder")?
        .to_owned())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::write(to, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
