//! The figures, side by side.

use std::fmt;
use std::process::ExitCode;

use crate::BenchResult;

/// Rows of results: what, result, compared with, target.
#[derive(Default)]
pub struct Table(Vec<[String; 4]>);

impl Table {
    /// What was measured, ours, the peer's or the bound, and how they compare.
    pub fn row(&mut self, what: &str, ours: String, beside: String, verdict: String) {
        self.0.push([what.to_owned(), ours, beside, verdict]);
    }

    /// A figure of ours that is to stay below a bound.
    pub fn below(&mut self, what: &str, ours: f64, bound: f64, unit: &str) {
        let verdict = if ours < bound { "met" } else { "MISSED" };
        self.row(
            what,
            format!("{ours:.2} {unit}"),
            format!("< {bound} {unit}"),
            verdict.to_owned(),
        );
    }

    /// A rate of ours that is to be `factor` times another's.
    pub fn ratio(&mut self, what: &str, ours: f64, theirs: f64, factor: f64) {
        let ratio = ours / theirs;
        let verdict = if ratio >= factor { "met" } else { "MISSED" };
        self.row(
            what,
            format!("{ours:.0}/s"),
            format!("{theirs:.1}/s"),
            format!("{ratio:.2}x (wanted {factor}x: {verdict})"),
        );
    }
}

/// Prints the table, or the error. Gives the exit code.
#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
pub fn show(outcome: BenchResult<Table>) -> ExitCode {
    match outcome {
        Ok(table) => {
            println!("\n{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max();
        let widths = [0, 1, 2].map(|column| width(column).unwrap_or(0));
        for [what, ours, beside, verdict] in &self.0 {
            let [w, o, b] = widths;
            writeln!(f, "{what:<w$}  {ours:>o$}  {beside:>b$}  {verdict}")?;
        }
        Ok(())
    }
}
