//! Measures `vigil report` and `vigil certificates` beside DuckDB, Python and jq, over generated audit
//! reports.
//!
//! Both commands count by the readers of audit-report. The function's own run, with rules, successors and
//! digests, has no command line and is not measured here.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use bench::BenchResult;
use bench::run::{Measured, fastest};
use bench::table::{self, Table};
use clap::Parser;
use time::format_description::FormatItem;
use time::{Duration, OffsetDateTime, macros::datetime, macros::format_description};

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

const NOW: OffsetDateTime = datetime!(2026-03-01 0:00 UTC);
const AS_OF: &str = "2026-03-01T00:00:00Z";
const TIME: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+0000");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/report.py");

/// Numbers that a seed determines (Steele and others, SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// One record. In one of fifty, the subject has quotes and letters beyond ASCII.
struct Generated {
    account: &'static str,
    serial: String,
    subject: String,
    times: [String; 3],
    revoked: Option<String>,
}

fn generated(number: u64, of: &mut Numbers) -> BenchResult<Generated> {
    let seconds = |of: &mut Numbers, days: u64| {
        Duration::seconds(i64::try_from(of.below(days * 86_400)).unwrap_or_default())
    };
    let text = |at: OffsetDateTime| at.format(TIME).map_err(|error| error.to_string());
    let issued = NOW - seconds(of, 900);
    let days = [7, 30, 90, 398, 825].get(usize::try_from(of.below(5)).unwrap_or(0));
    let end = issued + Duration::days(*days.unwrap_or(&90));
    let host = of.below(1_000_000);
    let subject = match of.below(50) {
        0 => format!("CN=\"Größe \\ {host}\",O=Ünïcode,C=DE"),
        _ => format!("CN=host-{host}.example.com,OU=Sales,O=Example Company,L=Seattle,C=US"),
    };
    let revoked = (of.below(20) == 0).then(|| text(issued + (NOW - issued) / 2)).transpose()?;
    // No order: multiplied by an odd number, each number is there once.
    let serial =
        format!("{:032x}", u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) << 32 | 7);
    let accounts = ["111122223333", "444455556666", "777788889999"];
    let account = accounts[usize::try_from(of.below(3)).unwrap_or(0)];
    let times = [text(issued - Duration::HOUR)?, text(end)?, text(issued)?];
    Ok(Generated { account, serial, subject, times, revoked })
}

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222-4333-8444-555555555555";
const TEMPLATE: &str = "arn:aws:acm-pca:::template/EndEntityCertificate/V1";

impl Generated {
    fn serial(&self) -> String {
        let pairs = self.serial.as_bytes().chunks(2).map(String::from_utf8_lossy);
        pairs.collect::<Vec<_>>().join(":")
    }

    fn json(&self) -> String {
        let Self { account, serial, subject, times: [begin, end, issued], revoked } = self;
        let subject = serde_json::Value::from(subject.as_str());
        let revoked = revoked.as_ref().map_or_else(String::new, |at| {
            format!(r#","revokedAt":"{at}","revocationReason":"SUPERSEDED""#)
        });
        format!(
            r#"{{"awsAccountId":"{account}","certificateArn":"{CA}/certificate/{serial}","serial":"{}","subject":{subject},"notBefore":"{begin}","notAfter":"{end}","issuedAt":"{issued}"{revoked},"templateArn":"{TEMPLATE}"}}"#,
            self.serial()
        )
    }

    fn csv(&self) -> String {
        let Self { account, serial, subject, times: [begin, end, issued], revoked } = self;
        let subject = subject.replace('"', "\"\"");
        let (at, reason) = match revoked {
            Some(at) => (at.as_str(), "SUPERSEDED"),
            None => ("", ""),
        };
        format!(
            "{account},,{CA}/certificate/{serial},{},\"{subject}\",{begin},{end},{issued},{at},{reason},{TEMPLATE}",
            self.serial()
        )
    }
}

const HEADER: &str = "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,issuedAt,\
                      revokedAt,revocationReason,templateArn";

/// Writes the same records in both forms.
fn write(folder: &Path, name: &str, records: u64) -> BenchResult<()> {
    let create = |form: &str| {
        let file = File::create(folder.join(format!("{name}.{form}")));
        file.map(BufWriter::new).map_err(|error| error.to_string())
    };
    let (mut json, mut csv) = (create("json")?, create("csv")?);
    let mut numbers = Numbers(14);
    let failed = |error: std::io::Error| error.to_string();
    writeln!(csv, "{HEADER}").map_err(failed)?;
    for number in 1..=records {
        let record = generated(number, &mut numbers)?;
        let begin = if number == 1 { "[" } else { ",\n" };
        write!(json, "{begin}{}", record.json()).map_err(failed)?;
        writeln!(csv, "{}", record.csv()).map_err(failed)?;
    }
    writeln!(json, "]").map_err(failed)?;
    json.flush().and_then(|()| csv.flush()).map_err(failed)
}

fn run(options: &Options) -> BenchResult<Table> {
    let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = options.folder.as_deref().unwrap_or(temporary.path());
    let vigil = &options.vigil.canonicalize().map_err(|error| error.to_string())?;
    let python = &std::path::absolute(options.python.join("bin/python"));
    let python = python.as_deref().map_err(|error| error.to_string())?;
    let mut table = Table::default();
    println!("writing audit reports of {} records ...", options.records);
    write(folder, "report", options.records)?;
    let of = |program, arguments: &[&'static str]| Measured {
        program,
        arguments: arguments.to_vec(),
        folder,
        environment: &[],
    };
    for (file, wanted_duckdb, wanted_python) in
        [("report.json", 4.0, 60.0), ("report.csv", 4.0, 80.0)]
    {
        let ours = of(vigil, &["report", file, "--as-of", AS_OF, "--out", "out"]);
        let duckdb = of(python, &[SCRIPT, "duckdb", file]);
        let best = fastest(options.rounds, &[&ours, &duckdb])?;
        faster(
            &mut table,
            &format!("counts of {file} vs DuckDB, one thread"),
            best[0],
            best[1],
            wanted_duckdb,
        );
        let slow = of(python, &[SCRIPT, "python", file]).seconds()?;
        faster(&mut table, &format!("counts of {file} vs Python"), best[0], slow, wanted_python);
    }
    search(options, vigil, folder, &mut table)?;
    for records in [100_000, options.records] {
        write(folder, "size", records)?;
        let counts = of(vigil, &["report", "size.json", "--as-of", AS_OF, "--out", "out"]);
        table.below(
            &format!("peak memory of counts, {records} records"),
            counts.peak()?,
            8.0,
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
