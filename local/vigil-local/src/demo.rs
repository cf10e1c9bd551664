//! `vigil-local demo`: shows in simulated time what Vigil does, and checks every step.

mod bucket;
mod cast;
mod findings;
mod keep;
mod last_resort;
mod narrator;
mod story;

use std::{
    io,
    path::{Path, PathBuf},
};

use aws_sdk_acmpca::error::{DisplayErrorContext, SdkError};
use aws_smithy_types::error::operation::BuildError;
use pca_local::Clock;
use time::macros::datetime;

use vigil_local::{Stack, StackError};

use narrator::Narrator;
use story::{DemoResult, Story};

/// A Monday morning. Every demo begins then, so that two runs print the same.
const START: time::OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

/// Who approves deletions and publishes policies.
const CAROL: &str = "arn:aws:iam::111122223333:user/carol";

/// The exit code is 0 only if every expectation of the demo holds.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folder for findings, evidence and logs [default: a new folder .vigil/demo-N].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// SAM template with the functions and what invokes them.
    #[arg(long, default_value = "infra/template.yaml", value_name = "FILE")]
    template: PathBuf,
    /// Folder of the functions' binaries [default: the folder of vigil-local].
    #[arg(long, value_name = "DIR")]
    functions_dir: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DemoError {
    #[error("an AWS call failed: {0}")]
    Aws(String),
    #[error("cannot create a CSR")]
    Csr(#[from] rcgen::Error),
    #[error("cannot write the demo's output")]
    Io(#[from] io::Error),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{path} is not empty: choose another folder with --out, or delete this one")]
    OutNotEmpty { path: PathBuf },
    #[error("cannot start the local stack")]
    Stack(#[from] StackError),
    #[error("this expectation does not hold: {0}")]
    Unexpected(String),
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

/// Runs the demo.
///
/// # Errors
///
/// [`DemoError`] if the stack does not start, a call fails, or an expectation does not hold.
pub(crate) async fn play(options: Options) -> Result<(), DemoError> {
    let out = folder(options.out)?;
    let mut narrator = Narrator::on_stdout();
    narrator.line("Vigil demo: ten simulated days of seven certificate authorities (CAs)")?;
    narrator.progress("starting the local stack")?;
    let mut stack = Stack::builder()
        .template(&options.template)
        .data_dir(out.join("stack"))
        .listen("127.0.0.1:0")
        .clock(Clock::frozen_at(START))
        .parameter("AlertEmail", crate::up::ALERT_EMAIL)
        .parameter("Approvers", CAROL)
        .parameter("Publishers", CAROL)
        // The story has an attacker who may write to the bucket.
        .parameter("ProtectEvidence", "false")
        // The deployed schedule would be a thousand sweeps in ten days, which takes too long here.
        .parameter("SweepSchedule", "rate(1 hour)")
        // It comes an hour before the dead man's switch, which has a chapter. Its own is the last one.
        .parameter("LastResort", "false");
    let mut other = Stack::builder()
        .template(&options.template)
        .clock(Clock::frozen_at(START))
        .parameter("AlertEmail", crate::up::ALERT_EMAIL);
    if let Some(folder) = options.functions_dir {
        stack = stack.functions_dir(&folder);
        other = other.functions_dir(&folder);
    }
    let stack = stack.start().await?;
    introduce(&mut narrator, stack.endpoint())?;
    let result = match Story::new(&stack, &mut narrator).await {
        Ok(story) => story.run(&out).await,
        Err(error) => Err(error),
    };
    stack.shutdown().await;
    let result = match result {
        Ok(done) => last_resort::play(other, &mut narrator).await.map(|()| done),
        failed => failed,
    };
    close(&mut narrator, result, &out)
}

/// What a reader needs to know before the first chapter.
fn introduce(narrator: &mut Narrator<io::Stdout>, endpoint: &str) -> io::Result<()> {
    for line in [
        "",
        "Vigil watches AWS Private CA (ACM PCA). It restores a CA that was deleted without approval,",
        "and it checks the CRLs that ACM PCA publishes to S3.",
        "",
        "Everything runs on this machine; no AWS account is used. The Lambda functions are the real",
        "ones. The clock is simulated and starts on Monday, 2026-01-05 09:00 UTC.",
        "",
        "Three parameters differ from their defaults. The demo sweeps hourly, and switches the last",
        "resort off until chapter 12. It does not protect the evidence bucket: mallory writes to it.",
        "",
        "     alice  operates the CAs",
        "       bob  deletes CAs, sometimes the wrong one",
        "     carol  approves deletions",
        "   mallory  does harm",
        "     vigil  a finding of Vigil: its time, its severity (or RESOLVED) and its title",
        "        ok  the demo has checked this statement",
        "     clock  the simulated time after a wait",
        "",
    ] {
        narrator.line(line)?;
    }
    narrator.line(&format!("The local stack listens on {endpoint} while the demo runs."))
}

/// A folder for this run. Results of an earlier run are not overwritten.
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
    Err(DemoError::Missing("a free folder name under .vigil"))
}

/// The last lines: the results, and the commands that explain the decisions.
fn close(
    narrator: &mut Narrator<io::Stdout>,
    result: Result<DemoResult, DemoError>,
    out: &Path,
) -> Result<(), DemoError> {
    if let Ok(result) = &result {
        narrator.chapter("Result")?;
        narrator.line(&format!(
            "  {} messages about {} findings in ten simulated days; the wrongly deleted CA was ACTIVE \
             after {} ms",
            result.messages,
            result.findings,
            result.restored_in.as_millis()
        ))?;
        let (vigil, evidence) = (vigil(), out.join("evidence"));
        let evidence = evidence.display();
        narrator.line("\nWhy did Vigil restore a CA, or not? These commands work offline:")?;
        for case in &result.cases {
            let record = quoted(&format!("{evidence}/{}", case.key));
            let policies = match case.own_policies {
                true => {
                    format!(" --policies {}", quoted(&format!("{evidence}/policies/set.json")))
                }
                false => String::new(),
            };
            narrator.line(&format!("\n  # {}", case.what))?;
            narrator.line(&format!("  {vigil} policy explain {record}{policies}"))?;
        }
        narrator.line("\n  # verify the hash chain of every case record")?;
        narrator.line(&format!("  {vigil} evidence verify {}", quoted(&evidence.to_string())))?;
    }
    let page = page(out);
    let out = out.display();
    narrator.line("\nFiles:")?;
    narrator.line(&format!("  {out}/findings.jsonl  every finding, one a line"))?;
    narrator.line(&format!("  {out}/evidence/       the evidence bucket"))?;
    narrator.line(&format!("  {out}/stack/logs/     the logs of the Lambda functions"))?;
    if let Some(page) = page {
        narrator
            .line(&format!("\nOpen the page of all CAs and findings in a browser:\n  {page}"))?;
    }
    result.map(|_| ())
}

/// The page of the evidence bucket, made by `vigil report`. `None`: the program is not beside this one,
/// or it made no page.
fn page(out: &Path) -> Option<String> {
    let program = std::env::current_exe().ok()?.with_file_name("vigil");
    let folder = out.join("report");
    let made = std::process::Command::new(program)
        .arg("report")
        .arg(out.join("evidence"))
        .arg("--out")
        .arg(&folder)
        .output();
    let page = folder.join("report.html");
    (made.is_ok() && page.is_file()).then(|| page.display().to_string())
}

/// The command `vigil` as it is typed.
fn vigil() -> String {
    let program = vigil_program();
    let here = std::env::current_dir().unwrap_or_default();
    quoted(&program.strip_prefix(here).unwrap_or(&program).display().to_string())
}

/// The program `vigil` beside this one, since it may not be on the PATH.
fn vigil_program() -> PathBuf {
    let beside = std::env::current_exe().ok().map(|program| program.with_file_name("vigil"));
    beside.filter(|program| program.is_file()).unwrap_or_else(|| "vigil".into())
}

/// A word for a shell, in quotes only where it needs them.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+:@%,".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_path_can_be_pasted_into_a_shell() {
        for (word, want) in [
            (".vigil/demo-1/evidence", ".vigil/demo-1/evidence"),
            ("my demo/x", "'my demo/x'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), want);
        }
    }
}
