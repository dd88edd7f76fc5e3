//! Runs `ask.py`, with the module that cargo has built.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn ask() -> Result<(), Box<dyn Error>> {
    let built = env::current_exe()?.with_file_name("libsmartcall_python.so");
    let folder = tempfile::tempdir()?;
    fs::copy(built, folder.path().join("smartcall_python.so"))?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ask.py");
    // A test that hangs is ended with a trace of all threads.
    let status = Command::new("timeout")
        .args(["--signal=ABRT", "60", "python3", "-X", "faulthandler"])
        .arg(tests)
        .arg("--verbose")
        .env("PYTHONPATH", folder.path())
        .env("RUST_BACKTRACE", "0")
        .status()?;
    assert!(status.success(), "{status}");
    Ok(())
}
