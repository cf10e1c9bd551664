//! Measures auto-restore: start, memory, undoing a deletion warm and cold, and a sweep of 200 CAs in
//! five Regions. The peer is the same handler in Python with boto3. `make bench` runs it.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use bench::http::Connection;
use bench::lambda::Function;
use bench::stack::Stack;
use bench::table::{self, Table};
use bench::{BenchResult, api};
use clap::Parser;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const ALGORITHM: &str = "SHA256WITHECDSA";
const REGIONS: [&str; 5] = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-south-1"];
const EVENT: &str = include_str!("../../../infra/events/deletion.json");

#[derive(Parser)]
struct Options {
    /// vigil-local's binary.
    #[arg(long)]
    stack: PathBuf,
    /// auto-restore's binary, built with the profile `function` as it is deployed.
    #[arg(long)]
    function: PathBuf,
    /// A virtual environment with boto3; without one the comparison is skipped.
    #[arg(long)]
    python: Option<PathBuf>,
    /// How often each figure is measured; the median is reported.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// CAs of the sweep, over five Regions.
    #[arg(long, default_value_t = 200)]
    cas: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    table::show(run(&Options::parse()).await)
}

/// The account in which CAs are deleted and restored.
struct Account(Stack);

impl Account {
    fn function(&self, command: Command, regions: &str) -> BenchResult<Function> {
        let settings = [("VIGIL_REGIONS", regions), ("VIGIL_SWEEP_SETTLE", "1s")];
        self.0.function("auto-restore", command, &settings)
    }

    /// Deletes a new root CA that was in use. Gives its ARN and the event of its deletion.
    async fn deleted(&self, number: usize) -> BenchResult<(String, String)> {
        let mut connection = self.0.connection();
        let (ca, _) = api::active_root(&mut connection, None, ALGORITHM).await?;
        let disable = json!({"CertificateAuthorityArn": ca, "Status": "DISABLED"});
        api::call(&mut connection, "UpdateCertificateAuthority", &disable).await?;
        let delete = json!({"CertificateAuthorityArn": ca, "PermanentDeletionTimeInDays": 7});
        api::call(&mut connection, "DeleteCertificateAuthority", &delete).await?;
        let described = self.describe(&mut connection, &ca).await?;
        let at = described["LastStateChangeAt"].as_f64().ok_or("no LastStateChangeAt")?;
        let at =
            OffsetDateTime::from_unix_timestamp(at as i64).map_err(|error| error.to_string())?;
        let mut event: Value = serde_json::from_str(EVENT).map_err(|error| error.to_string())?;
        let detail = &mut event["detail"];
        detail["requestParameters"]["certificateAuthorityArn"] = json!(ca);
        detail["eventTime"] = json!(at.format(&Rfc3339).map_err(|error| error.to_string())?);
        detail["eventID"] = json!(format!("bench-{number}"));
        Ok((ca, event.to_string()))
    }

    async fn describe(&self, connection: &mut Connection, ca: &str) -> BenchResult<Value> {
        let of_ca = json!({"CertificateAuthorityArn": ca});
        let described = api::call(connection, "DescribeCertificateAuthority", &of_ca).await?;
        Ok(described["CertificateAuthority"].clone())
    }

    async fn assert_restored(&self, ca: &str) -> BenchResult<()> {
        let status = self.describe(&mut self.0.connection(), ca).await?["Status"].clone();
        if status == "DISABLED" { Ok(()) } else { Err(format!("{ca} is {status}, not restored")) }
    }
}

/// Medians in milliseconds, and MiB.
struct Figures {
    first_poll: f64,
    warm: f64,
    cold: f64,
    memory: f64,
}

