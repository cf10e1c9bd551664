//! For programs: the facts, and every rule's verdict.

use std::path::Path;

use serde_json::{Value, json};
use vigil_core::{
    instant::rfc3339,
    rules::{
        Judgement,
        crl::{CrlState, CrlSubject},
    },
};

use super::findings;

pub(crate) fn json(
    file: &Path,
    issuer: &Path,
    subject: &CrlSubject,
    judgements: &[Judgement],
) -> String {
    let result = if findings(judgements).is_empty() { "clean" } else { "findings" };
    let report = json!({
        "file": file,
        "issuer": issuer,
        "as_of": rfc3339(subject.as_of),
        "result": result,
        "crl": facts(subject),
        "judgements": judgements,
    });
    format!("{report:#}\n")
}

fn facts(subject: &CrlSubject) -> Value {
    let CrlState::Read { facts, .. } = &subject.crl else { return Value::Null };
    let number = facts.number.as_deref().map(|octets| {
        octets.iter().take(64).map(|octet| format!("{octet:02x}")).collect::<String>()
    });
    json!({
        "size": facts.size,
        "entries": facts.entries.count,
        "signature_algorithm": facts.inner_algorithm.to_string(),
        "this_update": facts.this_update.map(rfc3339),
        "next_update": facts.next_update.map(rfc3339),
        "number": number,
    })
}
