//! Measures pca-local: issuing beside the bare library and beside moto, a million certificates,
//! memory, and the start. `make bench` runs it.

#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bench::http::Connection;
use bench::process::{Server, processor_seconds};
use bench::table::{self, Table};
use bench::{BenchResult, api, bare, load, s3_sink, stopwatch};
use clap::Parser;
use serde_json::json;

const ALGORITHM: &str = "SHA256WITHECDSA";
/// The default quota of CAs in an account and Region.
const AUTHORITIES: usize = 200;
/// Issuing over HTTP takes turns with the bare library, so that other load affects both.
const TURNS: usize = 10;

#[derive(Parser)]
struct Options {
    /// The pca-local binary.
    #[arg(long)]
    pca_local: PathBuf,
    /// A virtual environment with moto; without one the comparisons with it are left out.
    #[arg(long)]
    moto: Option<PathBuf>,
    #[arg(long, default_value_t = 1_000_000)]
    certificates: usize,
    #[arg(long, default_value_t = 100_000)]
    revoked: usize,
    /// How long each rate is measured.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Connections that issue at the same time.
    #[arg(long, default_value_t = 8)]
    connections: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    table::show(run(&Options::parse()).await)
}

async fn run(options: &Options) -> BenchResult<Table> {
    let mut table = Table::default();
    start(options, &mut table).await?;
    let alone = issue_a_million(options, &IN_MEMORY, &mut table).await?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let data_dir = folder.path().join("data");
    issue_a_million(options, &Keeping::on_disk(&data_dir), &mut table).await?;
    restart(options, &data_dir, &mut table).await?;
    beside_moto(options, alone, &mut table).await?;
    Ok(table)
}

async fn start(options: &Options, table: &mut Table) -> BenchResult<()> {
    let mut took = Vec::new();
    for _ in 0..5 {
        let (_server, start) = Server::pca_local(&options.pca_local, &[]).await?;
        took.push(start.as_secs_f64() * 1000.0);
    }
    took.sort_by(f64::total_cmp);
    table.below("start to first answer (median of 5)", took[2], 50.0, "ms");
    Ok(())
}

/// Where the state is kept, and how much memory that may take.
struct Keeping {
    label: &'static str,
    data_dir: Option<String>,
    mebibytes: f64,
}

const IN_MEMORY: Keeping = Keeping { label: "", data_dir: None, mebibytes: 1024.0 };

impl Keeping {
    fn on_disk(data_dir: &Path) -> Self {
        let data_dir = Some(data_dir.display().to_string());
        Self { label: "--data-dir: ", data_dir, mebibytes: 256.0 }
    }
}

/// Issues, revokes, publishes and reports. Returns the rate of one client.
async fn issue_a_million(
    options: &Options,
    keeping: &Keeping,
    table: &mut Table,
) -> BenchResult<f64> {
    let Keeping { label, data_dir, mebibytes } = keeping;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let s3 = format!("http://{}", s3_sink::serve(folder.path()).await?);
    let quotas = write_quotas(folder.path())?;
    let mut arguments = vec!["--s3-endpoint", &s3, "--quotas", &quotas];
    arguments.extend(data_dir.iter().flat_map(|folder| ["--data-dir", folder]));
    let (server, _) = Server::pca_local(&options.pca_local, &arguments).await?;
    let mut connection = Connection::new(&server.address);
    let (ca, certificate) = api::active_root(&mut connection, Some("bench"), ALGORITHM).await?;
    let csr = bare::request("www.example.com")?;
    let body = api::issuance(&ca, &csr, ALGORITHM, "EndEntityCertificate", 1);
    let request = api::request("IssueCertificate", &body);

    println!("issuing {} certificates over HTTP ...", options.certificates);
    let alone = rate(&server.address, &request, options.seconds, 1)?;
    let empty = server.memory()?;
    let mut issued = Vec::with_capacity(options.certificates);
    issue_in_turns(options, &server, &request, &mut issued)?.report(keeping, table);
    if data_dir.is_some() {
        let what = format!("{label}IssueCertificate, one client");
        table.row(&what, format!("{alone:.0}/s"), String::new(), String::new());
    }
    let full = server.memory()?;
    let what = format!("{label}memory with all certificates issued");
    table.below(&what, full.now, *mebibytes, "MiB");
    let each = (full.now - empty.now) * 1024.0 * 1024.0 / issued.len() as f64;
    let what = format!("{label}memory for each of them");
    table.row(&what, format!("{each:.0} B"), String::new(), String::new());

    revoke(options, &server.address, &ca, &issued)?;
    publish_and_report(options, &server, keeping, (&ca, &certificate), folder.path(), table)
        .await?;
    let peak = server.memory()?.peak;
    table.below(&format!("{label}memory at its peak"), peak, *mebibytes, "MiB");
    server.kill().await?;
    Ok(alone)
}

