//! The object must be one CRL, in DER, and nothing else.

use std::error::Error;

use super::{CrlLocation, CrlState, CrlSubject};
use crate::{
    crl::{CrlError, CrlFacts},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.parses",
        holds: "The object is exactly one DER-encoded CertificateList.",
        cites: "RFC 5280 §5.1, §4.2.1.13",
        kinds: &[ANOTHER_FORMAT, MALFORMED, PART_TOO_LARGE, TOO_LARGE, TRAILING_BYTES, UNREADABLE],
    },
    check,
};

/// Some programs read BER or PEM as well.
const NOT_DER: &str = "Relying parties that read nothing but DER cannot check the revocation of certificates of \
                       {ca}. Some refuse all of them, others accept revoked ones.";

const ANOTHER_FORMAT: Kind = Kind {
    id: "another-format",
    severity: Severity::Critical,
    title: "The CRL object of {ca} is not a CRL in DER",
    what_happened: "{object} is {format}. Checked at {as_of}.",
    impact: NOT_DER,
    what_to_do: concat!(
        "{remedy} Show how the object begins:\n  aws s3 cp s3://{bucket}/{key} - | head -c 64 | od -c\n",
        restore_version!()
    ),
    first_command: super::LIST_VERSIONS,
};

/// A file has no versions.
const ANOTHER_FORMAT_OF_FILE: Kind = Kind {
    what_to_do: "{remedy} Show how the object begins:",
    first_command: "aws s3 cp s3://{bucket}/{key} - | head -c 64 | od -c",
    ..ANOTHER_FORMAT
};

const MALFORMED: Kind = Kind {
    id: "malformed",
    severity: Severity::High,
    title: "The CRL of {ca} has {count} malformed part(s)",
    what_happened: "{count} part(s) of {object} cannot be decoded: {parts}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const PART_TOO_LARGE: Kind = Kind {
    id: "part-too-large",
    severity: Severity::High,
    title: "A part of the CRL of {ca} is too large to be judged",
    what_happened: "Vigil stopped reading {object}: {error}. Checked at {as_of}.",
    impact: "Nothing of the CRL was judged, and it may be forged. Relying parties with little memory \
             cannot read it either.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const TOO_LARGE: Kind = Kind {
    id: "too-large",
    severity: Severity::High,
    title: "The CRL object of {ca} is larger than {limit} bytes",
    what_happened: "{object} is larger than {limit} bytes, so Vigil stopped reading it. Checked at \
                    {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const TRAILING_BYTES: Kind = Kind {
    id: "trailing-bytes",
    severity: Severity::High,
    title: "{count} byte(s) follow the CRL of {ca} in its object",
    what_happened: "{count} byte(s) follow the end of the CRL in {object}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const UNREADABLE: Kind = Kind {
    id: "unreadable",
    severity: Severity::Critical,
    title: "The CRL object of {ca} cannot be read as a CRL in DER",
    what_happened: "{object} is not a CRL in DER: {error}. Checked at {as_of}.",
    impact: NOT_DER,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    match &subject.crl {
        CrlState::Missing => Err(NotJudged::not_applicable("there is no CRL object to judge")),
        CrlState::NotChecked(reason) => Err(NotJudged::unknown(reason)),
        CrlState::Read { facts, .. } => Ok(odd_parts(facts)),
        CrlState::TooLarge { limit } => Ok(vec![Observation::new(TOO_LARGE).with("limit", *limit)]),
        CrlState::Unreadable(CrlError::Foreign(format)) => {
            let kind = match &subject.location {
                CrlLocation::Bucket { .. } => ANOTHER_FORMAT,
                CrlLocation::File(_) | CrlLocation::Text { .. } => ANOTHER_FORMAT_OF_FILE,
            };
            let seen = Observation::new(kind).with("format", format.to_string());
            Ok(vec![seen.name("remedy", format.remedy())])
        }
        CrlState::Unreadable(error) => {
            let is_large = matches!(error, CrlError::PartTooLong { .. });
            let kind = if is_large { PART_TOO_LARGE } else { UNREADABLE };
            Ok(vec![Observation::new(kind).with("error", with_cause(error))])
        }
    }
}

/// It is a CRL, but relying parties that parse strictly will refuse it.
fn odd_parts(facts: &CrlFacts) -> Vec<Observation> {
    let mut seen = Vec::new();
    if facts.trailing_bytes > 0 {
        seen.push(Observation::new(TRAILING_BYTES).with("count", facts.trailing_bytes));
    }
    let mut parts: Vec<String> =
        facts.malformed.iter().map(|odd| format!("{}: {}", odd.part, odd.error)).collect();
    if let Some(error) = &facts.entries.first_malformed {
        parts.push(format!("{} entries, first: {error}", facts.entries.malformed));
    }
    if !parts.is_empty() {
        let malformed = Observation::new(MALFORMED).name("count", parts.len().to_string());
        seen.push(malformed.with("parts", parts));
    }
    seen
}

fn with_cause(error: &CrlError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
