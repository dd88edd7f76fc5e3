//! How much longer a crate with `#[smart]` functions takes to compile than a crate with bare async functions:
//! `cargo bench --bench compile`.
//!
//! Two crates are written below the target directory, which differ only in the attribute, and are built in turn.
//! Their dependencies are built beforehand.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How many functions each crate has.
const FUNCTIONS: usize = 300;

/// How often each crate is built.
const ROUNDS: usize = 9;

fn main() {
    let test = env::args().any(|flag| flag == "--test");
    let (functions, rounds) = if test { (3, 1) } else { (FUNCTIONS, ROUNDS) };
    for (what, command, used) in [
        ("cargo check", "check", false),
        ("cargo build", "build", false),
        ("cargo build, each awaited and boxed", "build", true),
    ] {
        let [bare, smart] = [("bare", ""), ("smart", "#[smartcall::smart] ")]
            .map(|(name, attribute)| write_crate(name, attribute, functions, used));
        let build = |dir: &PathBuf| time(dir, command);
        // The first round builds the dependencies.
        let mut times: Vec<_> = (0..=rounds)
            .map(|_| (build(&bare), build(&smart)))
            .skip(1)
            .collect();
        times.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        let median = times[times.len() / 2];
        println!(
            "{what}, {functions} functions: bare {:.2?}, #[smart] {:.2?}, ratio {:.2}",
            median.0,
            median.1,
            ratio(&median),
        );
    }
}

fn ratio((bare, smart): &(Duration, Duration)) -> f64 {
    smart.as_secs_f64() / bare.as_secs_f64()
}

/// Writes a crate with many functions, and returns its directory.
///
/// Each function awaits the one before it, except for every tenth. Async functions that are not called are only
/// type-checked. With `used`, each is boxed once, so that code is generated for it.
fn write_crate(name: &str, attribute: &str, functions: usize, used: bool) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("compile-{name}"));
    fs::create_dir_all(dir.join("src")).expect("the target directory can be written to");
    let manifest = format!(
        "[package]\nname = \"compile-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nsmartcall = {{ path = {:?} }}\n\n[workspace]\n",
        env!("CARGO_MANIFEST_DIR"),
    );
    let mut code =
        String::from("#![allow(unused_imports)]\nuse std::future::Future;\nuse std::pin::Pin;\n");
    for i in 0..functions {
        let before = match i {
            0 => "std::future::ready(Ok::<u64, std::num::ParseIntError>(1)).await?".into(),
            i if i % 10 == 0 => "1".into(),
            i => format!("f{}(text, 1).await?", i - 1),
        };
        write!(
            code,
            "\n{attribute}pub async fn f{i}(text: &str, n: u64) -> Result<u64, std::num::ParseIntError> {{\n    \
                 let parsed: u64 = text.parse()?;\n    \
                 let before = {before};\n    \
                 Ok(parsed + before + n)\n\
             }}\n",
        )
        .expect("a string can be written to");
        if used {
            write!(
                code,
                "pub fn boxed{i}(text: &str) -> Pin<Box<dyn Future<Output = Result<u64, std::num::ParseIntError>> + Send + '_>> {{\n    \
                     Box::pin(f{i}(text, {i}))\n\
                 }}\n",
            )
            .expect("a string can be written to");
        }
    }
    // The locked versions, if this is a checkout.
    let _ = fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"),
        dir.join("Cargo.lock"),
    );
    fs::write(dir.join("Cargo.toml"), manifest).expect("the manifest can be written");
    fs::write(dir.join("src/lib.rs"), code).expect("the code can be written");
    dir
}

/// Builds a crate without its dependencies, and returns how long that took.
fn time(dir: &Path, command: &str) -> Duration {
    let code = dir.join("src/lib.rs");
    let text = fs::read(&code).expect("it was written");
    fs::write(&code, text).expect("it can be written again");
    let start = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args([command, "--quiet", "--offline"])
        .current_dir(dir)
        .env("CARGO_INCREMENTAL", "0")
        .status()
        .expect("cargo runs");
    let time = start.elapsed();
    assert!(status.success(), "{} does not compile", dir.display());
    time
}
