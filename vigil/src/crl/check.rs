//! `vigil crl check`: reads the files, judges the CRL and writes the verdicts.

use std::{io, path::PathBuf};

use clap::ValueEnum;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use vigil_core::{
    certificate::Certificate,
    failure::chain,
    rules::{
        self, JudgementResult,
        crl::{CrlHistory, CrlLocation, CrlState, CrlSubject, Profile, References},
    },
};

use super::{
    compare::{self, Held, With},
    input::{self, InputError, Source},
    issuers::Issuers,
    judged::{Judged, unverified},
    output,
    progress::Progress,
    verdict,
    walk::{self, Keep, Walked},
};
use crate::{exit::Exit, fail_on::Threshold, output::plain_json};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// CRLs in DER, PEM or base64: files, folders of files, `-` for standard input, `http://` and
    /// `https://` URLs, or `s3://BUCKET/KEY` with the credentials of the AWS CLI.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Certificates of CAs, in PEM or DER. The one that fits a CRL is used. Without any, no
    /// signature is verified: the exit code is 1 with findings, else 2.
    #[arg(long, value_name = "CA.pem")]
    pub(super) issuer: Vec<PathBuf>,
    /// Previous version of the CRL: reports entries that were removed early or rewritten, and a
    /// rolled-back CRL.
    #[arg(long, value_name = "OLD")]
    pub(super) previous: Option<PathBuf>,
    /// Audit report to compare the CRL with (.json or .csv): reports missing and unexpected entries.
    #[arg(long, value_name = "AUDIT")]
    pub(super) report: Option<PathBuf>,
    /// By whose rules to judge.
    #[arg(long, value_enum, default_value_t = ProfileOption::Auto)]
    profile: ProfileOption,
    /// Exit with 1 only for findings of this severity and above.
    #[arg(long, value_enum, default_value_t = Threshold::Informational)]
    fail_on: Threshold,
    /// Leave out findings of this rule, or of one kind of it, and say why. Repeatable.
    #[arg(long, value_name = "RULE[:KIND]=REASON", value_parser = ignored)]
    ignore: Vec<Ignored>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Judge the CRL as of this time: 2026-01-31, or 2026-01-31T00:00:00Z (RFC 3339). Default: now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    as_of: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ProfileOption {
    /// acm-pca for a CRL that is numbered or placed as ACM PCA does it; rfc5280 for any other.
    Auto,
    /// As AWS Private CA makes CRLs.
    AcmPca,
    /// As RFC 5280 allows any CA to make them.
    Rfc5280,
    /// RFC 5280 and the CA/Browser Forum's Baseline Requirements.
    Cabf,
}

impl ProfileOption {
    fn of(self, crl: &CrlState) -> Profile {
        match (self, crl) {
            (Self::AcmPca, _) => Profile::AcmPca,
            (Self::Cabf, _) => Profile::Cabf,
            (Self::Auto, CrlState::Read { facts, .. }) => Profile::of(facts),
            (Self::Auto | Self::Rfc5280, _) => Profile::Rfc5280,
        }
    }
}

/// What is left out, and why.
#[derive(Clone)]
struct Ignored {
    rule: String,
    kind: Option<String>,
    reason: String,
}

