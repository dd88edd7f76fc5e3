//! Writes the files that the models can't include unchanged: files with exchanged imports, and files with one planted
//! fault.
//!
//! A fault is a piece of text in a file of the crate, and its replacement. Each fault is a module with copies of the model's
//! files, and with a test for each scenario that must fail. If the text is no longer in the file, the build fails: plant the
//! fault in the new text.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

mod faults;

/// A model: a test target.
struct Model {
    name: &'static str,
    /// The files that are copied for each fault: files of the crate, and the model's own.
    sources: &'static [&'static str],
    /// Modules at the model's root that the copies share.
    shared: &'static [&'static str],
    /// The crate's folders, and the modules of the model that belong in them.
    folders: &'static [(&'static str, &'static [&'static str])],
    /// Imports to exchange, with and without a fault.
    exchanges: &'static [Exchange],
}

/// A piece of text that occurs once in a file, and its replacement.
struct Exchange {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// A fault, by the name of the feature that plants it.
struct Fault {
    name: &'static str,
    plant: Exchange,
    caught_by: &'static [Catch],
}

/// A scenario that must fail.
struct Catch {
    model: &'static str,
    scenario: &'static str,
    /// A part of its panic message.
    message: &'static str,
}

fn main() {
    println!("cargo::rerun-if-changed=build");
    // For the crate's files.
    println!("cargo::rustc-cfg=feature=\"executor\"");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    for model in faults::MODELS {
        let mut code = folders(model);
        // Without a fault, only files with exchanged imports are copied.
        let exchanged = |source: &&str| {
            let file = Path::new(source).file_name();
            let mut exchanges = model.exchanges.iter();
            exchanges.any(|exchange| file == Some(exchange.file.as_ref()))
        };
        for source in model.sources.iter().copied().filter(exchanged) {
            copy(model, source, None, &out, &mut code);
        }
        for fault in faults::FAULTS {
            let feature = format!("CARGO_FEATURE_{}", fault.name.to_uppercase());
            let catches = fault.caught_by.iter();
            let catches: Vec<_> = catches.filter(|catch| catch.model == model.name).collect();
            if catches.is_empty() || env::var_os(feature).is_none() {
                continue;
            }
            let mut sources = model.sources.iter();
            assert!(
                sources.any(|source| source.ends_with(fault.plant.file)),
                "{} can't be planted: the model {} has no {}",
                fault.name,
                model.name,
                fault.plant.file,
            );
            let shared = model.shared.join(", ");
            code += &format!("mod {} {{\nuse crate::{{{shared}}};\n", fault.name);
            code += &folders(model);
            for source in model.sources {
                copy(model, source, Some(fault), &out, &mut code);
            }
            for catch in catches {
                code += &format!(
                    "#[test]\n#[should_panic(expected = {:?})]\nfn fails_{}() {{\n\
                     scenarios::{}();\n}}\n",
                    catch.message, catch.scenario, catch.scenario
                );
            }
            code += "}\n";
        }
        let path = out.join(model.name).with_extension("rs");
        fs::write(path, code).expect("cargo's directory can be written to");
    }
}

/// Writes the crate's folders as modules, so that the model's modules have the same paths as in the crate.
fn folders(model: &Model) -> String {
    let folder = |(name, modules): &(&str, &[&str])| {
        let modules = modules.join(", ");
        format!("#[allow(unused_imports)]\nmod {name} {{ pub(crate) use super::{{{modules}}}; }}\n")
    };
    model.folders.iter().map(folder).collect()
}

/// Writes a copy of a file with its exchanges, and its `mod` line.
fn copy(model: &Model, source: &str, fault: Option<&Fault>, out: &Path, code: &mut String) {
    println!("cargo::rerun-if-changed={source}");
    let mut text = fs::read_to_string(source)
        .unwrap_or_else(|error| panic!("the model {} needs {source}: {error}", model.name));
    let file = Path::new(source).file_name().expect("a file");
    let planted = fault.map(|fault| &fault.plant);
    for exchange in model.exchanges.iter().chain(planted) {
        if file != exchange.file {
            continue;
        }
        assert_eq!(
            text.matches(exchange.from).count(),
            1,
            "{source} should have this text once, to plant {} in it:\n{}",
            fault.map_or("other imports", |fault| fault.name),
            exchange.from,
        );
        text = text.replacen(exchange.from, exchange.to, 1);
    }
    let mut dir = out.join(model.name);
    if let Some(fault) = fault {
        // The modules of the context crate are beside those of the crate.
        text = text.replace("smartcall_context::", "crate::");
        text = text.replace("crate::", &format!("crate::{}::", fault.name));
        dir = dir.join(fault.name);
    }
    fs::create_dir_all(&dir).expect("cargo's directory can be written to");
    let path = dir.join(file);
    fs::write(&path, text).expect("cargo's directory can be written to");
    let name = Path::new(file).file_stem().expect("a file");
    // A fault may leave code that is never reached, or not used.
    let allowed = match fault {
        Some(_) => "warnings, clippy::all",
        None => "dead_code, unused_imports",
    };
    *code += &format!(
        "#[path = {path:?}]\n#[allow({allowed})]\npub(crate) mod {};\n",
        name.to_string_lossy()
    );
}
