//! Measures `vigil crl check` beside a SHA-256 pass over the same file, and beside OpenSSL and Go.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use bench::BenchResult;
use bench::crl_file::{Ca, Order, audit_report, serials};
use bench::run::{Measured, fastest};
use bench::table::{self, Table};
use clap::Parser;

#[derive(Parser)]
struct Options {
    /// The vigil binary.
    #[arg(long)]
    vigil: PathBuf,
    /// The go command; without it, the comparison with Go is skipped.
    #[arg(long)]
    go: Option<PathBuf>,
    #[arg(long, default_value_t = 1_000_000)]
    entries: usize,
    /// How often each command runs; the fastest run is reported.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// The folder to keep the files in; by default they are deleted.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    table::show(run(&Options::parse()))
}

/// Has OpenSSL, and AWS-LC which comes from it, take a processor for one without SHA instructions (bit
/// 29 of EBX, CPUID leaf 7; OpenSSL's manual, OPENSSL_ia32cap). The targets were set on such a machine.
const WITHOUT_SHA: &[(&str, &str)] = &[("OPENSSL_ia32cap", ":~0x20000000")];

fn without_sha<'a>(measured: &Measured<'a>) -> Measured<'a> {
    Measured { environment: WITHOUT_SHA, ..measured.clone() }
}

/// A measurement runs in the folder of its files, by their names.
struct Folder<'a> {
    path: &'a Path,
    vigil: &'a Path,
    ca: Ca,
}

impl<'a> Folder<'a> {
    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn check(&self, crl: &'a str, more: &[&'a str]) -> Measured<'a> {
        let fixed = ["crl", "check", crl, "--issuer", "ca.pem", "--as-of", "2026-03-02T00:00:00Z"];
        let arguments = [&fixed, more].concat();
        Measured { program: self.vigil, arguments, folder: self.path, environment: &[] }
    }

    fn openssl(&self, arguments: &[&'a str]) -> Measured<'a> {
        let arguments = arguments.to_vec();
        Measured { program: Path::new("openssl"), arguments, folder: self.path, environment: &[] }
    }
}

fn run(options: &Options) -> BenchResult<Table> {
    let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = options.folder.as_deref().unwrap_or(temporary.path());
    let vigil = &options.vigil.canonicalize().map_err(|error| error.to_string())?;
    let ca = Ca::create(&path.join("ca.pem"))?;
    let folder = Folder { path, vigil, ca };
    let mut table = Table::default();
    println!("writing CRLs of {} entries ...", options.entries);
    let all = serials(options.entries);
    folder.ca.crl(&folder.file("new.crl"), &all, Order::Random, 2)?;
    time(options, &folder, &mut table)?;
    compare(options, &folder, &all, &mut table)?;
    memory(&folder, &mut table)?;
    memory_compared(&folder, &mut table)?;
    many(options, &folder, &mut table)?;
    Ok(table)
}

fn time(options: &Options, folder: &Folder<'_>, table: &mut Table) -> BenchResult<()> {
    let check = folder.check("new.crl", &[]);
    let digest = folder.openssl(&["dgst", "-sha256", "new.crl"]);
    let verify = ["crl", "-in", "new.crl", "-inform", "DER", "-CAfile", "ca.pem", "-verify"];
    let verify = folder.openssl(&[&verify[..], &["-noout"]].concat());
    let go = options.go.as_deref();
    let go = go.map(|command| build_go(command, &folder.file("go-crl"))).transpose()?;
    let go = go.as_deref().map(|program| Measured {
        program,
        arguments: vec!["new.crl", "ca.pem"],
        folder: folder.path,
        environment: &[],
    });
    let measured: Vec<_> = [&check, &digest, &verify].into_iter().chain(&go).collect();
    let best = fastest(options.rounds, &measured)?;
    at_most(table, "vigil crl check vs openssl dgst -sha256", best[0], best[1], 1.3);
    if cfg!(target_arch = "x86_64") {
        let slow = fastest(options.rounds, &[&without_sha(&check), &without_sha(&digest)])?;
        let what = "the same, SHA instructions turned off";
        at_most(table, what, slow[0], slow[1], 1.3);
    }
    let theirs =
        [("openssl crl -verify", 10.0), ("Go's ParseRevocationList + CheckSignatureFrom", 8.0)];
    for ((name, factor), theirs) in theirs.into_iter().zip(&best[2..]) {
        let ratio = theirs / best[0];
        let verdict = if ratio >= factor { "met" } else { "MISSED" };
        table.row(
            &format!("vigil crl check vs {name}"),
            format!("{:.3} s", best[0]),
            format!("{theirs:.3} s"),
            format!("{ratio:.1}x as fast (wanted {factor}x: {verdict})"),
        );
    }
    Ok(())
}

/// The standard library alone: nothing is fetched.
fn build_go(command: &Path, to: &Path) -> BenchResult<PathBuf> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/go");
    let absolute = |path: &Path| std::path::absolute(path).map_err(|error| error.to_string());
    let (command, to) = (absolute(command)?, absolute(to)?);
    let built = Command::new(command)
        .args(["build", "-o"])
        .arg(&to)
        .arg(".")
        .current_dir(source)
        .envs([("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local"), ("GOPROXY", "off")])
        .status()
        .map_err(|error| error.to_string())?;
    if built.success() { Ok(to) } else { Err(format!("go build: {built}")) }
}

