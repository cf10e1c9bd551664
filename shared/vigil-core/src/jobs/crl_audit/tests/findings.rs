//! When findings begin and when they are over.

use serde_json::json;
use time::Duration;

use super::{
    super::{CrlAuditError, Published},
    world::*,
};
use crate::{
    bucket::{AclGrant, AclGrantee, Fact, PublicAccessBlock},
    ca::{CaStatus, S3ObjectAcl},
    crl::fixture::Draft,
    distribution::ObjectMetadata,
    failure::Failure,
    fakes::denied,
    rules,
};

#[test]
fn a_clean_world_is_reported_by_rule_and_nothing_is_published() {
    let world = World::clean();
    let audit = world.audit(Duration::HOUR);
    assert_eq!((audit.seen, audit.audited), (2, 2));
    assert_eq!(world.published(), []);
    assert_eq!(audit.findings, Published::default());
    let of_a_ca = rules::crl::RULES.len() + rules::configuration::RULES.len();
    let rules = 2 * of_a_ca + rules::bucket::RULES.len();
    assert_eq!(audit.passed + audit.not_applicable + audit.unknown, rules);
    assert_eq!(audit.report, "reports/crl-audit/20260301T130000Z.json");
    let report = world.evidence.json(&audit.report);
    assert_eq!(report["judgements"].as_array().unwrap().len(), rules);
    assert_eq!(report["audited"][0]["key"], key(1));
}

/// The bucket changes between two runs of one second; a run that repeats another writes nothing new.
#[test]
fn two_runs_of_a_second_keep_a_report_each() {
    let world = World::clean();
    let first = world.audit(Duration::HOUR);
    let before = world.evidence.json(&first.report);
    assert_eq!(world.audit(Duration::HOUR).report, first.report);
    world.buckets.0.lock().unwrap().policy = Fact::Known(None);
    let second = world.audit(Duration::HOUR);
    assert_eq!(second.report, "reports/crl-audit/20260301T130000Z-2.json");
    let found = world.evidence.json(&second.report)["published"]["new"].as_array().unwrap().len();
    assert_eq!(found, 3);
    world.buckets.0.lock().unwrap().versioning = Fact::Known(false);
    assert_eq!(world.audit(Duration::HOUR).report, "reports/crl-audit/20260301T130000Z-3.json");
    assert_eq!(world.evidence.json(&first.report), before);
}

/// By what the object is served with; it is read anyway.
#[test]
fn metadata_that_spoils_a_crl_is_found() {
    let world = World::clean();
    let spoilt =
        ObjectMetadata { content_encoding: Some("gzip".to_owned()), ..ObjectMetadata::default() };
    world.objects.metadata.lock().unwrap().insert(key(1), spoilt);
    world.audit(Duration::HOUR);
    let rule = || new("crl.object-metadata");
    assert_eq!(world.published(), [rule(), rule()], "the encoding, and no type");
    world.objects.metadata.lock().unwrap().clear();
    assert_eq!(world.audit(Duration::hours(2)).findings.resolved.len(), 2);
}

#[test]
fn a_bucket_that_its_acl_opens_is_found() {
    let world = World::clean();
    let grant = AclGrant { to: AclGrantee::AllUsers, permission: "WRITE".to_owned() };
    {
        let mut bucket = world.buckets.0.lock().unwrap();
        bucket.acl = Fact::Known(vec![grant]);
        bucket.ownership = Fact::Known(None);
        bucket.public_access_block = OPEN;
    }
    world.audit(Duration::HOUR);
    assert!(world.published().contains(&new("bucket.acl")), "{:?}", world.published());
}

#[test]
fn a_broken_policy_is_found_and_resolved_for_every_ca() {
    let world = World::clean();
    world.audit(Duration::ZERO);
    let mended = world.buckets.0.lock().unwrap().policy.clone();
    world.buckets.0.lock().unwrap().policy = Fact::Known(None);
    world.audit(Duration::HOUR);
    let access = new("bucket.service-access");
    assert_eq!(world.published(), [access.clone(), access, new("bucket.tls-only")]);
    assert_eq!(world.bus.last().resource, "arn:aws:s3:::crls");
    world.audit(Duration::hours(2));
    assert_eq!(world.published().len(), 3, "ongoing is silent");
    world.buckets.0.lock().unwrap().policy = mended;
    let audit = world.audit(Duration::hours(3));
    assert_eq!(audit.findings.resolved.len(), 3);
    assert_eq!(world.published().len(), 6);
}

/// Of a CRL, any host may choose each octet.
#[test]
fn a_panic_over_one_crl_hides_no_other() {
    let world = World::clean();
    world.objects.panicking.lock().unwrap().push(key(1));
    world.put(2, b"-----BEGIN X509 CRL-----".to_vec());
    let error = world.run(Duration::HOUR, &json!({})).unwrap_err().to_string();
    assert!(error.contains(&format!("{}: Vigil panicked", arn(1))), "{error}");
    assert_eq!(world.published(), [new("crl.parses")]);
}

#[test]
fn a_failing_ca_or_bucket_hides_no_other_and_is_reported() {
    let world = World::clean();
    world.objects.denied.lock().unwrap().push(key(1));
    world.authorities.calls.fail_next("certificate", denied("GetCertificateAuthorityCertificate"));
    world.buckets.0.lock().unwrap().versioning = Fact::Unknown("refused".to_owned());
    world.put(2, b"-----BEGIN X509 CRL-----".to_vec());
    let error = world.run(Duration::HOUR, &json!({})).unwrap_err();
    assert_eq!(error.error_type(), "AuditIncomplete");
    let text = error.to_string();
    assert!(text.starts_with("3 check(s) could not be made"), "{text}");
    for words in [
        format!("{}: could not fetch the CRL: GetObject was refused", arn(1)),
        format!("{}: could not fetch the CA's certificate", arn(1)),
        "arn:aws:s3:::crls: could not learn the bucket's versioning: refused".to_owned(),
    ] {
        assert!(text.contains(&words), "{text}");
    }
    assert_eq!(world.published(), [new("crl.parses")]);
    let CrlAuditError::Incomplete { audit, .. } = error else { panic!() };
    let report = world.evidence.json(&audit.report);
    assert_eq!(report["unchecked"].as_array().unwrap().len(), 3);
}

