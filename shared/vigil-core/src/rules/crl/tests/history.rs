//! What was seen of a CA before: its last CRL, and the last failure to make one.

use time::Duration;

use super::{
    super::{CrlState, CrlSubject, GenerationFailure, Profile},
    world::*,
};
use crate::{
    crl::fixture::{Draft, Issuer, utc},
    finding::Severity,
    signature::SignatureError,
};

#[test]
fn a_number_that_ran_backwards_is_a_replayed_crl() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let CrlState::Read { facts, .. } = &subject.crl else { panic!("it was read") };
    let number = facts.number.clone().unwrap();
    subject.history.number = Some(number.clone());
    assert_eq!(findings(&subject), []);
    let mut higher = number.clone();
    *higher.last_mut().unwrap() += 1;
    subject.history.number = Some(higher);
    assert_eq!(findings(&subject), of(&[("crl.crl-number", "rolled-back", Severity::High)]));
    subject.history.number = Some([&[1], &number[..]].concat());
    assert_eq!(findings(&subject), of(&[("crl.crl-number", "rolled-back", Severity::High)]));
    subject.history.number = Some(vec![0xff]);
    assert_eq!(findings(&subject), [], "one octet is less than six, whatever its value");
}

/// Made at the same time, with other content.
#[test]
fn a_number_of_two_contents_is_found() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let CrlState::Read { facts, .. } = &subject.crl else { panic!("it was read") };
    let facts = facts.clone();
    subject.history.number = facts.number.clone();
    subject.history.this_update = facts.this_update;
    subject.history.digest = facts.signed_digest.clone();
    assert_eq!(findings(&subject), []);
    subject.history.digest = Some(vec![0; 32]);
    assert_eq!(findings(&subject), of(&[("crl.crl-number", "reused", Severity::High)]));
}

/// Four times as long, and thirty days longer: each from both sides.
#[test]
fn a_validity_beyond_the_ca_s_habit_is_found() {
    let issuer = Issuer::new("Root");
    let found = |before: Duration, now: Duration| {
        let draft = Draft { next_update: Some(utc(AT + now)), ..Draft::good(&issuer, AT) };
        let mut subject = CrlSubject { ca: None, ..read(&issuer, &draft.sign(&issuer)) };
        subject.profile = Profile::Rfc5280;
        subject.history.validity = Some(before);
        findings(&subject).iter().any(|(_, kind, _)| kind == "beyond-habit")
    };
    let hour = Duration::HOUR;
    let days = Duration::days;
    for (before, now, want) in [
        (days(20), days(80) - hour, false),
        (days(20), days(80), true),
        (days(1), days(31) - hour, false),
        (days(1), days(31), true),
    ] {
        assert_eq!(found(before, now), want, "{before} {now}");
    }
}

#[test]
fn a_failed_generation_stands_until_a_newer_crl_comes() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    let reason = "Failed to write CRL to S3. Check your S3 bucket permissions.".to_owned();
    let failed = |at| Some(GenerationFailure { at, reason: Some(reason.clone()) });
    subject.history.failure = failed(AT - Duration::SECOND);
    assert_eq!(findings(&subject), []);
    subject.history.failure = failed(AT);
    assert_eq!(findings(&subject), of(&[("crl.generation", "failed", Severity::High)]));
    subject.history.failure = failed(AT - Duration::SECOND);
    let CrlState::Read { signature, .. } = &mut subject.crl else { panic!("it was read") };
    *signature = Some(Err(SignatureError::Mismatch));
    let rules: Vec<_> = findings(&subject).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["crl.generation", "crl.signature"], "a forged CRL overcomes nothing");
}

#[test]
fn a_this_update_that_ran_backwards_is_found() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.history.this_update = Some(AT - Duration::HOUR);
    assert_eq!(findings(&subject), []);
    subject.history.this_update = Some(AT - Duration::HOUR + Duration::SECOND);
    assert_eq!(findings(&subject), of(&[("crl.this-update", "rolled-back", Severity::High)]));
}