async fn run(options: &Options) -> BenchResult<Table> {
    let mut table = Table::default();
    let account = Account(Stack::start(&options.stack).await?);
    let ours = || Command::new(&options.function);
    println!("auto-restore: {} rounds", options.rounds);
    let rust = measure(&account, options.rounds, &ours).await?;
    table.below("start to first poll of the Runtime API", rust.first_poll, 15.0, "ms");
    table.below("deletion undone, warm", rust.warm, 60.0, "ms");
    table.below("deletion undone, cold start included", rust.cold, 150.0, "ms");
    table.below("resident at its peak", rust.memory, 20.0, "MiB");
    if let Some(venv) = &options.python {
        println!("auto-restore in Python");
        let python = venv.join("bin/python");
        let theirs = || {
            let mut command = Command::new(&python);
            command.arg("bench/python/auto_restore.py");
            command
        };
        let rounds = options.rounds.div_ceil(3);
        let python = measure(&account, rounds, &theirs).await?;
        beside(&mut table, "start to first poll", rust.first_poll, python.first_poll, None);
        beside(&mut table, "deletion undone, warm", rust.warm, python.warm, None);
        beside(&mut table, "deletion undone, cold", rust.cold, python.cold, Some(6.0));
        let (ours, theirs) = (rust.memory, python.memory);
        let ratio = format!("{:.1}x", theirs / ours);
        table.row(
            "resident at its peak",
            format!("{ours:.1} MiB"),
            format!("{theirs:.1} MiB"),
            ratio,
        );
    }
    sweep(&account, options, &ours, &mut table).await?;
    Ok(table)
}

/// A time of ours beside Python's.
fn beside(table: &mut Table, what: &str, ours: f64, theirs: f64, wanted: Option<f64>) {
    let ratio = theirs / ours;
    let verdict = match wanted {
        Some(wanted) if ratio >= wanted => format!("{ratio:.1}x faster (wanted {wanted}x: met)"),
        Some(wanted) => format!("{ratio:.1}x faster (wanted {wanted}x: MISSED)"),
        None => format!("{ratio:.1}x faster"),
    };
    let what = format!("{what}, beside Python with boto3");
    table.row(&what, format!("{ours:.1} ms"), format!("{theirs:.1} ms"), verdict);
}

async fn measure(
    account: &Account,
    rounds: usize,
    command: &dyn Fn() -> Command,
) -> BenchResult<Figures> {
    let (mut first_polls, mut cold, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (ca, event) = account.deleted(round).await?;
        let function = account.function(command(), "")?;
        first_polls.push(function.first_poll()?);
        drop(function);
        // As at Lambda, the event is there before the process starts.
        let function = account.function(command(), "")?;
        cold.push(function.invoke_cold(&event)?);
        account.assert_restored(&ca).await?;
    }
    let function = account.function(command(), "")?;
    for round in 0..=rounds {
        let (ca, event) = account.deleted(round).await?;
        let took = function.invoke(&event)?;
        account.assert_restored(&ca).await?;
        // The first invocation is not warm.
        if round > 0 {
            warm.push(took);
        }
    }
    let memory = function.peak_memory()?;
    Ok(Figures { first_poll: median(first_polls), warm: median(warm), cold: median(cold), memory })
}

async fn sweep(
    account: &Account,
    options: &Options,
    command: &dyn Fn() -> Command,
    table: &mut Table,
) -> BenchResult<()> {
    println!("sweeping {} CAs in {} Regions", options.cas, REGIONS.len());
    let mut connection = account.0.connection();
    for number in 0..options.cas {
        let region = REGIONS[number % REGIONS.len()];
        let creation = api::creation(&format!("CA {number}"), None);
        let request = api::request_in(region, "CreateCertificateAuthority", &creation);
        let answer = connection.send(&request).await?;
        if answer.status != 200 {
            return Err(String::from_utf8_lossy(&answer.body).into_owned());
        }
    }
    let function = account.function(command(), &REGIONS.join(","))?;
    let mut sweeps = Vec::new();
    for _ in 0..options.rounds {
        sweeps.push(function.invoke(r#"{"task": "sweep"}"#)?);
    }
    let slowest = sweeps.iter().max().copied().unwrap_or_default();
    let what = format!("sweep of {} CAs in {} Regions, the slowest", options.cas, REGIONS.len());
    table.below(&what, slowest.as_secs_f64(), 3.0, "s");
    Ok(())
}

/// In milliseconds.
fn median(mut durations: Vec<Duration>) -> f64 {
    durations.sort();
    durations.get(durations.len() / 2).map_or(f64::NAN, |middle| middle.as_secs_f64() * 1000.0)
}