/// The next CRL and an audit report, on a new connection: the server closes an idle one.
async fn publish_and_report(
    options: &Options,
    server: &Server,
    keeping: &Keeping,
    (ca, certificate): (&str, &str),
    folder: &Path,
    table: &mut Table,
) -> BenchResult<()> {
    let label = keeping.label;
    let mut connection = Connection::new(&server.address);
    let advance = api::plain_request("POST", "/_pca-local/clock/advance", r#"{"seconds": 1860}"#);
    let watch = stopwatch();
    connection.send(&advance).await?;
    let what = format!("{label}next CRL, {} revoked", options.revoked);
    table.below(&what, watch.elapsed().as_secs_f64(), 3.0, "s");
    let id = ca.rsplit('/').next().unwrap_or_default();
    let crl = s3_sink::file(folder, &format!("crl/{id}.crl"));
    check_crl(&crl, certificate, options.revoked)?;

    let took = report(&mut connection, ca, folder, options.certificates).await?;
    table.below(&format!("{label}audit report of all certificates"), took, 10.0, "s");
    Ok(())
}

/// Raises AWS's quota of a million certificates for a CA with a complete CRL: a few more are issued.
fn write_quotas(folder: &Path) -> BenchResult<String> {
    let file = folder.join("quotas.json");
    let quotas = json!({"certificates-with-complete-crl": 100_000_000}).to_string();
    std::fs::write(&file, quotas).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file.display().to_string())
}

/// The start on the data of a server that was killed.
async fn restart(options: &Options, data_dir: &Path, table: &mut Table) -> BenchResult<()> {
    let data_dir = data_dir.display().to_string();
    let started = Server::pca_local(&options.pca_local, &["--data-dir", &data_dir]).await?;
    let (server, start) = started;
    let what = format!("--data-dir: start with {} certificates", options.certificates);
    table.row(&what, format!("{:.2} s", start.as_secs_f64()), String::new(), String::new());
    table.below("--data-dir: memory after it", server.memory()?.peak, 256.0, "MiB");
    Ok(())
}

/// Calls a second, by clients that each wait for their answers.
fn rate(address: &str, request: &[u8], seconds: f64, clients: usize) -> BenchResult<f64> {
    let watch = stopwatch();
    let mut count = 0_u32;
    let next = || (watch.elapsed().as_secs_f64() < seconds).then_some(Cow::Borrowed(request));
    load::run(address, clients, next, |answer| {
        count += 1;
        if answer.status == 200 { Ok(()) } else { Err(shown(answer)) }
    })?;
    Ok(f64::from(count) / watch.elapsed().as_secs_f64())
}

/// The rates of issuing, beside the bare library.
#[derive(Default)]
struct Rates {
    over_http: f64,
    bare: f64,
    /// Microseconds of processor time for each certificate: the server's, its clients', the bare
    /// library's.
    processor: [f64; 3],
}

