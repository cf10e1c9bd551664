//! Measures audit-report over the report of a CA that has issued a million certificates: from ACM PCA's event
//! to the summary, and the run that writes the page. `make bench` runs it.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use bench::audit_report::{self, Form};
use bench::stack::Stack;
use bench::table::{self, Table};
use bench::{BenchResult, api};
use clap::Parser;
use serde_json::{Value, json};

const ALGORITHM: &str = "SHA256WITHECDSA";
const BUCKET: &str = "bench-reports";
const EVENT: &str = include_str!("../../../infra/events/audit-report-generation.json");
const SCHEDULE: &str = include_str!("../../../infra/events/scheduled.json");

#[derive(Parser)]
struct Options {
    /// vigil-local's binary.
    #[arg(long)]
    stack: PathBuf,
    /// audit-report's binary, built with the profile `function` as it is deployed.
    #[arg(long)]
    function: PathBuf,
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    table::show(run(&Options::parse()).await)
}

async fn run(options: &Options) -> BenchResult<Table> {
    let mut table = Table::default();
    for (name, form) in [("JSON", Form::Json), ("CSV", Form::Csv)] {
        // A stack of its own for each: the page is of one CA then.
        let stack = Stack::start(&options.stack).await?;
        let s3 = client(&stack);
        println!("writing a report of {} records, {name}", options.records);
        let event = reported(&stack, &s3, form, options.records).await?;
        let settings = [("VIGIL_REPORT_BUCKET", BUCKET)];
        let function =
            stack.function("audit-report", Command::new(&options.function), &settings)?;
        println!("analysing it");
        let (analysed, outcome) = function.invoke_for(&event)?;
        let said: Value = serde_json::from_str(&outcome).map_err(|error| error.to_string())?;
        if said["outcome"] != json!("analysed") {
            return Err(format!("the report was not summarised: {outcome}"));
        }
        let (published, _) = function.invoke_for(SCHEDULE)?;
        is_written(&s3).await?;
        let what = format!("{} records, {name}: event to summary", options.records);
        table.below(&what, analysed.as_secs_f64(), 5.0, "s");
        let both = (analysed + published).as_secs_f64();
        table.below("the same and the run that writes the page", both, 5.0, "s");
        table.below("resident at its peak", function.peak_memory()?, 128.0, "MiB");
    }
    Ok(table)
}

fn client(stack: &Stack) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("bench", "local", None, None, "bench"))
        .endpoint_url(stack.endpoint())
        .force_path_style(true)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Has ACM PCA make the report of a new CA, and puts the large one in its place. Gives the event about it.
async fn reported(
    stack: &Stack,
    s3: &aws_sdk_s3::Client,
    form: Form,
    records: u64,
) -> BenchResult<String> {
    let connection = &mut stack.connection();
    let (ca, _) = api::active_root(connection, None, ALGORITHM).await?;
    let format = match form {
        Form::Json => "JSON",
        Form::Csv => "CSV",
    };
    let request = json!({"CertificateAuthorityArn": ca, "S3BucketName": BUCKET, "AuditReportResponseFormat": format});
    let made = api::call(connection, "CreateCertificateAuthorityAuditReport", &request).await?;
    let report = api::text(&made, "AuditReportId")?;
    let request = json!({"CertificateAuthorityArn": ca, "AuditReportId": report});
    // Each call that asks takes it further.
    for _ in 0..100 {
        let asked =
            api::call(connection, "DescribeCertificateAuthorityAuditReport", &request).await?;
        if asked["AuditReportStatus"] == json!("SUCCESS") {
            break;
        }
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("report");
    audit_report::write(&file, form, &ca, records)?;
    put(s3, &api::text(&made, "S3Key")?, &file).await?;
    let mut event: Value = serde_json::from_str(EVENT).map_err(|error| error.to_string())?;
    event["resources"] = json!([ca, report]);
    Ok(event.to_string())
}

async fn put(s3: &aws_sdk_s3::Client, key: &str, file: &Path) -> BenchResult<()> {
    let body = ByteStream::from_path(file).await.map_err(|error| error.to_string())?;
    let sent = s3.put_object().bucket(BUCKET).key(key).body(body).send().await;
    sent.map(|_| ()).map_err(|error| format!("{key}: {:?}", error.into_source()))
}

async fn is_written(s3: &aws_sdk_s3::Client) -> BenchResult<()> {
    let key = "reports/audit-report/latest/report.html";
    let found = s3.head_object().bucket("bench-evidence").key(key).send().await;
    found.map(|_| ()).map_err(|error| format!("no page was written: {:?}", error.into_source()))
}