fn ignored(text: &str) -> Result<Ignored, String> {
    let (what, reason) = text.split_once('=').ok_or("write RULE[:KIND]=REASON")?;
    if reason.trim().is_empty() {
        return Err("say why after the equals sign".to_owned());
    }
    let (rule, kind) = match what.split_once(':') {
        Some((rule, kind)) => (rule, Some(kind)),
        None => (what, None),
    };
    let known = rules::crl::RULES.iter().find(|known| known.info.id == rule);
    let known = known.ok_or_else(|| format!("there is no rule {rule}: see `vigil rules`"))?;
    if let Some(kind) = kind
        && !known.info.kinds.iter().any(|known| known.id == kind)
    {
        return Err(format!("the rule {rule} has no kind {kind}: see `vigil rules`"));
    }
    let kind = kind.map(str::to_owned);
    Ok(Ignored { rule: rule.to_owned(), kind, reason: reason.trim().to_owned() })
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
    // A date is its beginning.
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    OffsetDateTime::parse(&whole, &Rfc3339)
        .map_err(|_| "write a date, or a time of RFC 3339, as 2026-01-31T00:00:00Z".to_owned())
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error("could not check")]
    Input(#[from] InputError),
    #[error("could not write what was found as JSON")]
    Json(#[source] serde_json::Error),
    #[error("could not write what was found")]
    Output(#[source] io::Error),
}

#[expect(clippy::disallowed_methods, reason = "the clock is read once, here, and then passed on")]
fn present() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

pub(super) fn run(options: &Options) -> Result<Exit, CheckError> {
    let all = match judge_all(options) {
        Ok(all) => all,
        Err(error) => {
            write_failure(options.format, &error)?;
            return Err(error.into());
        }
    };
    let threshold = options.fail_on.severity();
    let text = match options.format {
        Format::Human => output::human(&all, threshold, output::is_coloured()),
        Format::Json => {
            plain_json(&output::json(&options.issuer, &all, threshold).map_err(CheckError::Json)?)
        }
        Format::Sarif => plain_json(&output::sarif(&all, threshold)),
    };
    output::write(&text).map_err(CheckError::Output)?;
    Ok(verdict::exit(&all, threshold))
}

/// Programs read the error as they do an answer. For readers it is on standard error alone.
fn write_failure(format: Format, error: &InputError) -> Result<(), CheckError> {
    let text = match format {
        Format::Human => return Ok(()),
        Format::Json => output::json_of_failure(chain(error)).map_err(CheckError::Json)?,
        Format::Sarif => output::sarif_of_failure(&chain(error)),
    };
    output::write(&plain_json(&text)).map_err(CheckError::Output)
}

/// The error is of a file that every CRL is compared with, or of the only CRL, if readers are to be shown it.
fn judge_all(options: &Options) -> Result<Vec<Judged>, InputError> {
    let as_of = options.as_of.unwrap_or_else(present);
    let sources = input::sources(&options.files, &options.issuer);
    let issuers = Issuers::read(&options.issuer, as_of)?;
    let is_alone = sources.len() == 1;
    let progress = Progress::of(sources.len(), options.report.is_some());
    let mut all = Vec::new();
    for (at, source) in sources.into_iter().enumerate() {
        progress.show(
            at + 1,
            source.as_ref().map_or_else(|(name, _)| name.clone(), Source::name).as_str(),
        );
        let gathered = match source {
            Ok(source) => gather(options, &source, &issuers.certificates, as_of)?,
            Err(unread) => Err(unread),
        };
        match gathered {
            Ok(gathered) => all.push(judge(options, &issuers, gathered)),
            // With nothing else to judge, the error is the whole answer. Programs read it as they do others.
            Err((_, error)) if is_alone && matches!(options.format, Format::Human) => {
                return Err(error);
            }
            Err((name, error)) => {
                let crl = CrlState::NotChecked(chain(&error));
                let unread = Walked::without_facts(crl, &issuers.certificates);
                let location = CrlLocation::File(name.clone());
                let subject = subject(options, location, unread, Held::nothing(), as_of);
                all.push(judge(options, &issuers, (name, subject)));
            }
        }
    }
    Ok(all)
}

fn judge(options: &Options, issuers: &Issuers, (name, subject): (String, CrlSubject)) -> Judged {
    let mut judgements = rules::judge(rules::crl::RULES, &subject, &name, subject.as_of);
    let mut left_out = Vec::new();
    for judgement in &mut judgements {
        if NOT_CHECKED.contains(&judgement.rule)
            && matches!(judgement.result, JudgementResult::Pass)
        {
            let reason = "crl-audit learns this from the bucket".to_owned();
            judgement.result = JudgementResult::Unknown { reason };
        }
        let JudgementResult::Findings { findings } = &mut judgement.result else { continue };
        for ignored in options.ignore.iter().filter(|ignored| ignored.rule == judgement.rule) {
            let before = findings.len();
            findings.retain(|finding| {
                let kind = finding.evidence.get("kind").and_then(|kind| kind.as_str());
                ignored.kind.is_some() && ignored.kind.as_deref() != kind
            });
            if findings.len() < before {
                left_out.push((judgement.rule, ignored.reason.clone()));
            }
        }
        if findings.is_empty() {
            // Ignoring the finding verifies nothing: the answer stays "incomplete".
            let unverified = unverified(&subject).filter(|_| judgement.rule == "crl.signature");
            judgement.result = match unverified {
                Some(reason) => JudgementResult::Unknown { reason: reason.to_owned() },
                None => JudgementResult::Pass,
            };
        }
    }
    issuers.name(subject.issuer.as_ref().ok(), &mut judgements);
    let wanted = wanted(options);
    Judged { name, subject, judgements, ignored: left_out, wanted }
}

/// The signature, and what was given to compare the CRL with.
fn wanted(options: &Options) -> Vec<&'static str> {
    let mut wanted = vec!["crl.signature"];
    if options.previous.is_some() {
        wanted.extend(["crl.early-removal", "crl.rewritten"]);
    }
    if options.report.is_some() {
        wanted.extend(["crl.completeness", "crl.never-issued"]);
    }
    wanted
}

/// Rules about what surrounds the object, which a file does not show.
const NOT_CHECKED: [&str; 3] = ["crl.object-present", "crl.writer", "crl.generation"];

/// The CRL's name, and what is judged of it, or why it cannot be read.
type Gathered = Result<(String, CrlSubject), (String, InputError)>;

/// The CRL first, then what passes by its entries. The outer error is one of the files that every CRL is
/// compared with, the inner one the CRL's own.
fn gather(
    options: &Options,
    source: &Source,
    issuers: &[Certificate],
    as_of: OffsetDateTime,
) -> Result<Gathered, InputError> {
    let name = source.name();
    let keep = if is_compared(options) { Keep::Entries } else { Keep::Nothing };
    let current = match source {
        Source::File(path) => walk::crl(path, issuers, keep),
        Source::Bytes { bytes, .. } => Ok(walk::bytes(bytes, issuers, keep)),
        Source::Damaged { .. } => Ok(Walked::damaged(issuers)),
    };
    let current = match current {
        Ok(current) => current,
        Err(error) => return Ok(Err((name, error))),
    };
    let with = With {
        previous: options.previous.as_deref(),
        report: options.report.as_deref(),
        allowed: options.profile.of(&current.crl).allowed_changes(),
    };
    let held = compare::hold(&with, source, &current, issuers, as_of)?;
    let subject = subject(options, source.location(), current, held, as_of);
    Ok(Ok((name, subject)))
}

fn is_compared(options: &Options) -> bool {
    options.previous.is_some() || options.report.is_some()
}

fn subject(
    options: &Options,
    location: CrlLocation,
    current: Walked,
    held: Held,
    as_of: OffsetDateTime,
) -> CrlSubject {
    let Held { report, previous, history } = held;
    CrlSubject {
        ca: None,
        location,
        profile: options.profile.of(&current.crl),
        report,
        previous,
        named: Err("only crl-audit reads certificates".to_owned()),
        references: References::Unknown(
            "the CRL is a file, and its distribution point is unknown".to_owned(),
        ),
        crl: current.crl,
        issuer: current
            .issuer
            .ok_or_else(|| "no certificate of the CRL's issuer was given (--issuer)".to_owned()),
        history: CrlHistory { key_since: current.key_since, ..history },
        metadata: None,
        as_of,
    }
}
