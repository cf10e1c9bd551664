//! `pca-local`: the ACM PCA service alone, over HTTP.

mod cli;

use std::{
    io::IsTerminal as _, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc,
    time::Duration,
};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use clap::Parser;
use cli::{
    EventOptions, TlsOptions, chain, print, read,
    stopping::{Signals, Stop},
    stored,
};
use pca_local::{
    AdminToken, Builder, Iam, PcaLocal, Quotas, SERVICE_ACCESS_KEY_ID, Secrets, Seed, Server,
    Timings,
};
use tracing_subscriber::EnvFilter;

/// A faithful AWS Private CA (ACM PCA) service for one machine.
///
/// Point any AWS SDK or the AWS CLI at it, with --endpoint-url or AWS_ENDPOINT_URL_ACM_PCA:
///
///   pca-local &
///   aws --endpoint-url http://127.0.0.1:4567 acm-pca list-certificate-authorities
///
/// Any credentials are accepted without --iam and --verify-signatures; an access key id of twelve
/// digits is the account of the call. State is kept in memory, or in --data-dir.
///
/// In a browser, http://127.0.0.1:4567/_pca-local/ shows CAs, certificates and events, and moves the
/// clock. For programs, below it: GET `health` and `metrics`; GET and PUT `clock`, POST
/// `clock/advance`; GET and PUT `timing`; GET, PUT and DELETE `faults`; GET, POST and DELETE
/// `shares`; GET and PUT `state`; POST `seed`; POST `reset`. docs/pca-local/reference.md has examples of all.
#[derive(Parser)]
#[command(version, verbatim_doc_comment, args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4567", value_name = "ADDR:PORT")]
    listen: String,
    /// Answer to this name in the Host header, and to what is below it; can be given several times.
    /// localhost, 127.0.0.1, [::1], the address of --listen and AWS's own names are allowed anyway.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// What /_pca-local/ asks for, as in `Authorization: Bearer TOKEN`. Without it, a token is made
    /// and printed if --listen is not a loopback address or if --iam is given.
    #[arg(long, env = "PCA_LOCAL_ADMIN_TOKEN", hide_env_values = true, value_name = "TOKEN",
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    admin_token: Option<String>,
    /// S3 endpoint that CRLs and audit reports are written to, as http://HOST:PORT.
    #[arg(long, value_name = "URL")]
    s3_endpoint: Option<String>,
    /// Directory that keeps the state, private keys included; it is created if it does not exist.
    /// Without it the state is in memory and ends with the process.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Region of requests that are not signed for one.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Account of callers whose access key id is not an account number.
    #[arg(long, default_value = "111122223333", value_name = "12 DIGITS")]
    account: String,
    /// How long keys, certificates and audit reports take. `aws`: the first call that asks must
    /// wait (RequestInProgressException, CREATING), and gets it when asking again. `immediate`,
    /// `polls:N` or `seconds:N` of the service's clock. One for all, or as in
    /// `immediate,creation=polls:2,audit-report=seconds:5`.
    #[arg(long, default_value = "aws", value_name = "TIMING")]
    timing: Timings,
    /// Quotas: `off` limits no rates, `aws` has AWS's default rates, anything else is a JSON file
    /// with any of certificate-authorities, certificates, certificates-with-complete-crl,
    /// revoked-certificates-with-complete-crl, tags, and requests-per-second by operation. Quotas
    /// of resources are AWS's unless the file says otherwise. Rates are measured on the service's
    /// clock.
    #[arg(long, default_value = "off", value_name = "off|aws|FILE.json")]
    quotas: String,
    /// Refuse requests that are not signed with the secret `local`, or with the secrets of a JSON
    /// file: {"ACCESS_KEY_ID": "SECRET"}.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "",
          value_name = "FILE.json")]
    verify_signatures: Option<String>,
    /// Create the CAs and certificates of a JSON file that do not exist yet (docs/pca-local/reference.md).
    #[arg(long, value_name = "FILE.json")]
    seed: Option<PathBuf>,
    /// Refuse calls that the caller's policies do not allow: a JSON file of access key ids, each
    /// with its `principal` (an ARN), its `policies` (IAM policy documents), and a `secret` if
    /// signatures are to be verified with it. docs/pca-local/reference.md has an example.
    #[arg(long, value_name = "FILE.json", conflicts_with = "verify_signatures")]
    iam: Option<String>,
    #[command(flatten)]
    events: EventOptions,
    #[command(flatten)]
    tls: TlsOptions,
    /// What to log, as in `info` or `pca_local=debug`.
    #[arg(long, env = "PCA_LOCAL_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print all of the state in a data directory, private keys included, as JSON Lines.
    Export {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Replace all of the state in a data directory by an exported one from standard input.
    Import {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Ask a running pca-local whether it can do its work; exit code 1 if not. For containers.
    Health {
        /// Where it listens. Not over TLS.
        #[arg(default_value = "127.0.0.1:4567", value_name = "HOST:PORT")]
        address: String,
    },
    /// Read everything in a data directory, change nothing, and print what is wrong with it.
    Check {
        #[arg(value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Print what can be read of a damaged data directory as a state to import, private keys included.
    /// Standard error says what could not be saved.
    Salvage {
        #[arg(value_name = "DIR")]
        data_dir: PathBuf,
    },
}

fn main() -> ExitCode {
    let options = Options::parse();
    let ended = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let ended = runtime.block_on(run(options));
            // What still waits for a reader of an event pipe has had its time.
            runtime.shutdown_background();
            ended
        }
        Err(error) => {
            Err(format!("the system gives too few threads or open files (ulimit -n): {error}"))
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            last_line(format!("pca-local: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A standard error that is full and not read has a second, as the log's last lines have.
fn last_line(line: String) {
    let (written, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        eprintln!("{line}");
        written.send(())
    });
    let _ = wait.recv_timeout(Duration::from_secs(1));
}

async fn run(options: Options) -> Result<(), String> {
    // Signals end these at once: a directory is as it was before, or as it is to be.
    match &options.command {
        Some(Command::Export { data_dir }) => return stored::export(data_dir).await,
        Some(Command::Import { data_dir }) => return stored::import(data_dir).await,
        Some(Command::Health { address }) => return cli::health(address),
        Some(Command::Check { data_dir }) => return stored::check(data_dir),
        Some(Command::Salvage { data_dir }) => return stored::salvage(data_dir),
        None => {}
    }
    // From here on a signal ends the process in good order, however early it comes.
    let signals = Signals::hear()?;
    let filter = EnvFilter::try_new(&options.log)
        .map_err(|error| format!("--log '{}' is not a filter: {error}", options.log))?;
    // A program that starts this one and does not read its standard error stops nothing: lines are then
    // dropped. At the end, those that are left have a second.
    let (lines, _until_the_end) = tracing_appender::non_blocking(std::io::stderr());
    tracing_subscriber::fmt()
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .with_writer(lines)
        .init();
    let listener = tokio::net::TcpListener::bind(&options.listen)
        .await
        .map_err(|error| cannot_listen(&options.listen, &error))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;

    let token = admin_token(&options, address)?;
    let mut service = configured(&options)?;
    if let Some(token) = &token {
        service = service.admin_token(token.clone());
    }
    let queues = options.events.open(options.data_dir.as_deref()).await?;
    if !queues.is_empty() {
        service = service.events(Arc::new(queues.clone()));
    }
    let service = match &options.data_dir {
        None => service.build(),
        Some(directory) => service.open(directory).map_err(|error| chain(&error))?,
    };
    if let Some(file) = &options.seed {
        let text = read(&file.to_string_lossy(), "--seed")?;
        let seed = Seed::from_json(text.as_bytes());
        let named = |error| format!("--seed {}: {}", file.display(), chain(&error));
        service.plant(&seed.map_err(named)?).await.map_err(named)?;
    }
    let listen = options.listen.rsplit_once(':').map(|(host, _)| host.to_owned());
    let listen = listen.filter(|_| !address.ip().is_unspecified());
    let server = Server::new(listener).allow_hosts(options.allow_host.into_iter().chain(listen));
    let (server, scheme) = options.tls.apply(server, &options.listen)?;
    print(&format!("listening on {scheme}://{address}\n"))?;
    if let Some(token) = token.filter(|_| options.admin_token.is_none()) {
        print(&format!("token for /_pca-local/: {}\n", token.reveal()))?;
    }

    let timeline = service.timeline().clone();
    let stop = Stop::default();
    tokio::select! {
        () = server.serve(service.router(), stop.at(signals)) => {}
        () = timeline.follow() => {}
    }
    stop.waited("for open connections");
    let closed = service.close().map_err(|error| chain(&error));
    if let Err(error) = &closed {
        tracing::warn!(error, "the state is not one file");
    }
    stop.waited("for the data directory");
    for queue in queues {
        queue.finish().await;
    }
    stop.waited("for events to be delivered");
    closed
}

/// The service as the options want it, except for its token, its events and where its state is.
fn configured(options: &Options) -> Result<Builder, String> {
    let mut service = PcaLocal::builder()
        .region(&options.region)
        .account(&options.account)
        .quotas(quotas(&options.quotas)?)
        .timings(options.timing);
    if let Some(file) = &options.verify_signatures {
        service = service.verify_signatures(secrets(file)?);
    }
    if let Some(file) = &options.iam {
        let (iam, secrets) = Iam::from_json(&read(file, "--iam")?)
            .map_err(|error| format!("--iam {file}: {}", chain(&error)))?;
        service = service.iam(iam);
        if let Some(secrets) = secrets {
            service = service.verify_signatures(secrets);
        }
    }
    if let Some(endpoint) = &options.s3_endpoint {
        service = service.s3(s3(endpoint, &options.region));
    }
    Ok(service)
}

/// Why not, and what to do about it.
fn cannot_listen(address: &str, error: &std::io::Error) -> String {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another process does: stop it, or choose another --listen \
                                          (port 0 is any that is free)"
                .to_owned()
        }
        _ => error.to_string(),
    };
    format!("cannot listen on {address}: {why}")
}

/// The token that was given, or one that is needed because others can reach the listener, or have
/// access keys.
fn admin_token(options: &Options, address: SocketAddr) -> Result<Option<AdminToken>, String> {
    match &options.admin_token {
        Some(token) => Ok(Some(AdminToken::new(token.as_str()))),
        None if address.ip().is_loopback() && options.iam.is_none() => Ok(None),
        None => match AdminToken::random() {
            Some(token) => Ok(Some(token)),
            None => Err("the system gave no random bytes for a token".to_owned()),
        },
    }
}

fn quotas(option: &str) -> Result<Quotas, String> {
    match option {
        "aws" => Ok(Quotas::aws()),
        "off" => Ok(Quotas::default()),
        file => Quotas::from_json(&read(file, "--quotas")?)
            .map_err(|error| format!("--quotas {file}: {}", chain(&error))),
    }
}

fn secrets(file: &str) -> Result<Secrets, String> {
    if file.is_empty() {
        return Ok(Secrets::OfAll("local".to_owned()));
    }
    // The cause would quote the file, which is made of secrets.
    serde_json::from_str(&read(file, "--verify-signatures")?).map(Secrets::OfEach).map_err(|_| {
        format!(
            "--verify-signatures {file} is not a JSON object of access key ids and their secrets"
        )
    })
}

fn s3(endpoint: &str, region: &str) -> aws_sdk_s3::Client {
    let credentials = Credentials::new(SERVICE_ACCESS_KEY_ID, "local", None, None, "pca-local");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .force_path_style(true)
        // What fails for longer is tried again by the service's clock, not by the world's.
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(1))
                .with_max_backoff(Duration::from_millis(1)),
        )
        .region(Region::new(region.to_owned()))
        .build();
    aws_sdk_s3::Client::from_conf(config)
}
