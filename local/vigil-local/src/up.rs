//! `vigil-local up`: runs the stack until it is interrupted.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use pca_local::{AdminToken, Clock, CloseError, Timings};
use vigil_local::{Account, SECRET, Stack, StackError};

/// Subscribes to the findings of Vigil's template unless another address is given.
pub(crate) const ALERT_EMAIL: &str = "pki@example.com";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDR:PORT")]
    listen: String,
    /// Answer to this name in the Host header, and to what is below it; can be given several times.
    /// localhost, 127.0.0.1, [::1], the address of --listen and AWS's own names are allowed anyway.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// What /_pca-local/ and /_vigil-local/ ask for, as in `Authorization: Bearer TOKEN`. Without it, a
    /// token is made and printed if --listen is not a loopback address.
    #[arg(long, env = "VIGIL_LOCAL_ADMIN_TOKEN", hide_env_values = true, value_name = "TOKEN",
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    admin_token: Option<String>,
    /// Folder for CAs with their private keys, the clock if it was moved, S3 objects, KMS keys, logs and
    /// targets [default: a temporary folder].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// SAM template [default: infra/template.yaml, if it exists]. Without a template there are services
    /// but no functions.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Folder of the functions' binaries [default: the folder of vigil-local].
    #[arg(long, value_name = "DIR")]
    functions_dir: Option<PathBuf>,
    /// A value for a parameter of the template.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// How long CAs, certificates and audit reports take. `aws` is what `pca-local` has by default: the
    /// first call that asks must wait. See `pca-local --help`.
    #[arg(long, default_value = "immediate", value_name = "TIMING")]
    timing: Timings,
    /// Stop the clock. POST /_pca-local/clock/advance moves it.
    #[arg(long)]
    freeze_clock: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum UpError {
    #[error("cannot start the local stack")]
    Start(#[source] StackError),
    #[error("cannot write to standard output")]
    Announce(#[source] std::io::Error),
    #[error("cannot wait for signals")]
    Signal(#[source] std::io::Error),
    #[error("the state of ACM PCA is not one file")]
    Close(#[source] CloseError),
}

pub(crate) async fn run(options: Options) -> Result<(), UpError> {
    // A signal during the start must stop the stack as well.
    let stopped = stop().map_err(UpError::Signal)?;
    let account = Account::default();
    let clock = Clock::system();
    if options.freeze_clock {
        clock.freeze();
    }
    let builder = Stack::builder().account(account.clone()).clock(clock.clone());
    let mut stack = builder.listen(&options.listen);
    stack = stack.timings(options.timing);
    let is_given = options.admin_token.is_some();
    if let Some(token) = options.admin_token {
        stack = stack.admin_token(AdminToken::new(token));
    }
    let listen_host = options.listen.rsplit_once(':').map(|(host, _)| host.to_owned());
    for name in options.allow_host.into_iter().chain(listen_host) {
        stack = stack.allow_host(name);
    }
    let default = Path::new("infra/template.yaml");
    let default_template = options.template.is_none() && default.is_file();
    match options.template {
        Some(path) => stack = stack.template(path),
        None if default.is_file() => stack = stack.template(default),
        None => tracing::warn!(
            "no infra/template.yaml in the current folder: there will be no functions and no rules"
        ),
    }
    if let Some(folder) = options.data_dir {
        stack = stack.data_dir(folder);
    }
    if let Some(folder) = options.functions_dir {
        stack = stack.functions_dir(folder);
    }
    // Vigil's template wants an address. On this stack it is a file.
    if default_template && !options.parameters.iter().any(|(name, _)| name == "AlertEmail") {
        stack = stack.parameter("AlertEmail", ALERT_EMAIL);
    }
    for (name, value) in options.parameters {
        stack = stack.parameter(name, value);
    }
    let stack = stack.start().await.map_err(UpError::Start)?;
    if options.freeze_clock {
        // Of a clock that the data folder has set going.
        clock.freeze();
    }
    for (logical_id, kind) in stack.left_out() {
        tracing::warn!(logical_id, kind, "this resource type is not supported and is ignored");
    }
    announce(&stack, &account, is_given).map_err(UpError::Announce)?;
    stopped.await;
    stack.close().await.map_err(UpError::Close)
}

fn announce(stack: &Stack, account: &Account, is_token_given: bool) -> std::io::Result<()> {
    let (endpoint, region) = (stack.endpoint(), &account.region);
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {endpoint}")?;
    writeln!(out, "export AWS_ENDPOINT_URL={endpoint}")?;
    writeln!(out, "export AWS_REGION={region} AWS_DEFAULT_REGION={region}")?;
    writeln!(out, "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY={SECRET}")?;
    writeln!(out, "# data folder: {}", stack.data_dir().display())?;
    if let Some(token) = stack.admin_token().filter(|_| !is_token_given) {
        writeln!(out, "# token for /_pca-local/ and /_vigil-local/: {}", token.reveal())?;
    }
    out.flush()
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE is expected".to_owned()),
    }
}

/// Ctrl-C or SIGTERM.
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}
