//! Partitioned CRLs.

use serde_json::json;
use time::Duration;

use super::{
    events::{generation, object_event},
    world::*,
};
use crate::{
    ca::CrlType,
    crl::fixture::{Draft, Issuer, distribution_point},
    rules,
};

/// Both CAs are partitioned. The first has two partitions beside its complete CRL.
pub(super) fn partitioned() -> World {
    let world = World::clean();
    for ca in world.authorities.cas.lock().unwrap().iter_mut() {
        ca.crl.as_mut().unwrap().crl_type = Some(CrlType::Partitioned);
    }
    for n in [1, 2] {
        world.put(n, part_of(&world, n, &key(n)));
    }
    for name in ["a", "b"] {
        put_part(&world, name, part_of(&world, 1, &part_key(name)));
    }
    world
}

pub(super) fn part_key(name: &str) -> String {
    format!("crl/00000000-0000-0000-0000-000000000001/{name}.crl")
}

pub(super) fn part_url(name: &str) -> String {
    format!("http://crls.s3.us-east-1.amazonaws.com/{}", part_key(name))
}

pub(super) fn part_of(world: &World, n: u8, key: &str) -> Vec<u8> {
    let issuer = &world.issuers[usize::from(n) - 1];
    let mut draft = Draft::good(issuer, AT);
    let url = format!("http://crls.s3.us-east-1.amazonaws.com/{key}");
    draft.extensions.as_mut().unwrap().push(distribution_point(true, &url, &[]));
    draft.sign(issuer)
}

pub(super) fn put_part(world: &World, name: &str, bytes: Vec<u8>) {
    world.objects.objects.lock().unwrap().insert(part_key(name), bytes);
}

#[test]
fn each_partition_is_checked_alone_and_a_lost_one_is_missing() {
    let world = partitioned();
    let audit = world.audit(Duration::ZERO);
    assert_eq!(world.published(), []);
    assert!(audit.passed > 4 * (rules::crl::RULES.len() - 6), "{audit:?}");

    put_part(&world, "a", part_of(&world, 1, &part_key("b")));
    world.audit(Duration::minutes(1));
    let number = "crl.crl-number";
    assert_eq!(world.published(), [new(number), new("crl.issuing-distribution-point")]);
    let partition = format!("arn:aws:s3:::crls/{}", part_key("a"));
    assert_eq!(world.bus.last().resource, partition);
    put_part(&world, "a", part_of(&world, 1, &part_key("a")));
    world.audit(Duration::minutes(2));
    let mut over = world.published()[2..].to_vec();
    over.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(over, [resolved(number), resolved("crl.issuing-distribution-point")]);

    let hidden = world.objects.objects.lock().unwrap().remove(&part_key("b")).unwrap();
    world.audit(Duration::minutes(3));
    assert_eq!(world.published().pop(), Some(new("crl.object-present")));
    put_part(&world, "b", hidden);
    world.audit(Duration::minutes(4));
    assert_eq!(world.published().pop(), Some(resolved("crl.object-present")));
}

#[test]
fn what_lies_beside_is_a_partition_if_the_ca_has_signed_it() {
    let world = partitioned();
    let beside = |name: &str, bytes: Vec<u8>| {
        world.objects.objects.lock().unwrap().insert(format!("crl/{name}.crl"), bytes);
    };
    beside("of-a-stranger", Draft::good(&Issuer::new("One"), AT).sign(&Issuer::new("One")));
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), []);
    beside("its-own", part_of(&world, 1, "crl/elsewhere.crl"));
    world.audit(Duration::minutes(1));
    assert_eq!(world.published(), [new("crl.issuing-distribution-point")]);
    // From now on it is known as one, whatever is written to it.
    beside("its-own", b"garbage".to_vec());
    world.audit(Duration::minutes(2));
    let published: Vec<_> = world.published()[1..].to_vec();
    assert_eq!(published, [new("crl.parses"), resolved("crl.issuing-distribution-point")]);
}

#[test]
fn a_partition_that_somebody_else_wrote_is_found_by_its_event() {
    let world = partitioned();
    world.audit(Duration::ZERO);
    let at = "2026-03-01T12:01:00Z";
    let mut event = object_event("Object Created", 1, at, "999999999999");
    event["detail"]["object"]["key"] = json!(part_key("a"));
    world.run(Duration::minutes(1), &event).unwrap();
    assert_eq!(world.published(), [new("crl.writer")]);
}

/// A CA that never had a complete CRL has its partitions audited, too.
#[test]
fn that_the_service_wrote_says_of_no_part_that_it_was_there() {
    let world = partitioned();
    world.objects.objects.lock().unwrap().remove(&key(1));
    let success = generation(1, "2026-03-01T12:00:00Z", &json!({"result": "success"}));
    world.run(Duration::ZERO, &success).unwrap();
    world.audit(Duration::HOUR);
    assert_eq!(world.published(), []);
}

#[test]
fn what_is_revoked_may_be_listed_in_any_partition() {
    let world = partitioned();
    let mut without = Draft::good(&world.issuers[0], AT);
    without.entries = None;
    let url = format!("http://crls.s3.us-east-1.amazonaws.com/{}", key(1));
    without.extensions.as_mut().unwrap().push(distribution_point(true, &url, &[]));
    world.put_crl(1, &without);
    world.note_report("2026-03-01T11:00:00+0000");
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), []);
    // Now 11 is listed nowhere.
    for name in ["a", "b"] {
        let mut without = Draft::good(&world.issuers[0], AT);
        without.entries.as_mut().unwrap().remove(0);
        without.extensions.as_mut().unwrap().push(distribution_point(true, &part_url(name), &[]));
        put_part(&world, name, without.sign(&world.issuers[0]));
    }
    world.audit(Duration::minutes(1));
    // The parts have the numbers of those before, too.
    let number = || new("crl.crl-number");
    assert_eq!(world.published(), [number(), number(), new("crl.completeness")]);
}
