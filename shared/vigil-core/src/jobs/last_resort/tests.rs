//! The last resort over fakes.

use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore, FakeSignatures},
    finding::Severity,
    policy::Approval,
    rules::fixtures::{assert_all_kinds, assert_presentable},
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const WEEK: Duration = Duration::days(7);

struct World {
    authorities: FakeAuthorities,
    bus: FakeBus,
    evidence: FakeEvidenceStore,
    signatures: FakeSignatures,
    approvers: Signers,
}

impl World {
    fn with(cas: Vec<Ca>) -> Self {
        Self {
            authorities: FakeAuthorities::new(AT, cas),
            bus: FakeBus::default(),
            evidence: FakeEvidenceStore::default(),
            signatures: FakeSignatures::default(),
            approvers: fakes::signers(),
        }
    }

    fn run(&self, left: Duration, permitted: &str) -> Result<Outcome, LastResortError> {
        self.run_in(Mode::Enforce, left, permitted)
    }

    fn run_in(
        &self,
        mode: Mode,
        left: Duration,
        permitted: &str,
    ) -> Result<Outcome, LastResortError> {
        self.authorities.set_now(AT + WEEK - left);
        let Self { authorities, bus, evidence, signatures, .. } = self;
        let ports = Ports { regions: authorities, bus, evidence, signatures };
        let permitted = PermittedDeletions::read(permitted);
        let approvers = self.approvers.clone();
        fakes::run(run(&ports, &Settings { permitted, approvers, mode }))
    }
}

#[test]
fn a_ca_is_restored_in_its_last_two_hours_and_not_before() {
    let world = World::with(vec![fakes::deleted_ca(AT)]);
    assert!(world.run(TIME_LEFT, "").unwrap().restored.is_empty());
    let done = world.run(TIME_LEFT - Duration::SECOND, "").unwrap();
    assert_eq!(done.restored.len(), 1);
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    let published = world.bus.last();
    assert_eq!(published.severity, Severity::Critical);
    assert_presentable(&published);
    assert!(world.run(Duration::HOUR, "").unwrap().restored.is_empty(), "it is back");
}

#[test]
fn in_observe_a_ca_is_published_and_not_restored() {
    let world = World::with(vec![fakes::deleted_ca(AT)]);
    let done = world.run_in(Mode::Observe, Duration::HOUR, "").unwrap();
    assert_eq!((done.restored.len(), done.withheld.len()), (0, 1));
    assert_eq!(world.authorities.calls.count("restore"), 0);
    let published = world.bus.last();
    assert_eq!(published.severity, Severity::Critical);
    assert_presentable(&published);
    world.run(Duration::HOUR, "").unwrap();
    let findings = [published, world.bus.last()];
    assert_all_kinds("last-resort", crate::rules::last_resort::RULES, &findings);
}

