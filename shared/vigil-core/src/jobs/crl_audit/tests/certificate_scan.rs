//! Where the certificates of audit reports say that the CRL is.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::{partitions::*, world::*};
use crate::{
    ca::CrlType, crl::fixture::Draft, fakes::denied, finding::Status, instant::rfc3339,
    jobs::crl_audit::Outcome, ports::PortError,
};

const ISSUED: OffsetDateTime = datetime!(2026-02-01 12:00 UTC);

/// A certificate of the CA's newest report: its serial, when it was issued, and what it names.
type Leaf<'a> = (u8, OffsetDateTime, &'a str);

/// `n` is the CA's; each is valid for a year.
fn put_report(world: &World, n: u8, made_at: OffsetDateTime, leaves: &[Leaf<'_>]) {
    let id = format!("00000000-0000-0000-0000-{n:012}");
    let file = format!("audit-report/{n}.json");
    let time = |at: OffsetDateTime| rfc3339(at).replace('Z', "+0000");
    let records: Vec<Value> = leaves
        .iter()
        .map(|(serial, issued_at, _)| {
            json!({"awsAccountId": "444455556666", "certificateArn": "a",
                   "serial": format!("{serial:02x}"), "subject": "CN=x",
                   "notBefore": time(*issued_at), "notAfter": time(*issued_at + Duration::days(365)),
                   "issuedAt": time(*issued_at), "revokedAt": null, "revocationReason": null})
        })
        .collect();
    let newest = json!({"report": "r", "bucket": "reports", "key": file,
                        "created_at": rfc3339(made_at)});
    world.evidence.put(&format!("state/audit-report/{id}.json"), &newest.to_string());
    let body = serde_json::to_vec(&records).unwrap();
    world.objects.objects.lock().unwrap().insert(file, body);
    for (serial, _, url) in leaves {
        let leaf = world.issuers[0].leaf_pem(url);
        world.authorities.issued.lock().unwrap().insert(format!("{serial:032x}"), leaf);
    }
}

fn scanned(world: &World) -> usize {
    world.authorities.calls.count("issued")
}

/// What was published of a rule.
fn published_about(world: &World, rule: &str) -> Vec<Status> {
    let published = world.published().into_iter().filter(|(of, _)| of == rule);
    published.map(|(_, status)| status).collect()
}

fn elsewhere(world: &World) -> Vec<Status> {
    published_about(world, "crl.distribution-points")
}

fn throttled() -> PortError {
    PortError::Throttled { operation: "x", resource: String::new(), cause: "slow down".into() }
}

#[test]
fn certificates_naming_a_ca_s_former_partition_are_found() {
    let world = partitioned();
    put_report(&world, 1, AT, &[(1, ISSUED, &part_url("a"))]);
    world.audit(Duration::ZERO);
    world.audit(Duration::minutes(1));
    assert_eq!(elsewhere(&world), [], "the partition is there");

    for name in ["a", "b"] {
        world.objects.objects.lock().unwrap().remove(&part_key(name));
    }
    for ca in world.authorities.cas.lock().unwrap().iter_mut() {
        ca.crl.as_mut().unwrap().crl_type = Some(CrlType::Complete);
    }
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.audit(Duration::minutes(2));
    assert_eq!(elsewhere(&world), [Status::New]);
    let finding = world.bus.last();
    assert_eq!(finding.evidence["first_urls"], json!([part_url("a")]));
    assert_eq!(finding.evidence["scanned"]["left"], 0);
    let words = "Vigil has read the valid certificates issued before 2026-03-01T11:55:01Z: all of the \
                 newest audit report.";
    assert!(finding.what_to_do.ends_with(words), "{}", finding.what_to_do);
}

/// It was deleted before any run saw it.
#[test]
fn a_partition_named_only_by_the_oldest_certificate_is_missing() {
    let world = partitioned();
    let (here, gone) = (part_url("a"), part_url("gone"));
    let mut leaves: Vec<Leaf<'_>> = (2..=60)
        .map(|n| (n, ISSUED + Duration::seconds(i64::from(n) / 7), here.as_str()))
        .collect();
    leaves.push((1, ISSUED, &gone));
    put_report(&world, 1, AT, &leaves);
    let audit = world.audit(Duration::ZERO);
    assert_eq!((scanned(&world), audit.certificates_left), (60, 0));
    assert_eq!(world.pace.pauses.lock().unwrap()[..], [Duration::SECOND; 3], "15 a second");
    let report = world.evidence.json(&audit.report);
    let of = &report["certificates"][0];
    assert_eq!((&of["valid"], &of["left"]), (&json!(60), &json!(0)));
    assert_eq!(of["scanned"]["issued_after"], Value::Null, "from the first on");
    world.audit(Duration::HOUR);
    assert_eq!(elsewhere(&world), [Status::New]);
    assert_eq!(world.bus.last().evidence["first_urls"], json!([gone]));
    assert_eq!(scanned(&world), 60, "nothing new, no call");

    leaves.push((61, AT + Duration::HOUR, &here));
    put_report(&world, 1, AT + Duration::hours(2), &leaves);
    world.audit(Duration::hours(2));
    assert_eq!(scanned(&world), 61, "one new, one call");
}

/// No run has seen it; the certificates name it.
#[test]
fn a_complete_crl_never_seen_is_missing_if_certificates_name_it() {
    let world = World::clean();
    world.objects.objects.lock().unwrap().remove(&key(1));
    let url = format!("http://crls.s3.us-east-1.amazonaws.com/{}", key(1));
    put_report(&world, 1, AT, &[(1, ISSUED, &url)]);
    world.audit(Duration::ZERO);
    assert_eq!(elsewhere(&world), []);
    world.audit(Duration::HOUR);
    assert_eq!(elsewhere(&world), [Status::New]);
}

#[test]
fn a_scan_that_was_throttled_goes_on_in_the_next_run() {
    let world = partitioned();
    let url = part_url("a");
    let leaves: Vec<Leaf<'_>> =
        (1..=20).map(|n| (n, ISSUED + Duration::seconds(n.into()), url.as_str())).collect();
    put_report(&world, 1, AT, &leaves);
    world.authorities.calls.fail_next("issued", throttled());
    let audit = world.audit(Duration::ZERO);
    assert_eq!((scanned(&world), audit.certificates_left), (15, 20), "the newest was refused");
    world.authorities.set_now(AT);
    // Gone, and nothing to learn from.
    world.authorities.issued.lock().unwrap().remove(&format!("{:032x}", 3));
    let audit = world.audit(Duration::HOUR);
    assert_eq!((scanned(&world), audit.certificates_left), (35, 0));
    let report = world.evidence.json(&audit.report);
    assert_eq!(report["certificates"][0]["scanned"]["has_unreadable"], true);
    let audit = world.audit(Duration::hours(2));
    assert_eq!((scanned(&world), audit.certificates_left), (35, 0));
}

#[test]
fn a_ca_with_unreadable_certificates_fails_only_its_own_scan() {
    let world = partitioned();
    put_report(&world, 1, AT, &[(1, ISSUED, &part_url("a")), (2, ISSUED, &part_url("a"))]);
    put_report(&world, 2, AT, &[(3, ISSUED, &part_url("a"))]);
    world.authorities.calls.fail_next("issued", denied("GetCertificate"));
    let error = world.run(Duration::ZERO, &json!({})).unwrap_err().to_string();
    let words = format!("{}: could not fetch a certificate that the CA has issued", arn(1));
    assert!(error.starts_with("1 check(s)") && error.contains(&words), "{error}");
    assert_eq!(world.audit(Duration::HOUR).certificates_left, 0);
    // Both of one second were asked for, of which one was refused.
    assert_eq!(scanned(&world), 3 + 2);
}

#[test]
fn only_runs_over_all_cas_scan_and_only_in_the_time_left() {
    let world = partitioned();
    put_report(&world, 1, AT, &[(1, ISSUED, &part_url("a"))]);
    let update = json!({
        "id": "e-1", "source": "aws.acm-pca", "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventName": "UpdateCertificateAuthority",
                   "requestParameters": {"certificateAuthorityArn": arn(1)}},
    });
    assert!(matches!(world.run(Duration::ZERO, &update), Ok(Outcome::Audited(_))));
    assert_eq!(scanned(&world), 0);
    *world.pace.turns.lock().unwrap() = 3;
    assert_eq!(
        world.audit(Duration::ZERO).certificates_left,
        1,
        "two CAs and a bucket had their turn"
    );
    *world.pace.turns.lock().unwrap() = 4;
    assert_eq!(world.audit(Duration::HOUR).certificates_left, 0);
}