#[test]
fn a_crl_never_seen_is_no_finding_one_that_disappeared_is() {
    let world = World::clean();
    let hidden = world.objects.objects.lock().unwrap().remove(&key(2)).unwrap();
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), []);
    world.put(2, hidden);
    world.audit(Duration::HOUR);
    world.objects.objects.lock().unwrap().remove(&key(2));
    world.audit(Duration::hours(2));
    assert_eq!(world.published(), [new("crl.object-present")]);
}

/// The CRL that had no version is gone; that it is gone is another finding.
#[test]
fn a_finding_is_over_when_what_it_was_about_is_gone() {
    let world = World::clean();
    world.put_crl(1, &Draft { version: None, ..Draft::good(&world.issuers[0], AT) });
    world.audit(Duration::ZERO);
    world.objects.objects.lock().unwrap().remove(&key(1));
    world.audit(Duration::HOUR);
    let want = [new("crl.version"), new("crl.object-present"), resolved("crl.version")];
    assert_eq!(world.published(), want);
    let because = world.bus.last().evidence["resolved_because"].clone();
    assert_eq!(because, "there is no CRL object to judge");
}

#[test]
fn a_finding_stays_open_while_its_subject_cannot_be_read() {
    let world = World::clean();
    world.put_crl(1, &Draft { version: None, ..Draft::good(&world.issuers[0], AT) });
    world.audit(Duration::ZERO);
    world.objects.denied.lock().unwrap().push(key(1));
    world.run(Duration::HOUR, &json!({})).unwrap_err();
    assert_eq!(world.published(), [new("crl.version")]);
}

#[test]
fn what_is_no_longer_audited_is_resolved_by_the_schedule() {
    let world = World::clean();
    world.put(1, b"garbage".to_vec());
    world.put(2, b"garbage".to_vec());
    world.audit(Duration::ZERO);
    assert_eq!(world.published(), [new("crl.parses"), new("crl.parses")]);
    world.authorities.cas.lock().unwrap()[0].status = CaStatus::Deleted;
    let audit = world.audit(Duration::HOUR);
    assert_eq!(audit.skipped.len(), 1);
    assert!(audit.skipped[0].reason.starts_with("it is DELETED"), "{}", audit.skipped[0].reason);
    assert_eq!(world.published()[2..], [resolved("crl.parses")]);
    assert_eq!(world.bus.last().resource, arn(1));
    let because = world.bus.last().evidence["resolved_because"].clone();
    assert_eq!(because, "the resource is no longer audited");
    world.audit(Duration::hours(2));
    assert_eq!(world.published().len(), 3, "once");
}

#[test]
fn what_the_bus_refused_is_published_by_the_next_run() {
    let world = World::clean();
    world.put(1, b"garbage".to_vec());
    world.bus.fail_next();
    let error = world.run(Duration::ZERO, &json!({})).unwrap_err();
    assert!(error.to_string().contains("could not publish the findings"), "{error}");
    world.audit(Duration::HOUR);
    assert_eq!(world.published(), [new("crl.parses")]);
}

#[test]
fn a_ca_without_revocation_is_published_once_and_resolved() {
    let world = World::clean();
    world.authorities.cas.lock().unwrap()[0].crl = None;
    world.audit(Duration::ZERO);
    world.audit(Duration::HOUR);
    assert_eq!(world.published(), [new("ca.revocation")]);
    world.authorities.cas.lock().unwrap()[0].ocsp_enabled = true;
    world.audit(Duration::hours(2));
    assert_eq!(world.published()[1..], [resolved("ca.revocation")]);
}

/// What is blocked for the whole account is asked for once; a stranger's bucket is under another's.
#[test]
fn an_account_s_public_access_block_counts_for_its_own_buckets() {
    let blocking = PublicAccessBlock { block_public_acls: true, ..Default::default() };
    let denied = "GetPublicAccessBlock was refused";
    for (name, owned, account, published, unchecked) in [
        ("blocked", true, Fact::Known(blocking), 2, 0),
        ("a stranger's", false, Fact::Known(blocking), 0, 0),
        ("denied", true, Fact::Unknown(denied.to_owned()), 0, 1),
    ] {
        let world = World::clean();
        for ca in world.authorities.cas.lock().unwrap().iter_mut() {
            ca.crl.as_mut().unwrap().s3_object_acl = Some(S3ObjectAcl::PublicRead);
        }
        {
            let mut facts = world.buckets.0.lock().unwrap();
            (facts.public_access_block, facts.owned) = (OPEN, Fact::Known(owned));
        }
        *world.buckets.1.lock().unwrap() = account;
        let run = world.run(Duration::HOUR, &json!({}));
        let acl = new("bucket.object-acl");
        assert_eq!(
            world.published().iter().filter(|published| **published == acl).count(),
            published,
            "{name}"
        );
        let failures = match run {
            Ok(_) => Vec::new(),
            Err(CrlAuditError::Incomplete { failures, .. }) => failures,
            Err(other) => panic!("{name}: {other}"),
        };
        assert_eq!(failures.len(), unchecked, "{name}");
        for failure in failures {
            let text = failure.to_string();
            assert!(text.starts_with("account 111122223333: ") && text.contains(denied), "{text}");
        }
    }
}