#[test]
fn only_a_permit_for_the_very_deletion_lets_it_end() {
    let world = World::with(vec![fakes::deleted_ca(AT)]);
    let permit = "11223344-1234-1122-2233-112233445566@2026-11-27T10:00:00Z";
    let done = world.run(Duration::HOUR, permit).unwrap();
    assert_eq!((done.restored.len(), done.permitted.len()), (0, 1));
    world.run(Duration::HOUR, &permit.replace("27T10:00:00", "28T10:00:00")).unwrap();
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

#[test]
fn what_fails_for_one_ca_or_for_the_bus_restores_the_others() {
    let other = Ca {
        arn: fakes::ARN.replace("11223344-", "99999999-").parse().unwrap(),
        ..fakes::deleted_ca(AT)
    };
    let world = World::with(vec![other, fakes::deleted_ca(AT)]);
    world.authorities.calls.fail_next("restore", fakes::denied("RestoreCertificateAuthority"));
    world.bus.fail_next();
    let error = world.run(Duration::HOUR, "").unwrap_err();
    assert_eq!(error.outcome.restored.len(), 1);
    let text = error.to_string();
    assert!(
        text.contains("RestoreCertificateAuthority") && text.contains("be published"),
        "{text}"
    );
    assert_eq!(world.run(Duration::HOUR, "").unwrap().restored.len(), 1, "and the next run");
}

/// Of an invocation that ends before its last CA, the findings of the others are not lost.
#[test]
fn each_restoration_is_published_by_itself() {
    let other = |n: u32| Ca {
        arn: fakes::ARN.replace("11223344-", &format!("{n:08}-")).parse().unwrap(),
        ..fakes::deleted_ca(AT)
    };
    let world = World::with((0..20).map(other).collect());
    world.bus.fail_next();
    let error = world.run(Duration::HOUR, "").unwrap_err();
    assert_eq!((error.outcome.restored.len(), world.bus.rules().len()), (20, 19));
}

#[test]
fn a_listing_that_fails_is_an_error() {
    let world = World::with(Vec::new());
    world.authorities.calls.fail_next("list", fakes::broken("ListCertificateAuthorities"));
    assert_eq!(world.run(Duration::HOUR, "").unwrap_err().error_type(), "LastResortIncomplete");
}

fn approval(signer: &str, approved_at: OffsetDateTime, until: OffsetDateTime) -> String {
    let approval = Approval {
        ca: fakes::ARN.parse().unwrap(),
        approved_by: "carol".to_owned(),
        reason: "CHG-1".to_owned(),
        approved_at,
        restorable_until: Some(until),
        expires: until,
        signers: Vec::new(),
        approvers: Vec::new(),
    };
    String::from_utf8(fakes::signed(approval, &[signer]).to_json().unwrap()).unwrap()
}

const APPROVAL: &str = "approvals/11223344-1234-1122-2233-112233445566.json";

#[test]
fn an_approval_that_is_signed_lets_its_deletion_end() {
    let world = World::with(vec![fakes::deleted_ca(AT)]);
    world.evidence.put(APPROVAL, &approval(fakes::APPROVERS, AT, AT + WEEK));
    let done = world.run(Duration::HOUR, "").unwrap();
    assert_eq!((done.restored.len(), done.permitted.len()), (0, 1));
}

/// A group that deletes cannot approve; without CloudTrail's record it is not known that it did not.
#[test]
fn an_approval_counts_if_the_record_names_another_caller() {
    let event: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../infra/events/deletion.json")).unwrap();
    let record = &event["detail"];
    let caller = record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"].as_str().unwrap();
    for (group, is_recorded, restored) in [
        ("arn:aws:iam::111122223333:role/PkiApprovers", true, 0),
        ("arn:aws:iam::111122223333:role/PkiApprovers", false, 1),
        (caller, true, 1),
    ] {
        let mut world = World::with(vec![fakes::deleted_ca(AT)]);
        world.approvers = fakes::signers().held_by(group, "");
        world.evidence.put(APPROVAL, &approval(fakes::APPROVERS, AT, AT + WEEK));
        if is_recorded {
            world.authorities.history.lock().unwrap().push(record.clone());
        }
        let done = world.run(Duration::HOUR, "").unwrap();
        assert_eq!(done.restored.len(), restored, "{group} {is_recorded}");
        if restored == 1 {
            let text = world.bus.last().evidence["refused_approval"].to_string();
            assert!(text.contains("deleted the CA") || text.contains("was deleted by"), "{text}");
        }
    }
}

#[test]
fn a_history_that_cannot_be_asked_permits_nothing() {
    let mut world = World::with(vec![fakes::deleted_ca(AT)]);
    world.approvers = fakes::signers().held_by("arn:aws:iam::111122223333:role/PkiApprovers", "");
    world.evidence.put(APPROVAL, &approval(fakes::APPROVERS, AT, AT + WEEK));
    world.authorities.calls.fail_next("LookupEvents", fakes::denied("LookupEvents"));
    assert_eq!(world.run(Duration::HOUR, "").unwrap().restored.len(), 1);
}

#[test]
fn an_approval_that_does_not_count_is_named_and_restores() {
    let of_another = approval(fakes::APPROVERS, AT, AT + 2 * WEEK);
    let good = approval(fakes::APPROVERS, AT, AT + WEEK);
    let unsigned: serde_json::Value = serde_json::from_str(&good).unwrap();
    for (object, why) in [
        (unsigned["statement"].to_string(), "it is not signed"),
        (approval("foreign", AT, AT + WEEK), "which the stack does not name"),
        (good.replace("CHG-1", "CHG-2"), "not for what it says"),
        (of_another, "another deletion"),
        ("[".repeat(2000), "cannot be read"),
        (" ".repeat(2 << 20), "larger than 1 MiB"),
    ] {
        let world = World::with(vec![fakes::deleted_ca(AT)]);
        world.evidence.put(APPROVAL, &object);
        assert_eq!(world.run(Duration::HOUR, "").unwrap().restored.len(), 1, "{why}");
        let told = world.bus.last();
        assert!(told.what_happened.contains(why), "{why}: {}", told.what_happened);
        assert_presentable(&told);
    }
}

#[test]
fn a_bucket_or_kms_that_fails_restores() {
    for kms in [true, false] {
        let world = World::with(vec![fakes::deleted_ca(AT)]);
        world.evidence.put(APPROVAL, &approval(fakes::APPROVERS, AT, AT + WEEK));
        match kms {
            true => world.signatures.calls.fail_next("is_signed", fakes::broken("Verify")),
            false => world.evidence.calls.fail_next("read", fakes::denied("GetObject")),
        }
        assert_eq!(world.run(Duration::HOUR, "").unwrap().restored.len(), 1);
    }
}

#[test]
fn a_panic_over_its_approval_costs_no_ca() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other";
    let other = Ca { arn: other.parse().unwrap(), ..fakes::deleted_ca(AT) };
    let world = World::with(vec![other, fakes::deleted_ca(AT)]);
    world.evidence.panic_reading("approvals/other");
    let done = world.run(TIME_LEFT - Duration::SECOND, "").unwrap();
    assert_eq!(done.restored.len(), 2);
}