/// However many CAs there are, in each invocation there is time for the certificates of those that
/// had their turn in it.
#[test]
fn an_invocation_hands_on_while_there_is_still_time_to_look() {
    let world = partitioned();
    put_report(&world, 1, AT, &[(1, ISSUED, &part_url("a"))]);
    *world.pace.lasting.lock().unwrap() = 1;
    let audit = world.audit(Duration::ZERO);
    assert_eq!(audit.continued_from, Some(arn(2)));
    assert_eq!((scanned(&world), audit.certificates_left), (1, 0));
}

/// As it was before every certificate was read.
#[test]
fn what_earlier_versions_remember_is_understood() {
    let world = partitioned();
    let state = json!({"resource": arn(1), "open": {}, "crl": {},
                        "points": {part_url("gone"): 1_900_000_000},
                        "points_at": "2026-02-28T12:00:00Z"});
    let key = "state/crl-audit/cas/00000000-0000-0000-0000-000000000001.json";
    world.evidence.put(key, &state.to_string());
    world.audit(Duration::ZERO);
    assert_eq!(elsewhere(&world), [Status::New]);
    assert_eq!(world.bus.last().evidence["scanned"], Value::Null);
}

/// State was once named by the partition's key itself.
#[test]
fn the_history_of_a_partition_stays_with_its_former_name() {
    let world = partitioned();
    world.objects.objects.lock().unwrap().remove(&part_key("b"));
    let folder = "state/crl-audit/partitions/00000000-0000-0000-0000-000000000001/crls/";
    let state = json!({"resource": format!("arn:aws:s3:::crls/{}", part_key("b")), "open": {},
                        "crl": {"seen_at": "2026-03-01T00:00:00Z"}});
    world.evidence.put(&format!("{folder}crl%2Fb.crl.json"), &state.to_string());
    world.audit(Duration::ZERO);
    assert_eq!(published_about(&world, "crl.object-present"), [Status::New]);
    let recorded = world.evidence.keys().into_iter().filter(|key| key.starts_with(folder));
    assert_eq!(recorded.count(), 2, "a and b");
}

