//! One CRL, and what it is held against.

use serde_json::json;
use time::Duration;

use super::world::*;
use crate::{
    crl::fixture::{Draft, Issuer, utc},
    finding::Status,
    rules,
};

#[test]
fn an_older_crl_in_the_place_of_a_newer_one_is_found() {
    let world = World::clean();
    world.put_crl(1, &Draft::good(&world.issuers[0], AT + Duration::DAY));
    world.audit(Duration::DAY);
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.audit(Duration::DAY + Duration::HOUR);
    assert_eq!(world.published(), [new("crl.crl-number")]);
}

/// An attacker who can overwrite the CRL must not be able to make every genuine one look rolled
/// back.
#[test]
fn a_forged_crl_teaches_us_no_number() {
    let world = World::clean();
    let mallory = Issuer::new("One");
    world.put(1, Draft::good(&mallory, AT + Duration::days(300)).sign(&mallory));
    world.audit(Duration::HOUR);
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.bus.published.lock().unwrap().clear();
    world.audit(Duration::hours(2));
    assert!(
        world.published().iter().all(|(_, status)| *status == Status::Resolved),
        "{:?}",
        world.published()
    );
}

#[test]
fn an_entry_that_has_left_since_the_version_before_is_found() {
    let world = World::clean();
    let version = |id: &str, bytes: Vec<u8>| {
        world.objects.versions.lock().unwrap().insert((key(1), id.to_owned()), bytes);
    };
    // The latest before is a forgery that was replaced by the genuine CRL.
    version("1", b"garbage".to_vec());
    version("2", Draft::good(&world.issuers[0], AT).sign(&world.issuers[0]));
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), []);
    let mut shorter = Draft::good(&world.issuers[0], AT);
    shorter.entries.as_mut().unwrap().remove(0);
    world.put_crl(1, &shorter);
    world.audit(Duration::minutes(1));
    // It has the number of the longer one, too.
    assert_eq!(world.published(), [new("crl.crl-number"), new("crl.early-removal")]);
    assert_eq!(world.bus.last().evidence["kind"], "unexplained");
}

#[test]
fn an_object_over_the_limit_is_not_read_and_is_found() {
    let world = World::clean();
    world.put(1, vec![0x30; 1_000_001]);
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), [new("crl.parses")]);
    assert_eq!(world.bus.last().evidence["kind"], "too-large");
}

#[test]
fn each_stage_of_an_expiring_crl_is_published_once() {
    let world = World::clean();
    world.authorities.cas.lock().unwrap().truncate(1);
    world.objects.objects.lock().unwrap().remove(&key(2));
    for hour in 0..8 * 24 {
        world.audit(Duration::hours(hour));
    }
    let stages: Vec<_> = world
        .bus
        .published
        .lock()
        .unwrap()
        .iter()
        .map(|finding| (finding.evidence["kind"].as_str().unwrap().to_owned(), finding.status))
        .collect();
    let stage = |kind: &str, status| (kind.to_owned(), status);
    assert_eq!(
        stages,
        [
            stage("overdue", Status::New),
            stage("expires-soon", Status::New),
            stage("expired", Status::New),
            stage("expires-soon", Status::Resolved),
        ]
    );
    let renewed = AT + Duration::days(8);
    let draft = Draft {
        next_update: Some(utc(renewed + Duration::days(7))),
        ..Draft::good(&world.issuers[0], renewed)
    };
    world.put_crl(1, &draft);
    let audit = world.audit(Duration::days(8));
    assert_eq!(audit.findings.resolved.len(), 2);
}

#[test]
fn the_newest_audit_report_says_what_the_crl_must_list() {
    let world = World::clean();
    let put = |late| world.note_report(late);
    put("2026-03-01T11:00:00+0000");
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), [], "an hour is what the service may take");
    put("2026-03-01T10:59:59+0000");
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), [new("crl.completeness")]);
    assert_eq!(world.bus.last().evidence["first_serials"], json!([format!("{:032x}", 0x12)]));

    world.objects.objects.lock().unwrap().remove("audit-report/r.json");
    world.audit(Duration::HOUR);
    assert_eq!(world.published().len(), 1, "a report that is gone proves nothing");
}

#[test]
fn the_served_crl_is_compared_with_the_one_in_the_bucket() {
    let mut world = World::clean();
    world.authorities.cas.lock().unwrap().truncate(1);
    world.objects.objects.lock().unwrap().remove(&key(2));
    let good = world.objects.objects.lock().unwrap()[&key(1)].clone();
    world.distribution = Some(FakeDistribution(good));
    let audit = world.audit(Duration::HOUR);
    assert_eq!(world.published(), []);
    let of_a_ca = rules::crl::RULES.len() + rules::configuration::RULES.len();
    let all = of_a_ca + rules::distribution::RULES.len() + rules::bucket::RULES.len();
    assert_eq!(audit.passed + audit.not_applicable + audit.unknown, all);
    let stale = Draft::good(&world.issuers[0], AT - Duration::DAY).sign(&world.issuers[0]);
    world.distribution = Some(FakeDistribution(stale));
    world.audit(Duration::hours(2));
    assert_eq!(world.published(), [new("distribution.content")]);
    assert_eq!(world.bus.last().evidence["kind"], "older");
    world.distribution = None;
    world.audit(Duration::hours(3));
    assert_eq!(
        world.published()[1..],
        [resolved("distribution.content")],
        "it is no longer checked"
    );
}

#[test]
fn crls_that_no_ca_writes_any_more_are_listed() {
    let world = World::clean();
    let put = |key: &str| world.objects.objects.lock().unwrap().insert(key.to_owned(), vec![0x30]);
    let ours = arn(1).rsplit('/').next().unwrap().to_owned();
    put("crl/00000000-0000-0000-0000-00000000000a.crl");
    put("crl/00000000-0000-0000-0000-00000000000b/00000000-0000-0000-0000-000000000001.crl");
    put("crl/by-hand.crl");
    world.audit(Duration::HOUR);
    assert_eq!(world.published(), [new("bucket.orphans")]);
    let evidence = world.bus.last().evidence;
    assert_eq!((&evidence["kind"], &evidence["count"]), (&json!("no-ca"), &json!(2)));

    put(&format!("crl/{ours}/00000000-0000-0000-0000-000000000001.crl"));
    world.audit(Duration::hours(2));
    assert_eq!(world.published()[1..], [new("bucket.orphans")]);
    assert_eq!(world.bus.last().evidence["kind"], "former-partitions");
}
