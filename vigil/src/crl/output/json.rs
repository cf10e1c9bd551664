//! For programs: the facts, and every rule's verdict.

use std::path::{Path, PathBuf};

use vigil_core::{
    finding::Severity,
    instant::rfc3339,
    name::readable,
    rules::crl_check::{Answer, CheckedCrl, CheckedFacts, CrlCheck, Issuers, NotChecked},
    rules::{
        JudgementResult,
        crl::{CrlState, CrlSubject},
    },
};

use super::super::{judged::Judged, verdict::overall};

/// One CRL is one object; of several, each is one in `crls`, and `result` is what the exit code says.
///
/// # Errors
///
/// None that is known: the types are JSON's.
pub(crate) fn json(
    issuers: &[PathBuf],
    all: &[Judged],
    threshold: Severity,
) -> serde_json::Result<String> {
    let objects: Vec<_> = all.iter().map(|one| object(issuers, one, threshold)).collect();
    let check = match <[CheckedCrl; 1]>::try_from(objects) {
        Ok([one]) => CrlCheck::One(Box::new(one)),
        Err(crls) => CrlCheck::Several { result: overall(all, threshold), crls },
    };
    text(&check)
}

/// No CRL was checked, and why.
///
/// # Errors
///
/// None that is known: the types are JSON's.
pub(crate) fn json_of_failure(error: String) -> serde_json::Result<String> {
    text(&CrlCheck::Failed { result: Answer::Incomplete, error })
}

fn text(check: &CrlCheck) -> serde_json::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(check)?))
}

fn object(issuers: &[PathBuf], judged: &Judged, threshold: Severity) -> CheckedCrl {
    let Judged { name, subject, judgements, ignored, .. } = judged;
    let text = |path: &Path| path.display().to_string();
    let not_checked = judgements.iter().filter_map(|judgement| match &judgement.result {
        JudgementResult::Unknown { reason } => Some((judgement.rule, reason)),
        _ => None,
    });
    let of = |(rule, reason): (&str, &String)| NotChecked {
        rule: rule.to_owned(),
        reason: reason.clone(),
    };
    CheckedCrl {
        file: name.clone(),
        issuer: match issuers {
            [] => None,
            [one] => Some(Issuers::One(text(one))),
            several => Some(Issuers::Several(several.iter().map(|path| text(path)).collect())),
        },
        as_of: rfc3339(subject.as_of),
        profile: subject.profile.name().to_owned(),
        result: judged.answer(threshold),
        crl: facts(subject),
        not_checked: not_checked.map(of).collect(),
        ignored: ignored.iter().map(|(rule, reason)| of((rule, reason))).collect(),
        judgements: judgements.clone(),
    }
}

fn facts(subject: &CrlSubject) -> Option<CheckedFacts> {
    let CrlState::Read { facts, .. } = &subject.crl else { return None };
    let number = facts.number.as_deref();
    Some(CheckedFacts {
        issuer: readable(&facts.issuer),
        size: facts.size,
        entries: facts.entries.count,
        signature_algorithm: facts.inner_algorithm.to_string(),
        this_update: facts.this_update.map(rfc3339),
        next_update: facts.next_update.map(rfc3339),
        number: number.map(|octets| hex::encode(&octets[..octets.len().min(64)])),
    })
}