fn compare(
    options: &Options,
    folder: &Folder<'_>,
    all: &[[u8; 16]],
    table: &mut Table,
) -> BenchResult<()> {
    println!("writing an audit report of as many certificates ...");
    folder.ca.crl(&folder.file("old.crl"), all, Order::Random, 1)?;
    audit_report(&folder.file("audit.csv"), all)?;
    let check = folder.check("new.crl", &[]);
    let compared = folder.check("new.crl", &["--previous", "old.crl", "--report", "audit.csv"]);
    let best = fastest(options.rounds, &[&compared, &check])?;
    at_most(table, "with audit report and previous CRL vs without", best[0], best[1], 4.0);
    if cfg!(target_arch = "x86_64") {
        let slow = fastest(options.rounds, &[&without_sha(&compared), &without_sha(&check)])?;
        let what = "the same, SHA instructions turned off";
        at_most(table, what, slow[0], slow[1], 4.0);
    }
    let files = ["dgst", "-sha256", "audit.csv", "new.crl", "old.crl"];
    let digest = folder.openssl(&files);
    let best = fastest(options.rounds, &[&compared, &digest])?;
    at_most(table, "the same vs openssl dgst of the three files", best[0], best[1], 0.6);
    Ok(())
}

/// With audit report and previous CRL: 48 MiB, and 8 octets an entry.
fn memory_compared(folder: &Folder<'_>, table: &mut Table) -> BenchResult<()> {
    for entries in [1_000_000, 2_000_000, 5_000_000] {
        let all = serials(entries);
        folder.ca.crl(&folder.file("size.crl"), &all, Order::Random, 2)?;
        folder.ca.crl(&folder.file("before.crl"), &all, Order::Random, 1)?;
        audit_report(&folder.file("size.csv"), &all)?;
        let compared = ["--previous", "before.crl", "--report", "size.csv"];
        let peak = folder.check("size.crl", &compared).peak()?;
        let bound = 48.0 + entries as f64 * 8.0 / 1024.0 / 1024.0;
        let what = format!("peak memory with a report of {entries} and the previous CRL");
        table.below(&what, peak, bound, "MiB");
    }
    Ok(())
}

/// A folder of a thousand CRLs of some 10 kB.
fn many(options: &Options, folder: &Folder<'_>, table: &mut Table) -> BenchResult<()> {
    const CRLS: usize = 1_000;
    const ENTRIES: usize = 200;
    let all = serials(CRLS * ENTRIES);
    fs::create_dir_all(folder.file("many")).map_err(|error| error.to_string())?;
    for (at, some) in all.chunks(ENTRIES).enumerate() {
        let name = format!("many/{at}.crl");
        folder.ca.crl(&folder.file(&name), some, Order::Random, at as u64 + 1)?;
    }
    let best = fastest(options.rounds, &[&folder.check("many", &[])])?;
    table.below("vigil crl check of a folder of 1,000 CRLs", best[0], 1.0, "s");
    Ok(())
}

/// 48 MiB at a million entries, and 16 bytes an entry beyond.
fn memory(folder: &Folder<'_>, table: &mut Table) -> BenchResult<()> {
    let mut at_a_million = 0.0;
    for entries in [100_000, 1_000_000, 5_000_000] {
        let all = serials(entries);
        for (order, how) in [(Order::Random, "in no order"), (Order::BySerial, "sorted")] {
            folder.ca.crl(&folder.file("size.crl"), &all, order, 1)?;
            let peak = folder.check("size.crl", &[]).peak()?;
            let beyond = entries.saturating_sub(1_000_000) as f64 * 16.0 / 1024.0 / 1024.0;
            let what = format!("peak memory, {entries} entries {how}");
            table.below(&what, peak, 48.0 + beyond, "MiB");
            if order == Order::Random && entries == 1_000_000 {
                at_a_million = peak;
            }
            if order == Order::Random && entries > 1_000_000 {
                let each = (peak - at_a_million) * 1024.0 * 1024.0 / (entries - 1_000_000) as f64;
                table.below("memory for an entry beyond a million", each, 16.0, "B");
            }
        }
    }
    Ok(())
}

fn at_most(table: &mut Table, what: &str, ours: f64, theirs: f64, factor: f64) {
    let ratio = ours / theirs;
    let verdict = if ratio <= factor { "met" } else { "MISSED" };
    table.row(
        what,
        format!("{ours:.3} s"),
        format!("{theirs:.3} s"),
        format!("{ratio:.2}x (at most {factor}x: {verdict})"),
    );
}
