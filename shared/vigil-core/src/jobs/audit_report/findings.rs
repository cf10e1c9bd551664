//! The findings of a report.

use time::OffsetDateTime;

use super::request_state::Pending;
use crate::{
    audit_report::{Compared, Concern, ReportError, Summary},
    ca::Ca,
    finding::{Finding, Kind, Names, Observation, RuleInfo},
    instant::rfc3339,
    ports::Described,
    rules::audit_report::{
        CREATING, DIFFERENT, FAILED, FOREIGN, FOREIGN_RECORDS, HISTORY, IMPOSSIBLE,
        IMPOSSIBLE_RECORDS, INCOMPLETE, INCOMPLETE_REPORT, MISSING, NOT_A_REPORT, NOT_MADE,
        OUTLIVING, OUTLIVING_CA, UNFINISHED, UNREADABLE, UNREADABLE_RECORDS,
    },
};

/// ACM PCA could not make the report.
pub(super) fn failed(described: &Described, report: &str) -> Finding {
    let seen = Observation::new(NOT_MADE).with("report", report);
    finding(&FAILED, seen, described, report)
}

/// The object has no record at all.
pub(super) fn not_a_report(described: &Described, report: &str, error: &ReportError) -> Finding {
    let seen = Observation::new(NOT_A_REPORT).with("error", error.to_string());
    finding(&INCOMPLETE_REPORT, seen, described, report)
}

/// ACM PCA does not finish the report.
pub(super) fn unfinished(ca: &Ca, pending: &Pending, now: OffsetDateTime) -> Finding {
    let seen = Observation::new(CREATING)
        .with("hours", (now - pending.asked_at).whole_hours())
        .with("report", pending.report.as_str())
        .name("asked_at", rfc3339(pending.asked_at));
    of_ca(&UNFINISHED, seen, ca, &pending.report, now)
}

/// The id of that finding, for its end.
pub(super) fn unfinished_id(ca: &Ca) -> String {
    of_ca(&UNFINISHED, Observation::new(CREATING), ca, "", OffsetDateTime::UNIX_EPOCH).id
}

/// What a rule says of a summary: how many, and the first of them.
struct Seen<'a> {
    rule: &'a RuleInfo,
    kind: Kind,
    count: u64,
    first: Vec<String>,
}

fn seen(summary: &Summary) -> [Seen<'static>; 5] {
    let of = |rule: &'static RuleInfo, kind: Kind, concerns: &[&Concern]| Seen {
        rule,
        kind,
        count: concerns.iter().map(|concern| concern.count).sum(),
        first: concerns.iter().flat_map(|concern| concern.arns()).take(MAX_FIRST).collect(),
    };
    let (apart, impossible) = (&summary.apart, &summary.impossible);
    let unreadable = &summary.unreadable;
    let bad = unreadable.first.iter().map(|bad| {
        format!("record {} at offset {}, {} bytes: {}", bad.number, bad.offset, bad.bytes, bad.why)
    });
    [
        of(&OUTLIVING_CA, OUTLIVING, &[&summary.outliving_ca]),
        of(
            &FOREIGN_RECORDS,
            FOREIGN,
            &[
                &apart.another_ca,
                &apart.other_serial,
                &apart.repeated,
                &apart.repeated_serial,
                &impossible.shared_serial,
            ],
        ),
        of(
            &IMPOSSIBLE_RECORDS,
            IMPOSSIBLE,
            &[
                &impossible.ends_before_it_begins,
                &impossible.issued_after_report,
                &impossible.revoked_before_issued,
                &impossible.revoked_after_report,
            ],
        ),
        Seen {
            rule: &UNREADABLE_RECORDS,
            kind: UNREADABLE,
            count: unreadable.count,
            first: bad.collect(),
        },
        Seen {
            rule: &INCOMPLETE_REPORT,
            kind: INCOMPLETE,
            count: summary.incomplete_because.len() as u64,
            first: summary.incomplete_because.clone(),
        },
    ]
}

const MAX_FIRST: usize = 10;

/// How many records of each class are foreign or repeated.
fn classes(summary: &Summary) -> String {
    let apart = Some(summary.apart.in_words()).filter(|words| !words.is_empty());
    let shared = Some(summary.impossible.shared_serial.count).filter(|count| *count > 0);
    let shared =
        shared.map(|count| format!("a serial number again in a record that differs: {count}"));
    apart.into_iter().chain(shared).collect::<Vec<_>>().join("; ")
}

/// The findings of a report, and the ids of those that it shows to be over.
pub(super) fn findings(
    described: &Described,
    report: &str,
    summary: &Summary,
    compared: Option<&Compared>,
) -> (Vec<Finding>, Vec<String>) {
    let ca_end = summary.ca_not_after.map_or_else(|| "an unknown time".to_owned(), rfc3339);
    // A report that came is the end of one that did not.
    let (mut found, mut over) = (Vec::new(), vec![failed(described, "").id]);
    for Seen { rule, kind, count, first } in seen(summary) {
        let seen = Observation::new(kind)
            .with("count", count)
            .with("first", first)
            .with("report_created_at", rfc3339(summary.as_of))
            .name("as_of", rfc3339(summary.as_of))
            .name("ca_end", ca_end.as_str())
            .name("classes", classes(summary));
        let finding = finding(rule, seen, described, report);
        if count > 0 { found.push(finding) } else { over.push(finding.id) }
    }
    let history = history(described, report, compared);
    if compared.is_some_and(|compared| !compared.is_same()) && summary.complete {
        found.push(history);
    } else if compared.is_some() {
        over.push(history.id);
    }
    (found, over)
}

/// A report never loses a certificate. `None`: for the id only.
fn history(described: &Described, report: &str, compared: Option<&Compared>) -> Finding {
    let kind = match compared {
        Some(compared) if compared.missing() > 0 => MISSING,
        _ => DIFFERENT,
    };
    let seen = Observation::new(kind);
    let seen = match compared {
        None => seen,
        Some(compared) => seen
            .with("missing", compared.missing())
            .with("surplus", compared.surplus())
            .with("before", compared.report.as_str())
            .with("until", rfc3339(compared.before.until)),
    };
    finding(&HISTORY, seen, described, report)
}

/// One for each CA and rule: the next report shows whether it still holds.
fn finding(rule: &RuleInfo, seen: Observation, described: &Described, report: &str) -> Finding {
    of_ca(rule, seen, &described.ca, report, described.as_of)
}

fn of_ca(
    rule: &RuleInfo,
    seen: Observation,
    ca: &Ca,
    report: &str,
    as_of: OffsetDateTime,
) -> Finding {
    let names = Names::new(format!("audit report {report}"))
        .of_ca(&ca.arn, ca.common_name.as_deref())
        .with("report", report);
    seen.discriminator("").finding(rule, &names, ca.arn.as_str(), as_of)
}

#[cfg(test)]
mod tests;