#[test]
fn a_partition_is_retired_once_no_scanned_certificate_names_it() {
    let missing = |world: &World| published_about(world, "crl.object-present");
    let world = partitioned();
    let leaves = [(1, ISSUED, part_url("a")), (2, ISSUED + Duration::SECOND, part_url("a"))];
    let leaves = leaves.each_ref().map(|(serial, at, url)| (*serial, *at, url.as_str()));
    world.audit(Duration::ZERO);
    let gone = world.objects.objects.lock().unwrap().remove(&part_key("b")).unwrap();
    world.audit(Duration::HOUR);
    assert_eq!(missing(&world), [Status::New]);
    let because = |world: &World| world.bus.last().evidence["needed_because"].clone();
    assert_eq!(because(&world), "no certificate was read yet");

    // It was there until an hour before, as far as is known: the report says nothing of it.
    put_report(&world, 1, AT, &leaves);
    world.audit(Duration::hours(2));
    world.audit(Duration::hours(3));
    assert_eq!(missing(&world), [Status::New]);
    let days = |days| Duration::days(days) + Duration::hours(4);
    put_report(&world, 1, AT + days(2), &leaves);
    world.authorities.calls.fail_next("issued", throttled());
    world.audit(days(2));
    assert_eq!(missing(&world), [Status::New], "what was learnt is judged by the next run");
    world.audit(days(2) + Duration::HOUR);
    assert_eq!(missing(&world), [Status::New, Status::Resolved]);
    let resolved = world.bus.published.lock().unwrap().iter().rev().find_map(|finding| {
        let is_it = finding.rule == "crl.object-present";
        is_it.then(|| finding.evidence["resolved_because"].clone())
    });
    let words = "no valid certificate issued before 2026-03-03T15:55:01Z names it";
    assert_eq!(resolved, Some(json!(words)));
    world.objects.denied.lock().unwrap().push(part_key("b"));
    world.audit(days(2) + Duration::hours(2));
    assert_eq!(missing(&world).len(), 2, "it is not even looked for any more");
    world.objects.denied.lock().unwrap().clear();

    put_part(&world, "b", gone);
    world.audit(days(2) + Duration::hours(3));
    world.objects.objects.lock().unwrap().remove(&part_key("b"));
    world.audit(days(2) + Duration::hours(4));
    assert_eq!(missing(&world)[2..], [Status::New], "it came back, and may have been named since");
}

#[test]
fn a_retired_partition_is_missing_again_when_it_is_named() {
    let world = partitioned();
    world.audit(Duration::ZERO);
    world.objects.objects.lock().unwrap().remove(&part_key("b"));
    let (a, b) = (part_url("a"), part_url("b"));
    let days = |days| Duration::days(days);
    put_report(&world, 1, AT + days(2), &[(1, ISSUED, &a)]);
    world.audit(days(2));
    world.audit(days(2) + Duration::HOUR);
    world.audit(days(2) + Duration::hours(2));
    let published = || published_about(&world, "crl.object-present");
    assert_eq!(published(), [Status::New, Status::Resolved]);
    put_report(&world, 1, AT + days(3), &[(1, ISSUED, &a), (2, AT + days(2) + Duration::HOUR, &b)]);
    world.audit(days(3));
    world.audit(days(3) + Duration::HOUR);
    assert_eq!(published()[2..], [Status::New]);
    assert_eq!(elsewhere(&world), [], "one finding says it");
}
