//! `vigil-local demo`: a story in simulated time, told on standard output and checked as it goes.

mod bucket;
mod cast;
mod keep;
mod story;
mod tell;
mod watch;

use std::{
    io,
    path::{Path, PathBuf},
};

use aws_sdk_acmpca::error::{DisplayErrorContext, SdkError};
use aws_smithy_types::error::operation::BuildError;
use pca_local::Clock;
use time::macros::datetime;

use vigil_local::{Stack, StackError};

use story::{Story, Told};
use tell::Teller;

/// A Monday morning. The story always begins then, so that two runs tell the same.
const START: time::OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

/// The story ends with exit code 0 only if it went as told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where findings, evidence and logs are kept; a new folder under .vigil/ if not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The SAM template that says what triggers which function.
    #[arg(long, default_value = "infra/template.yaml", value_name = "FILE")]
    template: PathBuf,
    /// Where the functions' binaries are; beside vigil-local, if not given.
    #[arg(long, value_name = "DIR")]
    functions_dir: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DemoError {
    #[error("a call failed: {0}")]
    Aws(String),
    #[error("a CSR could not be made")]
    Csr(#[from] rcgen::Error),
    #[error("the story could not be written")]
    Io(#[from] io::Error),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("the story did not go as told: {0}")]
    NotAsTold(String),
    #[error("{path} is not empty: name another folder with --out, or remove it")]
    OutNotEmpty { path: PathBuf },
    #[error("the stack did not start")]
    Stack(#[from] StackError),
}

impl<E: std::error::Error + Send + Sync + 'static, R: std::fmt::Debug + Send + Sync + 'static>
    From<SdkError<E, R>> for DemoError
{
    fn from(error: SdkError<E, R>) -> Self {
        Self::Aws(DisplayErrorContext(&error).to_string())
    }
}

impl From<BuildError> for DemoError {
    fn from(error: BuildError) -> Self {
        Self::Aws(error.to_string())
    }
}

/// Plays the story. `Ok` only if everything that it tells was so.
pub(crate) async fn play(options: Options) -> Result<(), DemoError> {
    let out = folder(options.out)?;
    let mut tell = Teller::on_stdout();
    tell.line("Vigil: ten days in the life of six certificate authorities")?;
    tell.progress("starting S3, ACM PCA, EventBridge, STS and Lambda")?;
    let mut stack = Stack::builder()
        .template(&options.template)
        .data_dir(out.join("stack"))
        .listen("127.0.0.1:0")
        .clock(Clock::frozen_at(START))
        // As deployed, it is a thousand sweeps in ten days: too long a wait for who watches.
        .parameter("SweepSchedule", "rate(1 hour)");
    if let Some(folder) = options.functions_dir {
        stack = stack.functions_dir(folder);
    }
    let stack = stack.start().await?;
    tell.line(&format!(
        "S3, ACM PCA, EventBridge, STS and Lambda are on {}; the clock says Monday, 2026-01-05 09:00",
        stack.endpoint()
    ))?;
    let told = match Story::new(&stack, &mut tell).await {
        Ok(story) => story.run(&out).await,
        Err(error) => Err(error),
    };
    stack.shutdown().await;
    close(&mut tell, told, &out)
}

/// A folder of this run's own: what an earlier one left is not written over.
fn folder(given: Option<PathBuf>) -> Result<PathBuf, DemoError> {
    if let Some(path) = given {
        if path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(DemoError::OutNotEmpty { path });
        }
        std::fs::create_dir_all(&path)?;
        return Ok(path);
    }
    let demos = Path::new(".vigil");
    std::fs::create_dir_all(demos)?;
    for number in 1.. {
        let path = demos.join(format!("demo-{number}"));
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(DemoError::Missing("a free name for the folder"))
}

fn close(
    tell: &mut Teller<io::Stdout>,
    told: Result<Told, DemoError>,
    out: &Path,
) -> Result<(), DemoError> {
    let out = out.display();
    if let Ok(told) = &told {
        tell.chapter("The end")?;
        tell.line(&format!(
            "  {} findings in ten simulated days; the deleted CA was back after {} ms of real time",
            told.findings,
            told.restored_in.as_millis()
        ))?;
    }
    if let Ok(told) = &told {
        tell.line("\n  why each deletion stood or was undone, offline:")?;
        for case in &told.cases {
            let (key, what) = (&case.key, &case.what);
            let policies = match case.own_policies {
                true => format!(" --policies {out}/evidence/policies"),
                false => String::new(),
            };
            tell.line(&format!("  vigil policy explain {out}/evidence/{key}{policies}  # {what}"))?;
        }
    }
    tell.line(&format!("\n  findings  {out}/findings.jsonl"))?;
    tell.line(&format!("  evidence  {out}/evidence/"))?;
    tell.line(&format!("  logs      {out}/stack/logs/"))?;
    told.map(|_| ())
}
