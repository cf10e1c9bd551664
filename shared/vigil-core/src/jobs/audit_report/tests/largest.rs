//! However long and strange the names in a report are, functions can read its summary.

use std::borrow::Cow;

use time::{OffsetDateTime, macros::datetime};

use super::{world::arn, *};
use crate::{
    arn::CaArn,
    audit_report::{Basis, Counter, Ending, Record, Summary},
};

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// A third of them is valid, and two thirds are revoked. A control character takes six bytes in JSON.
fn add(counter: &mut Counter, n: u64, long: &str) {
    let long = format!("{n:04}{long}");
    let name = long.as_str();
    let reason: Option<Cow<'_, str>> = match n % 3 {
        0 => None,
        1 => Some(Cow::Borrowed(name)),
        _ => Some(Cow::Borrowed("CERTIFICATE_AUTHORITY_COMPROMISE")),
    };
    counter.add(&Record {
        aws_account_id: Cow::Borrowed(name),
        requested_by_service_principal: Some(Cow::Borrowed(name)),
        certificate_arn: Cow::Owned(format!("{}/certificate/{long}", arn(1))),
        serial: Cow::Borrowed(name),
        subject: Cow::Borrowed(name),
        not_before: AT - Duration::DAY,
        not_after: AT + Duration::days(5),
        issued_at: AT - Duration::DAY,
        revoked_at: reason.is_some().then_some(AT),
        revocation_reason: reason,
        template_arn: Some(Cow::Owned(format!("{long}/SubordinateCACertificate/V1"))),
    });
}

fn summary(records: u64, long: &str) -> Summary {
    let ca: CaArn = arn(1).parse().unwrap();
    let mut counter =
        Counter::new(Basis { ca: Some(&ca), ca_not_after: Some(AT), as_of: AT }).indexed();
    (0..records).for_each(|n| add(&mut counter, n, long));
    let summary = counter.finish(Ending { records, ..Ending::default() });
    assert!(summary.complete, "{:?}", summary.incomplete_because);
    summary
}

fn bytes(summary: &Summary) -> u64 {
    serde_json::to_vec_pretty(summary).unwrap().len() as u64
}

#[test]
fn the_largest_summary_is_shortened_and_says_so() {
    let limit = 900 * 1024;
    let whole = summary(3000, &"\u{1}".repeat(300));
    assert!(bytes(&whole) > 4 * limit && whole.ca_certificates.first.len() == 500);
    let mut short = whole.clone();
    short.shorten(limit);
    assert!(bytes(&short) <= limit, "{}", bytes(&short));
    assert!(!short.complete && short.incomplete_because[0].contains("left out"));
    let counts = |of: &Summary| (of.issued, of.valid, of.revoked, of.ca_certificates.count);
    assert_eq!(counts(&short), counts(&whole));
    assert_eq!(short.by_account.iter().map(|(_, count)| count).sum::<u64>(), 3000);
    assert!(short.by_template.is_cut());
    assert_eq!(short.ca_compromise, whole.ca_compromise, "what is urgent keeps its names");
}

#[test]
fn a_summary_of_usual_names_is_not_shortened() {
    let whole = summary(3000, "-name-of-a-template-or-an-account");
    let mut same = whole.clone();
    same.shorten(900 * 1024);
    assert_eq!(same, whole);
}
