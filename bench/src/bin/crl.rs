//! `vigil crl check`, measured beside one pass of SHA-256 over the same file and beside OpenSSL's
//! own reading of it.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench::Outcome;
use bench::crl_file::{Ca, Order, audit_report, serials};
use bench::run::{Measured, fastest};
use bench::table::Table;
use clap::Parser;

#[derive(Parser)]
struct Options {
    /// The vigil binary.
    #[arg(long)]
    vigil: PathBuf,
    #[arg(long, default_value_t = 1_000_000)]
    entries: usize,
    /// How often each command runs; the fastest counts.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Where to write the files, and leave them; by default they go.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
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
        Measured { program: self.vigil, arguments, folder: self.path }
    }

    fn openssl(&self, arguments: &[&'a str]) -> Measured<'a> {
        let arguments = arguments.to_vec();
        Measured { program: Path::new("openssl"), arguments, folder: self.path }
    }
}

fn run(options: &Options) -> Outcome<Table> {
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
    Ok(table)
}

fn time(options: &Options, folder: &Folder<'_>, table: &mut Table) -> Outcome<()> {
    let check = folder.check("new.crl", &[]);
    let digest = folder.openssl(&["dgst", "-sha256", "new.crl"]);
    let verify = ["crl", "-in", "new.crl", "-inform", "DER", "-CAfile", "ca.pem", "-verify"];
    let verify = folder.openssl(&[&verify[..], &["-noout"]].concat());
    let best = fastest(options.rounds, &[&check, &digest, &verify])?;
    at_most(table, "vigil crl check vs openssl dgst -sha256", best[0], best[1], 1.3);
    let ratio = best[2] / best[0];
    let verdict = if ratio >= 10.0 { "met" } else { "MISSED" };
    table.row(
        "vigil crl check vs openssl crl -verify",
        format!("{:.3} s", best[0]),
        format!("{:.3} s", best[2]),
        format!("{ratio:.1}x as fast (wanted 10x: {verdict})"),
    );
    Ok(())
}

fn compare(
    options: &Options,
    folder: &Folder<'_>,
    all: &[[u8; 16]],
    table: &mut Table,
) -> Outcome<()> {
    println!("writing an audit report of as many certificates ...");
    folder.ca.crl(&folder.file("old.crl"), &all[..all.len() - 1], Order::Random, 1)?;
    audit_report(&folder.file("audit.csv"), all)?;
    let check = folder.check("new.crl", &[]);
    let compared = folder.check("new.crl", &["--previous", "old.crl", "--report", "audit.csv"]);
    let best = fastest(options.rounds, &[&compared, &check])?;
    at_most(table, "with audit report and previous CRL vs without", best[0], best[1], 4.0);
    table.row("its memory", format!("{:.1} MiB", compared.peak()?), String::new(), String::new());
    Ok(())
}

/// 48 MiB at a million entries, and 16 bytes an entry beyond.
fn memory(folder: &Folder<'_>, table: &mut Table) -> Outcome<()> {
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
                table.below("memory for an entry beyond a million", each, 16.05, "B");
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
