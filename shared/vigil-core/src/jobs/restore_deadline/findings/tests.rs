use time::macros::datetime;

use super::*;
use crate::{
    fakes,
    inventory::Subordinates,
    jobs::{
        Certificates,
        restore_deadline::{
            background::Account,
            end_permit::EndPermit,
            ending, refused,
            tracked_window::{Ending, TrackedWindow},
        },
    },
    rules::{
        fixtures::{assert_all_kinds, assert_presentable},
        restore_deadline::RULES,
    },
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

#[test]
fn severity_rises_with_every_default_threshold_or_stays() {
    let ca = fakes::deleted_ca(AT);
    let severities = ["14d", "7d", "3d", "1d", "6h", "1h"].map(|text| {
        window::kind(&THRESHOLD_KINDS, &ca, text.parse::<crate::span::Span>().unwrap().duration())
            .severity
    });
    use Severity::{Critical, High, Low, Medium};
    assert_eq!(severities, [Low, Medium, Medium, High, Critical, Critical]);
}

#[test]
fn what_is_lost_depends_on_the_cas_certificate() {
    let ca = fakes::deleted_ca(AT);
    let unknown = Impact::default();
    let words = lost(&ca, &unknown, AT);
    assert!(words.contains("unknown number") && words.contains("2027-09-16"), "{words}");
    assert!(lost(&ca, &unknown, AT + Duration::days(300)).contains("expired at"));
    let certificates = Certificates { valid: 7, last_not_after: Some(AT), as_of: AT };
    let subordinates = Subordinates {
        living: 1,
        active: 1,
        last_not_after: None,
        names: vec!["Payments".to_owned()],
        as_of: AT,
    };
    let known = Impact {
        certificates: Some(certificates),
        subordinates: Some(subordinates),
        unknown: Vec::new(),
    };
    let words = lost(&ca, &known, AT);
    for part in
        ["7 valid certificates, the last until 2026-11-20", "1 living subordinate CA (Payments)"]
    {
        assert!(words.contains(part), "{words}");
    }
    let never = Ca { serial: None, not_before: None, not_after: None, ..ca };
    assert!(lost(&never, &known, AT).contains("never had"));
    assert_eq!(
        window::kind(&THRESHOLD_KINDS, &never, Duration::HOUR).severity,
        Severity::Informational
    );
}

fn known() -> Background {
    let certificates = Certificates {
        valid: 12,
        last_not_after: Some(AT + Duration::days(90)),
        as_of: AT - Duration::HOUR,
    };
    let deletion = Account {
        by: "arn:aws:sts::111122223333:assumed-role/Admin/alice".to_owned(),
        at: AT,
        why_it_stands: "policy `approved` permits it: approved by carol, CHG-1042".to_owned(),
    };
    let impact = Impact { certificates: Some(certificates), ..Impact::default() };
    Background { impact, deletion: Some(deletion), permit: EndPermit::Approval }
}

/// The alert that `threshold` causes on its time, `late`.
fn alert(ca: &Ca, threshold: &str, late: Duration, background: &Background) -> Finding {
    let until = ca.restorable_until.unwrap();
    let threshold: crate::span::Span = threshold.parse().unwrap();
    let at = until - threshold.duration();
    finding(
        ca,
        until,
        &Due {
            threshold,
            at,
            earlier: Vec::new(),
            is_last: threshold.duration() <= Duration::HOUR,
            withheld: Vec::new(),
        },
        &[],
        background,
        at + late,
    )
}

fn ended(had_certificate: bool, ending: Ending, after: Duration) -> Finding {
    ended_as(had_certificate, ending, true, after)
}

fn ended_as(had_certificate: bool, ending: Ending, is_permitted: bool, after: Duration) -> Finding {
    let ca = fakes::deleted_ca(AT);
    let window = TrackedWindow {
        restorable_until: ca.restorable_until.unwrap(),
        ca: ca.arn,
        common_name: ca.common_name,
        had_certificate,
        deleted_at: Some(AT),
        ca_not_after: ca.not_after,
        ending: None,
    };
    ending::finding(&window, ending, is_permitted, AT + after)
}

#[test]
fn every_kind_reads_as_its_golden_file_says() {
    let ca = fakes::deleted_ca(AT);
    let month = Ca { restorable_until: Some(AT + Duration::days(30)), ..ca.clone() };
    let never = Ca { serial: None, not_before: None, not_after: None, ..ca.clone() };
    let unknown = Background { impact: Impact::default(), deletion: None, permit: EndPermit::None };
    let findings = [
        alert(&never, "3d", Duration::ZERO, &unknown),
        alert(&month, "14d", Duration::ZERO, &unknown),
        alert(&ca, "3d", Duration::ZERO, &known()),
        alert(&ca, "1d", Duration::hours(5), &known()),
        alert(&ca, "6h", Duration::ZERO, &known()),
        alert(&ca, "1h", Duration::HOUR + Duration::MINUTE, &known()),
        refused::finding(&ca, AT + Duration::days(7), "acks/1122.json: it is not signed", AT),
        ended(true, Ending::Gone, Duration::days(8)),
        ended_as(true, Ending::Gone, false, Duration::days(8)),
        ended(true, Ending::Unannounced, Duration::days(8)),
        ended(true, Ending::Unannounced, Duration::days(2)),
        ended(false, Ending::Unannounced, Duration::days(8)),
    ];
    findings.iter().for_each(assert_presentable);
    assert_all_kinds("restore-deadline", RULES, &findings);
}
