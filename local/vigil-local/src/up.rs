//! `vigil-local up`: the stack, until somebody stops it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use pca_local::Clock;
use vigil_local::{Account, SECRET, Stack, StackError};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDR:PORT")]
    listen: String,
    /// Where S3, logs and targets are kept; a temporary folder, if not given.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The SAM template; `infra/template.yaml` of this folder if there is one. Without a template
    /// there are services, and no functions.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Where the functions' binaries are; beside vigil-local, if not given.
    #[arg(long, value_name = "DIR")]
    functions_dir: Option<PathBuf>,
    /// A value for a parameter of the template.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Let the clock stand still until it is moved with POST /_pca-local/clock/advance.
    #[arg(long)]
    freeze_clock: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum UpError {
    #[error("the stack did not start")]
    Start(#[source] StackError),
    #[error("standard output is closed")]
    Announce(#[source] std::io::Error),
    #[error("signals cannot be waited for")]
    Signal(#[source] std::io::Error),
}

pub(crate) async fn run(options: Options) -> Result<(), UpError> {
    // Waiting for signals begins before anything is started that they would have to stop.
    let stopped = stop().map_err(UpError::Signal)?;
    let account = Account::default();
    let clock = Clock::system();
    if options.freeze_clock {
        clock.freeze();
    }
    let mut stack = Stack::builder().account(account.clone()).clock(clock).listen(&options.listen);
    let default = Path::new("infra/template.yaml");
    match options.template {
        Some(path) => stack = stack.template(path),
        None if default.is_file() => stack = stack.template(default),
        None => tracing::warn!("there is no infra/template.yaml here: no functions, no rules"),
    }
    if let Some(folder) = options.data_dir {
        stack = stack.data_dir(folder);
    }
    if let Some(folder) = options.functions_dir {
        stack = stack.functions_dir(folder);
    }
    for (name, value) in options.parameters {
        stack = stack.parameter(name, value);
    }
    let stack = stack.start().await.map_err(UpError::Start)?;
    for (logical_id, kind) in stack.left_out() {
        tracing::warn!(logical_id, kind, "has no counterpart here and is left out");
    }
    announce(&stack, &account).map_err(UpError::Announce)?;
    stopped.await;
    stack.shutdown().await;
    Ok(())
}

fn announce(stack: &Stack, account: &Account) -> std::io::Result<()> {
    let (endpoint, region) = (stack.endpoint(), &account.region);
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {endpoint}")?;
    writeln!(out, "export AWS_ENDPOINT_URL={endpoint}")?;
    writeln!(out, "export AWS_REGION={region} AWS_DEFAULT_REGION={region}")?;
    writeln!(out, "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY={SECRET}")?;
    writeln!(out, "# data: {}", stack.data_dir().display())?;
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