impl Rates {
    fn report(&self, keeping: &Keeping, table: &mut Table) {
        let Keeping { label, data_dir, .. } = keeping;
        let Self { over_http, bare, processor: [server, clients, library] } = self;
        let what = format!("{label}IssueCertificate over HTTP vs the bare library");
        match data_dir {
            None => table.ratio(&what, *over_http, *bare, 0.5),
            // Each answer waits for the disk, and concurrent clients share a wait.
            Some(_) => {
                let (ours, theirs) = (format!("{over_http:.0}/s"), format!("{bare:.1}/s"));
                table.row(&what, ours, theirs, format!("{:.2}x", over_http / bare));
            }
        }
        let what = format!("{label}processor time for each: server + clients, bare library");
        let ours = format!("{server:.0} + {clients:.0} us");
        table.row(&what, ours, format!("{library:.0} us"), String::new());
    }
}

/// Issues them all.
fn issue_in_turns(
    options: &Options,
    server: &Server,
    request: &[u8],
    serials: &mut Vec<String>,
) -> BenchResult<Rates> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let seconds = options.seconds * 2.0 / TURNS as f64;
    let mut rates = Rates::default();
    let mut took = 0.0;
    for turn in 1..=TURNS {
        let started = processor_seconds("self")?;
        rates.bare += bare::certificates_per_second(threads, seconds)? / TURNS as f64;
        let (ours, theirs) = (processor_seconds("self")?, server.processor_seconds()?);
        let watch = stopwatch();
        issue(options, &server.address, request, options.certificates * turn / TURNS, serials)?;
        took += watch.elapsed().as_secs_f64();
        rates.processor[0] += server.processor_seconds()? - theirs;
        rates.processor[1] += processor_seconds("self")? - ours;
        rates.processor[2] += ours - started;
    }
    let count = serials.len() as f64;
    rates.over_http = count / took;
    rates.processor[0] *= 1e6 / count;
    rates.processor[1] *= 1e6 / count;
    rates.processor[2] *= 1e6 / (rates.bare * seconds * TURNS as f64);
    Ok(rates)
}

/// Adds the serials of certificates until there are so many.
fn issue(
    options: &Options,
    address: &str,
    request: &[u8],
    until: usize,
    serials: &mut Vec<String>,
) -> BenchResult<()> {
    let mut left = until - serials.len();
    let next = || {
        left = left.checked_sub(1)?;
        Some(Cow::Borrowed(request))
    };
    load::run(address, options.connections, next, |answer| {
        let body = std::str::from_utf8(answer.body).map_err(|error| error.to_string())?;
        let serial = body.split("/certificate/").nth(1).and_then(|rest| rest.get(..32));
        serials.push(serial.ok_or_else(|| shown(answer))?.to_owned());
        Ok(())
    })
}

fn revoke(options: &Options, address: &str, ca: &str, serials: &[String]) -> BenchResult<()> {
    println!("revoking {} ...", options.revoked);
    let step = (serials.len() / options.revoked.max(1)).max(1);
    let mut chosen = serials.iter().step_by(step).take(options.revoked);
    let next = || {
        let body = json!({
            "CertificateAuthorityArn": ca,
            "CertificateSerial": chosen.next()?,
            "RevocationReason": "KEY_COMPROMISE",
        });
        Some(Cow::Owned(api::request("RevokeCertificate", &body)))
    };
    load::run(address, options.connections, next, |answer| {
        if answer.status == 200 { Ok(()) } else { Err(shown(answer)) }
    })
}

fn shown(answer: &load::Answer<'_>) -> String {
    format!("the answer was {}: {}", answer.status, String::from_utf8_lossy(answer.body))
}

