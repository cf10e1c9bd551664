//! One deleted CA in a world of fakes.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339, macros::datetime};

use super::super::{
    AutoRestoreError, Case, CaseOutcome, CaseState, Outcome, Ports, Settings, SweepResult, run,
};
use crate::{
    ca::Ca,
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore},
    policy::Approval,
};

pub(super) const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
pub(super) const EVENT: &str = include_str!("../../../../../../infra/events/deletion.json");
pub(super) const KEY: &str = "cases/11223344-1234-1122-2233-112233445566/20261127T100000Z.json";
pub(super) const DISABLED: &str = "state/disabled/11223344-1234-1122-2233-112233445566.json";
pub(super) const APPROVAL: &str = "approvals/11223344-1234-1122-2233-112233445566.json";

pub(super) struct World {
    pub(super) authorities: FakeAuthorities,
    pub(super) evidence: FakeEvidenceStore,
    pub(super) bus: FakeBus,
}

impl World {
    pub(super) fn ports(&self) -> Ports<'_> {
        let Self { authorities, evidence, bus } = self;
        Ports { regions: authorities, evidence, bus, signatures: &*fakes::KMS }
    }

    /// The CA of the sample event, deleted by it half a minute ago.
    pub(super) fn new() -> Self {
        Self::with(vec![fakes::deleted_ca(AT)])
    }

    pub(super) fn with(cas: Vec<Ca>) -> Self {
        Self {
            authorities: FakeAuthorities::new(AT + Duration::seconds(30), cas),
            evidence: FakeEvidenceStore::default(),
            bus: FakeBus::default(),
        }
    }

    pub(super) fn deliver(&self) -> Result<Outcome, AutoRestoreError> {
        self.deliver_event(&serde_json::from_str(EVENT).unwrap())
    }

    pub(super) fn deliver_event(&self, event: &Value) -> Result<Outcome, AutoRestoreError> {
        fakes::run(run(event, &self.ports(), &SETTINGS))
    }

    pub(super) fn sweep(&self, after: Duration) -> Result<Outcome, AutoRestoreError> {
        self.authorities.set_now(AT + after);
        self.deliver_event(&json!({"task": "sweep"}))
    }

    /// What the sweep did for the one deleted CA.
    pub(super) fn result(&self, after: Duration) -> SweepResult {
        let Outcome::Swept { mut deleted, .. } = self.sweep(after).unwrap() else { panic!() };
        deleted.remove(0).result
    }

    /// The event of the CA's disabling.
    pub(super) fn disabled(&self, at: &str) -> Result<Outcome, AutoRestoreError> {
        self.deliver_event(&disabling(at))
    }

    pub(super) fn case(&self) -> Case {
        Case::read(&self.evidence.body(KEY)).unwrap()
    }

    pub(super) fn finding_ids(&self) -> BTreeSet<String> {
        self.bus.published.lock().unwrap().iter().map(|finding| finding.id.clone()).collect()
    }

    pub(super) fn delete_again(&self, at: OffsetDateTime) {
        self.authorities.set_now(at);
        *self.authorities.cas.lock().unwrap() = vec![fakes::deleted_ca(at)];
    }

    pub(super) fn approve(&self, expires: &str) {
        let expires = OffsetDateTime::parse(expires, &Rfc3339).unwrap();
        let approved_at = (AT - Duration::HOUR).max(expires - Duration::days(7));
        self.put_approval(approved_at, None, expires);
    }

    /// As `vigil approve` does it for a CA that is DELETED already.
    pub(super) fn approve_deletion(&self, approved_at: OffsetDateTime, until: OffsetDateTime) {
        self.put_approval(approved_at, Some(until), until);
    }

    fn put_approval(
        &self,
        approved_at: OffsetDateTime,
        restorable_until: Option<OffsetDateTime>,
        expires: OffsetDateTime,
    ) {
        let approval = Approval {
            ca: fakes::ARN.parse().unwrap(),
            approved_by: "bob".to_owned(),
            reason: "retired".to_owned(),
            approved_at,
            restorable_until,
            expires,
            signers: Vec::new(),
            approvers: Vec::new(),
        };
        fakes::put_signed(&self.evidence, APPROVAL, approval);
    }
}

pub(super) static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings {
    account: None,
    approvers: fakes::signers(),
    publishers: fakes::signers(),
    last_call: Duration::HOUR,
    reactivate_within: Duration::DAY,
    restores_per_day: 3,
    put_back: true,
    mode: crate::mode::Mode::Enforce,
    settle: Duration::minutes(15),
});

fn disabling(at: &str) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["eventName"] = json!("UpdateCertificateAuthority");
    event["detail"]["eventTime"] = json!(at);
    event["detail"]["eventID"] = json!(format!("disabled-{}", at.replace(':', "-")));
    event["detail"]["requestParameters"] =
        json!({"certificateAuthorityArn": fakes::ARN, "status": "DISABLED"});
    event
}

/// The sample event as that of another deletion.
pub(super) fn deletion_at(at: &str) -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["eventTime"] = json!(at);
    event["detail"]["eventID"] = json!(format!("deleted-{}", at.replace(':', "-")));
    event
}

pub(super) fn state(outcome: &Outcome) -> Option<CaseState> {
    match outcome {
        Outcome::Case(case) => Some(case.state),
        _ => None,
    }
}

pub(super) fn is_restored(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Case(CaseOutcome { state: CaseState::Restored, status, .. })
        if status.as_deref() == Some("DISABLED"))
}
