//! What came of each port.

use std::fmt;

use crate::Result;
use crate::cargo::{Tested, test};
use crate::port::Port;
use crate::ports::PORTS;
use crate::source::Source;

/// A row: a crate before and after.
#[derive(Debug)]
pub struct Row {
    port: &'static Port,
    before: Tested,
    after: Tested,
    both_callers: Tested,
}

/// All rows.
#[derive(Debug)]
pub struct Table(Vec<Row>);

impl Table {
    /// Ports the crates that a function selects.
    pub fn make(is_selected: impl Fn(&Port) -> bool) -> Result<Self> {
        let ports = PORTS.iter().filter(|port| is_selected(port));
        Ok(Table(ports.map(Row::make).collect::<Result<_>>()?))
    }

    /// Returns whether no test is lost, both callers get what they should, and no crate takes more than two lines a function.
    pub fn is_green(&self) -> bool {
        self.0.iter().all(Row::is_green)
    }
}

impl Row {
    fn is_green(&self) -> bool {
        let is_same = !self.before.passed.is_empty() && self.before.passed == self.after.passed;
        let are_both = self.both_callers.failed == 0 && self.both_callers.passed.len() >= 2;
        is_same && are_both && self.port.lines() <= 2 * self.port.functions()
    }

    fn make(port: &'static Port) -> Result<Self> {
        let source = Source::copy(port)?;
        let before = test(&source.folder, port.own_tests)?;
        source.change(port)?;
        Ok(Row {
            port,
            before,
            after: test(&source.folder, port.own_tests)?,
            both_callers: test(
                &source.folder,
                &[&["--test", "both_callers"], port.check_arguments].concat(),
            )?,
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| crate | functions | lines | own tests before | after | both callers | left |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for row in &self.0 {
            let Port {
                name,
                version,
                left,
                ..
            } = row.port;
            let (functions, lines) = (row.port.functions(), row.port.lines());
            let [before, after, both] = [&row.before, &row.after, &row.both_callers].map(count);
            writeln!(
                f,
                "| {name} {version} | {functions} | {lines} | {before} | {after} | {both} | {left} |"
            )?;
        }
        for row in self.0.iter().filter(|row| !row.is_green()) {
            for tested in [&row.before, &row.after, &row.both_callers] {
                writeln!(f, "\n{}:\n{}", row.port.name, tested.end)?;
            }
        }
        Ok(())
    }
}

fn count(tested: &Tested) -> String {
    let passed = tested.passed.len();
    match tested.failed {
        0 => format!("{passed} passed"),
        failed => format!("{passed} passed, {failed} failed"),
    }
}