/// OpenSSL verifies the CRL and counts its entries.
fn check_crl(crl: &Path, issuer: &str, entries: usize) -> BenchResult<()> {
    let folder = crl.parent().ok_or("a CRL lies in a folder")?;
    std::fs::write(folder.join("ca.pem"), issuer).map_err(|error| error.to_string())?;
    let output = std::process::Command::new("openssl")
        .args(["crl", "-inform", "DER", "-CAfile", "ca.pem", "-noout", "-text", "-in"])
        .arg(crl)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("openssl: {error}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let listed = String::from_utf8_lossy(&output.stdout).matches("Serial Number: ").count();
    if !complaint.contains("verify OK") || listed != entries {
        return Err(format!("the CRL lists {listed} of {entries} entries: {complaint}"));
    }
    Ok(())
}

async fn report(
    connection: &mut Connection,
    ca: &str,
    folder: &Path,
    certificates: usize,
) -> BenchResult<f64> {
    println!("writing the audit report ...");
    let wanted = json!({
        "CertificateAuthorityArn": ca,
        "S3BucketName": "bench",
        "AuditReportResponseFormat": "JSON",
    });
    let watch = stopwatch();
    let created = api::call(connection, "CreateCertificateAuthorityAuditReport", &wanted).await?;
    let key = api::text(&created, "S3Key")?;
    let described = json!({
        "CertificateAuthorityArn": ca,
        "AuditReportId": api::text(&created, "AuditReportId")?,
    });
    let operation = "DescribeCertificateAuthorityAuditReport";
    loop {
        match api::text(&api::call(connection, operation, &described).await?, "AuditReportStatus")?
            .as_str()
        {
            "SUCCESS" => break,
            "FAILED" => return Err("the audit report failed".to_owned()),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    let took = watch.elapsed().as_secs_f64();
    let text = std::fs::read(s3_sink::file(folder, &key)).map_err(|error| error.to_string())?;
    let records = text.windows(14).filter(|window| window == b"\"awsAccountId\"").count();
    // The root's own certificate and those of the single client are in it too.
    if records <= certificates || text.last() != Some(&b']') {
        return Err(format!("the audit report holds {records} of {certificates} certificates"));
    }
    Ok(took)
}

async fn beside_moto(options: &Options, alone: f64, table: &mut Table) -> BenchResult<()> {
    let Some(venv) = &options.moto else {
        println!("no --moto: skipping the comparison with moto");
        return Ok(());
    };
    println!("measuring moto, and {AUTHORITIES} CAs in both ...");
    let moto = Server::moto(venv).await?;
    let (ours, _) = Server::pca_local(&options.pca_local, &[]).await?;
    // moto's CAs have RSA keys, whatever is asked for, and it signs with SHA-512.
    let theirs = measure(options, &moto.address, "SHA512WITHRSA").await?;
    let ours = measure(options, &ours.address, ALGORITHM).await?;
    table.ratio("IssueCertificate vs moto, one client", alone.max(ours[0]), theirs[0], 200.0);
    table.ratio("DescribeCertificateAuthority vs moto", ours[1], theirs[1], 50.0);
    let what = format!("ListCertificateAuthorities, {AUTHORITIES} CAs, vs moto");
    table.ratio(&what, ours[2], theirs[2], 50.0);
    Ok(())
}

/// Calls a second: IssueCertificate of one client, DescribeCertificateAuthority and
/// ListCertificateAuthorities (one page of 100) of several.
async fn measure(options: &Options, address: &str, algorithm: &str) -> BenchResult<[f64; 3]> {
    let mut connection = Connection::new(address);
    let (ca, _) = api::active_root(&mut connection, None, algorithm).await?;
    for number in 1..AUTHORITIES {
        let creation = api::creation(&format!("CA {number}"), None);
        api::call(&mut connection, "CreateCertificateAuthority", &creation).await?;
    }
    let csr = bare::request("www.example.com")?;
    let issuance = api::issuance(&ca, &csr, algorithm, "EndEntityCertificate", 1);
    let of_ca = json!({"CertificateAuthorityArn": ca});
    let clients = options.connections;
    let mut rates = [0.0; 3];
    for (rate_of, (operation, body, clients)) in rates.iter_mut().zip([
        ("IssueCertificate", issuance, 1),
        ("DescribeCertificateAuthority", of_ca, clients),
        ("ListCertificateAuthorities", json!({}), clients),
    ]) {
        let request = api::request(operation, &body);
        *rate_of = rate(address, &request, options.seconds, clients)?;
    }
    Ok(rates)
}
