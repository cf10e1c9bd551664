//! When a CRL is fresh, due and over, and what its dates are held against.

use time::Duration;

use super::{
    super::{CrlSubject, Profile, RULES},
    world::*,
};
use crate::{
    crl::fixture::{self, Draft, Issuer, utc},
    finding::Severity,
    rules::{JudgementResult, judge},
};

/// The two edges are where an alert is either lost or sent too late, so each is pinned from both
/// sides, one second apart. Validity is 7 d 1 h: headroom a day, midpoint 84.5 h, a tenth 16.9 h.
#[test]
fn freshness_changes_exactly_at_its_edges() {
    let issuer = Issuer::new("Root");
    let draft = Draft { entries: None, ..Draft::good(&issuer, AT) };
    let mut subject = read(&issuer, &draft.sign(&issuer));
    let (this, next) = (AT - Duration::HOUR, AT + Duration::days(7));
    let due = this + (next - this) / 2 + (next - this) / 10;
    let second = Duration::SECOND;
    let overdue = ("crl.overdue-refresh", "overdue", Severity::Medium);
    let soon = ("crl.next-update", "expires-soon", Severity::High);
    let expired = ("crl.next-update", "expired", Severity::Critical);
    for (name, as_of, want) in [
        ("made this second", this, vec![]),
        ("made in a second", this - second, vec![("crl.this-update", "future", Severity::High)]),
        ("last second of grace", due, vec![]),
        ("grace is over", due + second, vec![overdue]),
        ("before the headroom", next - Duration::DAY - second, vec![overdue]),
        ("headroom begins", next - Duration::DAY, vec![soon]),
        ("last valid second", next - second, vec![soon]),
        ("expired at nextUpdate", next, vec![expired]),
    ] {
        subject.as_of = as_of;
        assert_eq!(findings(&subject), of(&want), "{name}");
    }
}

#[test]
fn a_crl_that_ends_before_it_begins_is_found() {
    let found = spoilt(|_, draft| draft.this_update = utc(AT + Duration::days(7)));
    let rules: Vec<_> = found.iter().map(|(rule, kind, _)| (*rule, kind.as_str())).collect();
    assert!(rules.contains(&("crl.this-update", "not-before-next")), "{rules:?}");
    assert!(rules.contains(&("crl.this-update", "future")), "{rules:?}");
}

/// Titles are what people read first: dates as everywhere else, spans in words.
#[test]
fn a_title_says_when_in_words_that_people_read() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.as_of = AT + Duration::days(7) - Duration::hours(3);
    let judgements = judge(RULES, &subject, ARN, subject.as_of);
    let title = judgements.into_iter().find_map(|judgement| match judgement.result {
        JudgementResult::Findings { findings } => Some(findings[0].title.clone()),
        JudgementResult::NotApplicable { .. }
        | JudgementResult::Pass
        | JudgementResult::Unknown { .. } => None,
    });
    let want = "The CRL of CA 'Payments Root' expires in 3 hours and was not renewed";
    assert_eq!(title.as_deref(), Some(want));
}

/// One second apart, on both sides of the hour that only ACM PCA goes back.
#[test]
fn browsers_want_no_revocation_after_this_update() {
    let issuer = Issuer::new("Root");
    let rule = [("crl.entry-dates", "after-this-update", Severity::Medium)];
    for (profile, after, is_found) in [
        (Profile::AcmPca, Duration::HOUR, false),
        (Profile::AcmPca, Duration::HOUR + Duration::SECOND, true),
        (Profile::Rfc5280, Duration::HOUR, false),
        (Profile::Rfc5280, Duration::HOUR + Duration::SECOND, true),
        (Profile::Cabf, Duration::ZERO, false),
        (Profile::Cabf, Duration::SECOND, true),
    ] {
        let entries = Some(vec![fixture::entry(&[1], AT + after, Some(1))]);
        let draft = Draft { entries, ..Draft::of_any_ca(&issuer, AT) };
        let read = read(&issuer, &draft.sign(&issuer));
        let found = findings(&CrlSubject { ca: None, profile, ..read });
        assert_eq!(found.contains(&of(&rule)[0]), is_found, "{profile:?} {after}");
    }
}

/// The certificate of the fixture is valid from 2025 on.
#[test]
fn an_older_certificate_of_the_key_explains_old_entries() {
    let issuer = Issuer::new("Root");
    let old = AT - Duration::days(6 * 366);
    let entries = Some(vec![fixture::entry(&[1], old, Some(1))]);
    let draft = Draft { entries, ..Draft::of_any_ca(&issuer, AT) };
    let read = read(&issuer, &draft.sign(&issuer));
    let mut subject = CrlSubject { ca: None, profile: Profile::Rfc5280, ..read };
    let early = of(&[("crl.entry-dates", "before-certificate", Severity::Low)]);
    assert_eq!(findings(&subject), early);
    subject.history.key_since = Some(old);
    assert_eq!(findings(&subject), []);
}

#[test]
fn dates_of_entries_are_held_against_the_cas_own() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let first = AT - Duration::DAY;
    let created_at = |subject: &mut CrlSubject, at| subject.ca.as_mut().unwrap().created_at = at;
    created_at(&mut subject, Some(first + Duration::milliseconds(500)));
    assert_eq!(findings(&subject), [], "entries have whole seconds");
    created_at(&mut subject, Some(first + Duration::SECOND));
    assert_eq!(findings(&subject), of(&[("crl.entry-dates", "before-ca", Severity::Medium)]));
    let later = fixture::entry_invalid_since(&[1], AT, AT + Duration::SECOND);
    let invalid = spoilt(|_, draft| draft.entries = Some(vec![later]));
    assert_eq!(invalid, of(&[("crl.entry-dates", "invalid-later", Severity::Low)]));
}
