//! For programs: the facts, and every rule's verdict.

use std::path::PathBuf;

use serde_json::{Value, json};
use vigil_core::{
    finding::Severity,
    instant::rfc3339,
    name::readable,
    rules::{
        JudgementResult,
        crl::{CrlState, CrlSubject},
    },
};

use super::super::judged::{Answer, Judged};

/// One CRL is one object; of several, each is one in `crls`, and `result` is the worst.
pub(crate) fn json(issuers: &[PathBuf], all: &[Judged], threshold: Severity) -> String {
    let objects: Vec<_> = all.iter().map(|one| object(issuers, one, threshold)).collect();
    let report = match <[Value; 1]>::try_from(objects) {
        Ok([one]) => one,
        Err(objects) => {
            let answers: Vec<_> = all.iter().map(|one| one.answer(threshold)).collect();
            let worst = [Answer::Findings, Answer::Incomplete].into_iter();
            let worst = worst.into_iter().find(|one| answers.contains(one));
            json!({ "result": worst.unwrap_or(Answer::Clean).name(), "crls": objects })
        }
    };
    format!("{report:#}\n")
}

fn object(issuers: &[PathBuf], judged: &Judged, threshold: Severity) -> Value {
    let Judged { name, subject, judgements, ignored } = judged;
    let issuer = match issuers {
        [] => Value::Null,
        [one] => json!(one),
        several => json!(several),
    };
    let not_checked: Vec<_> = judgements
        .iter()
        .filter_map(|judgement| match &judgement.result {
            JudgementResult::Unknown { reason } => {
                Some(json!({ "rule": judgement.rule, "reason": reason }))
            }
            _ => None,
        })
        .collect();
    let ignored: Vec<_> =
        ignored.iter().map(|(rule, reason)| json!({ "rule": rule, "reason": reason })).collect();
    json!({
        "file": name,
        "issuer": issuer,
        "as_of": rfc3339(subject.as_of),
        "profile": subject.profile.name(),
        "result": judged.answer(threshold).name(),
        "crl": facts(subject),
        "not_checked": not_checked,
        "ignored": ignored,
        "judgements": judgements,
    })
}

fn facts(subject: &CrlSubject) -> Value {
    let CrlState::Read { facts, .. } = &subject.crl else { return Value::Null };
    let number = facts.number.as_deref();
    let number = number.map(|octets| hex::encode(&octets[..octets.len().min(64)]));
    json!({
        "issuer": readable(&facts.issuer),
        "size": facts.size,
        "entries": facts.entries.count,
        "signature_algorithm": facts.inner_algorithm.to_string(),
        "this_update": facts.this_update.map(rfc3339),
        "next_update": facts.next_update.map(rfc3339),
        "number": number,
    })
}
