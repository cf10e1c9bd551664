//! Measures crl-audit: one invocation over as many CAs as an account may have, each with a small CRL.
//! `make bench` runs it.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use bench::http::Connection;
use bench::stack::Stack;
use bench::table::{self, Table};
use bench::{BenchResult, api, bare};
use clap::Parser;
use serde_json::{Value, json};

const ALGORITHM: &str = "SHA256WITHECDSA";
const BUCKET: &str = "bench-crls";
const EVENT: &str = include_str!("../../../infra/events/scheduled.json");

#[derive(Parser)]
struct Options {
    /// vigil-local's binary.
    #[arg(long)]
    stack: PathBuf,
    /// crl-audit's binary, built with the profile `function` as it is deployed.
    #[arg(long)]
    function: PathBuf,
    /// AWS's quota of CAs in an account and Region.
    #[arg(long, default_value_t = 200)]
    cas: usize,
    /// How often they are audited once their certificates are stored; the slowest is reported.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    table::show(run(&Options::parse()).await)
}

async fn run(options: &Options) -> BenchResult<Table> {
    let mut table = Table::default();
    let stack = Stack::start(&options.stack).await?;
    println!("crl-audit: making {} CAs and their CRLs", options.cas);
    make_cas(&mut stack.connection(), options.cas).await?;
    let function = stack.function("crl-audit", Command::new(&options.function), &[])?;
    println!("auditing them");
    let what = format!("{} CAs audited in one invocation", options.cas);
    let mut slowest = 0.0_f64;
    for round in 0..=options.rounds {
        let event = an_hour_later(&mut stack.connection(), round).await?;
        let (took, audit) = function.invoke_for(&event)?;
        is_of_all(&audit, options.cas)?;
        let took = took.as_secs_f64();
        if round == 0 {
            let why = "the certificates are not known yet: 15 are fetched a second".to_owned();
            table.row(&format!("{what}, the first"), format!("{took:.2} s"), String::new(), why);
        } else {
            slowest = slowest.max(took);
        }
    }
    table.below(&what, slowest, 5.0, "s");
    let memory = format!("{:.1} MiB", function.peak_memory()?);
    table.row("resident at its peak", memory, String::new(), String::new());
    Ok(table)
}

/// Creates the CAs, each with a certificate, so that each has a CRL.
async fn make_cas(connection: &mut Connection, count: usize) -> BenchResult<()> {
    let csr = bare::request("www.example.com")?;
    for _ in 0..count {
        let (ca, _) = api::active_root(connection, Some(BUCKET), ALGORITHM).await?;
        let leaf = api::issuance(&ca, &csr, ALGORITHM, "EndEntityCertificate", 1);
        api::call(connection, "IssueCertificate", &leaf).await?;
    }
    Ok(())
}

/// Advances the clock until the CRLs are published. Gives the scheduled event of that hour.
async fn an_hour_later(connection: &mut Connection, round: usize) -> BenchResult<String> {
    let advance = api::plain_request("POST", "/_pca-local/clock/advance", r#"{"seconds": 3600}"#);
    let answer = connection.send(&advance).await?;
    let clock: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    let mut event: Value = serde_json::from_str(EVENT).map_err(|error| error.to_string())?;
    event["id"] = json!(format!("bench-{round}"));
    event["time"] = clock["now"].clone();
    Ok(event.to_string())
}

fn is_of_all(audit: &str, cas: usize) -> BenchResult<()> {
    let said: Value = serde_json::from_str(audit).map_err(|error| error.to_string())?;
    let is_of_all = said["audited"] == json!(cas) && said["continued_from"].is_null();
    if is_of_all { Ok(()) } else { Err(format!("not all were audited: {audit}")) }
}
