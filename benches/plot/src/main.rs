//! Measures the scoreboard and writes it into the documents: `cargo run -p smartcall-plot`.
//!
//! `cargo run -p smartcall-plot -- --again` uses the last measurement. The table goes into BENCHMARKS.md, between the
//! lines that mark its place, and the plot into docs/scoreboard.svg.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use plotters::prelude::*;
use serde::Deserialize;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A row of the scoreboard.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    what: String,
    ours_ns: f64,
    limit: Option<Limit>,
    peers: BTreeMap<String, f64>,
    ratio_to_best_peer: Option<f64>,
    ratio_to_limit: Option<f64>,
}

/// The limit that can't be beaten: the work itself, without what is measured.
#[derive(Debug, Deserialize)]
struct Limit {
    name: String,
    ns: f64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("smartcall-plot: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if !env::args().any(|flag| flag == "--again") {
        let status = Command::new(env!("CARGO"))
            .args(["bench", "--bench", "scoreboard"])
            .current_dir(&root)
            .status()?;
        if !status.success() {
            return Err("the scoreboard could not be measured".into());
        }
    }
    let rows = read(&root)?;
    let path = root.join("BENCHMARKS.md");
    let text = fs::read_to_string(&path)?;
    let text = replace(&text, &table(&rows)).ok_or_else(|| {
        format!("BENCHMARKS.md has no lines {BEGIN:?} and {END:?}: they mark the table's place")
    })?;
    fs::write(path, text)?;
    plot(&rows, &root.join("docs/scoreboard.svg"))?;
    println!(
        "{} rows are in BENCHMARKS.md and docs/scoreboard.svg",
        rows.len()
    );
    Ok(())
}

fn read(root: &Path) -> Result<Vec<Row>> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let path = root.join(target).join("scoreboard.json");
    let json = fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}; run it without --again first", path.display()))?;
    Ok(serde_json::from_str(&json)?)
}

const BEGIN: &str = "<!-- scoreboard -->";
const END: &str = "<!-- end of scoreboard -->";

/// Replaces the text between the two lines.
fn replace(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

/// How far a row may be above its limit, and above its fastest peer, without a mark.
fn targets(id: &str) -> (Option<f64>, Option<f64>) {
    match id.split('.').next() {
        Some("P1") => (Some(1.25), None),
        Some("P3" | "P10") => (Some(1.05), None),
        Some("P4") => (Some(1.4), None),
        Some("P5" | "P7") => (None, Some(1.05)),
        Some("P11") => (Some(1.05), None),
        Some("P6") if id == "P6" => (None, Some(0.01)),
        Some("P8" | "P9" | "P12") => (None, Some(1.0)),
        Some("P15") if id != "P15.4" => (None, Some(0.6)),
        Some("P17") => (None, Some(2.0)),
        _ => (None, None),
    }
}

impl Row {
    fn falls_short(&self) -> bool {
        let (limit, peer) = targets(&self.id);
        let above = |ratio: Option<f64>, target: Option<f64>| {
            ratio
                .zip(target)
                .is_some_and(|(ratio, target)| ratio > target)
        };
        above(self.ratio_to_limit, limit) || above(self.ratio_to_best_peer, peer)
    }

    fn best_peer(&self) -> Option<(&str, f64)> {
        let peers = self.peers.iter().map(|(name, ns)| (name.as_str(), *ns));
        peers.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| | | ours | limit | × | fastest peer | × | |\n|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let limit = row
            .limit
            .as_ref()
            .map(|limit| (limit.name.as_str(), limit.ns));
        let named = |named: Option<(&str, f64)>| {
            named.map_or(String::new(), |(name, ns)| format!("{name} {}", time(ns)))
        };
        let ratio = |ratio: Option<f64>| ratio.map_or(String::new(), |ratio| format!("{ratio:.3}"));
        table += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            row.id,
            row.what,
            time(row.ours_ns),
            named(limit),
            ratio(row.ratio_to_limit),
            named(row.best_peer()),
            ratio(row.ratio_to_best_peer),
            if row.falls_short() { "falls short" } else { "" },
        );
    }
    table
}

/// Formats a time in a fitting unit.
fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.1} µs", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}

/// Draws one bar for each ratio, on a logarithmic scale. A bar that ends left of the line is ahead.
fn plot(rows: &[Row], path: &Path) -> Result<()> {
    let bars: Vec<_> = rows
        .iter()
        .flat_map(|row| {
            let limit = row.limit.as_ref().map(|limit| limit.name.as_str());
            let peer = row.best_peer().map(|(name, _)| name);
            [
                (row, limit, row.ratio_to_limit, BLACK.mix(0.5)),
                (row, peer, row.ratio_to_best_peer, BLUE.mix(0.7)),
            ]
        })
        .filter_map(|(row, name, ratio, color)| {
            let label = format!("{}: {}, to {}", row.id, row.what, name?);
            Some((label, ratio?, color))
        })
        .collect();
    let height = 24 * u32::try_from(bars.len())? + 60;
    let area = SVGBackend::new(path, (1100, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, width) = (560, 500.0);
    // The scale reaches from 1/1,000 to 100 times.
    let x = |ratio: f64| {
        let share = (ratio.clamp(1e-3, 1e2).log10() + 3.0) / 5.0;
        left + (share * width) as i32
    };
    let text = ("sans-serif", 14).into_font();
    for tick in [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2] {
        let line = [(x(tick), 30), (x(tick), i32::try_from(height)? - 20)];
        let color = if tick == 1.0 {
            RED.mix(0.8)
        } else {
            BLACK.mix(0.2)
        };
        area.draw(&PathElement::new(line, color))?;
        area.draw(&Text::new(
            format!("{tick}×"),
            (x(tick) - 12, 10),
            text.clone(),
        ))?;
    }
    for ((label, ratio, color), i) in bars.iter().zip(0..) {
        let top = 36 + 24 * i;
        let (from, to) = (x(1.0).min(x(*ratio)), x(1.0).max(x(*ratio)).max(x(1.0) + 1));
        area.draw(&Rectangle::new(
            [(from, top), (to, top + 16)],
            color.filled(),
        ))?;
        area.draw(&Text::new(label.clone(), (8, top + 2), text.clone()))?;
        area.draw(&Text::new(
            format!("{ratio:.3}"),
            (to + 6, top + 2),
            text.clone(),
        ))?;
    }
    area.present()?;
    Ok(())
}
