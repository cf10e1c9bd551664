//! `vigil crl check`: reads the files, judges the CRL and writes the verdicts.

use std::{io, path::PathBuf, thread};

use clap::ValueEnum;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use vigil_core::{
    certificate::Certificate,
    crl::comparison::{Coverage, Difference, Reported, difference},
    rules::{
        self, JudgementResult,
        crl::{CrlHistory, CrlState, CrlSubject, Place, References},
    },
};

use super::{
    input::{self, InputError},
    joined, output, report,
    walk::{self, Keep, Walked},
};
use crate::{exit::Exit, output::plain_json};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The CRL, in DER.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The CA's certificate, in PEM or DER. Of several in one file, the first is used.
    #[arg(long, value_name = "CA.pem")]
    issuer: PathBuf,
    /// Previous version of the CRL: reports entries that were removed early, and a rolled-back CRL.
    #[arg(long, value_name = "OLD")]
    previous: Option<PathBuf>,
    /// Audit report to compare the CRL with (.json or .csv): reports missing and unexpected entries.
    #[arg(long, value_name = "AUDIT")]
    report: Option<PathBuf>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Judge the CRL as of this time (RFC 3339, as 2026-01-31T00:00:00Z). Default: now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    as_of: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Text for a terminal.
    Human,
    /// One JSON object with the facts and every rule's verdict.
    Json,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
}

fn time(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "write a time of RFC 3339, as 2026-01-31T00:00:00Z".to_owned())
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error("could not check")]
    Input(#[from] InputError),
    #[error("could not write what was found")]
    Output(#[source] io::Error),
}

#[expect(clippy::disallowed_methods, reason = "the clock is read once, here, and then passed on")]
fn present() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

pub(super) fn run(options: &Options) -> Result<Exit, CheckError> {
    let as_of = options.as_of.unwrap_or_else(present);
    let subject = gather(options, as_of)?;
    let resource = options.file.to_string_lossy();
    let judgements = rules::judge(rules::crl::RULES, &subject, &resource, as_of);
    let found = judgements
        .iter()
        .any(|judgement| matches!(judgement.result, JudgementResult::Findings { .. }));
    let text = match options.format {
        Format::Human => output::human(&subject, &judgements),
        Format::Json => {
            plain_json(&output::json(&options.file, &options.issuer, &subject, &judgements))
        }
        Format::Sarif => plain_json(&output::sarif(&options.file, &judgements)),
    };
    output::write(&text).map_err(CheckError::Output)?;
    Ok(if found { Exit::Findings } else { Exit::Clean })
}

/// All the files at once: the longest is the report.
fn gather(options: &Options, as_of: OffsetDateTime) -> Result<CrlSubject, InputError> {
    let issuer = &input::certificate(&options.issuer)?;
    let compared = options.previous.is_some() || options.report.is_some();
    let keep = if compared { Keep::Entries } else { Keep::Nothing };
    thread::scope(|scope| {
        let reported = options.report.as_deref();
        let reported = reported.map(|path| scope.spawn(|| report::reported(path)));
        let previous = options.previous.as_deref();
        let previous = previous.map(|path| scope.spawn(move || walk::crl(path, issuer, keep)));
        let current = walk::crl(&options.file, issuer, keep)?;
        let previous = previous.map(joined).transpose()?;
        let reported = reported.map(joined).transpose()?;
        Ok(subject(options, issuer.clone(), current, previous, reported.as_ref(), as_of))
    })
}

fn subject(
    options: &Options,
    issuer: Certificate,
    current: Walked,
    previous: Option<Walked>,
    reported: Option<&Reported>,
    as_of: OffsetDateTime,
) -> CrlSubject {
    let history = previous.as_ref().map(history).unwrap_or_default();
    let (report, previous) = thread::scope(|scope| {
        let covered = scope.spawn(|| coverage(&current, reported, as_of));
        let removed = removed(&current, previous.as_ref(), reported);
        (joined(covered), removed)
    });
    CrlSubject {
        ca: None,
        place: Place::File(options.file.display().to_string()),
        report,
        previous,
        named: Err("only crl-audit reads certificates".to_owned()),
        references: References::Unknown(
            "the CRL is a file, and its distribution point is unknown".to_owned(),
        ),
        crl: current.crl,
        issuer: Ok(issuer),
        history,
        as_of,
    }
}

const NOTHING_TO_COMPARE: &str = "there are no entries to compare";

fn coverage(
    current: &Walked,
    reported: Option<&Reported>,
    as_of: OffsetDateTime,
) -> Result<Coverage, String> {
    let reported = reported.ok_or("no audit report was given (--report)")?;
    let listed = current.listed.as_ref().ok_or(NOTHING_TO_COMPARE)?;
    Ok(reported.coverage(&[listed], as_of))
}

fn removed(
    current: &Walked,
    previous: Option<&Walked>,
    reported: Option<&Reported>,
) -> Result<Difference, String> {
    let previous = previous.ok_or("no version before this one was given (--previous)")?;
    let CrlState::Read { facts, signature: Some(Ok(())) } = &previous.crl else {
        return Err("the version before is not a CRL by this CA".to_owned());
    };
    let now = current.listed.as_ref().ok_or(NOTHING_TO_COMPARE)?;
    let before = previous.listed.as_ref().ok_or(NOTHING_TO_COMPARE)?;
    Ok(difference(before, now, reported, facts.this_update))
}

/// What a good version before tells: the CRL must not run backwards.
fn history(previous: &Walked) -> CrlHistory {
    match &previous.crl {
        CrlState::Read { facts, signature: Some(Ok(())) } => CrlHistory {
            number: facts.number.clone(),
            this_update: facts.this_update,
            ..CrlHistory::default()
        },
        _ => CrlHistory::default(),
    }
}
