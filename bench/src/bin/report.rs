//! Measures `vigil report` and `vigil certificates` beside DuckDB, Python and jq, over generated audit
//! reports.
//!
//! Both commands read as audit-report does. `vigil report` counts as it does, too, with successors and
//! digests; the rules are judged by the function alone, whose run `analysis` measures.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use bench::BenchResult;
use bench::audit_report::{self, Form};
use bench::run::{Measured, fastest};
use bench::table::{self, Table};
use clap::Parser;

#[derive(Parser)]
struct Options {
    /// The vigil binary.
    #[arg(long)]
    vigil: PathBuf,
    /// The folder of the virtual environment with DuckDB.
    #[arg(long)]
    python: PathBuf,
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// How often each command runs; the fastest run is reported. Peers that take long run once.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The folder to keep the files in; by default they are deleted.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    table::show(run(&Options::parse()))
}

const AS_OF: &str = "2026-03-01T00:00:00Z";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/report.py");

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222-4333-8444-555555555555";

/// The same records in both forms.
fn write_both(folder: &Path, name: &str, records: u64) -> BenchResult<()> {
    audit_report::write(&folder.join(format!("{name}.json")), Form::Json, CA, records)?;
    audit_report::write(&folder.join(format!("{name}.csv")), Form::Csv, CA, records)
}

fn run(options: &Options) -> BenchResult<Table> {
    let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = options.folder.as_deref().unwrap_or(temporary.path());
    let vigil = &options.vigil.canonicalize().map_err(|error| error.to_string())?;
    let python = &std::path::absolute(options.python.join("bin/python"));
    let python = python.as_deref().map_err(|error| error.to_string())?;
    let mut table = Table::default();
    println!("writing audit reports of {} records ...", options.records);
    write_both(folder, "report", options.records)?;
    let of = |program, arguments: &[&'static str]| Measured {
        program,
        arguments: arguments.to_vec(),
        folder,
        environment: &[],
    };
    for (file, wanted_duckdb, wanted_python) in
        [("report.json", 2.0, 60.0), ("report.csv", 2.0, 80.0)]
    {
        let ours = of(vigil, &["report", file, "--as-of", AS_OF, "--out", "out"]);
        let duckdb = of(python, &[SCRIPT, "duckdb", file]);
        let best = fastest(options.rounds, &[&ours, &duckdb])?;
        faster(
            &mut table,
            &format!("summary of {file} vs DuckDB's plain counts, one thread"),
            best[0],
            best[1],
            wanted_duckdb,
        );
        let slow = of(python, &[SCRIPT, "python", file]).seconds()?;
        faster(
            &mut table,
            &format!("summary of {file} vs Python's plain counts"),
            best[0],
            slow,
            wanted_python,
        );
    }
    search(options, vigil, folder, &mut table)?;
    for records in [100_000, options.records] {
        write_both(folder, "size", records)?;
        let counts = of(vigil, &["report", "size.json", "--as-of", AS_OF, "--out", "out"]);
        table.below(
            &format!("peak memory of the summary, {records} records"),
            counts.peak()?,
            48.0,
            "MiB",
        );
    }
    Ok(table)
}

fn search(options: &Options, vigil: &Path, folder: &Path, table: &mut Table) -> BenchResult<()> {
    let arguments =
        vec!["certificates", "report.json", "--subject", "*host-77777*", "--format", "jsonl"];
    let ours = Measured { program: vigil, arguments, folder, environment: &[] };
    let best = fastest(options.rounds, &[&ours])?[0];
    let size = folder.join("report.json").metadata().map_err(|error| error.to_string())?.len();
    let rate = size as f64 / 1e6 / best;
    let verdict = if rate >= 600.0 { "met" } else { "MISSED" };
    table.row(
        "vigil certificates --subject",
        format!("{rate:.0} MB/s"),
        "600 MB/s".to_owned(),
        verdict.to_owned(),
    );
    table.below("its memory", ours.peak()?, 16.0, "MiB");
    let has_jq = Command::new("jq").arg("--version").stdout(Stdio::null()).status().is_ok();
    if has_jq {
        let arguments = vec![".[]|select(.subject|contains(\"host-77777\"))", "report.json"];
        let jq = Measured { program: Path::new("jq"), arguments, folder, environment: &[] };
        faster(table, "the same vs jq", best, jq.seconds()?, 10.0);
    }
    Ok(())
}

fn faster(table: &mut Table, what: &str, ours: f64, theirs: f64, factor: f64) {
    let ratio = theirs / ours;
    let verdict = if ratio >= factor { "met" } else { "MISSED" };
    table.row(
        what,
        format!("{ours:.3} s"),
        format!("{theirs:.3} s"),
        format!("{ratio:.1}x as fast (wanted {factor}x: {verdict})"),
    );
}
