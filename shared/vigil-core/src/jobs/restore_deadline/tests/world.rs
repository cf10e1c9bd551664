//! Deleted CAs, and the sweeps that watch them, in a world of fakes.

use serde_json::json;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::super::{Ack, Outcome, Ports, RestoreDeadlineError, Settings, Watch, run};
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore},
    finding::Status,
    jobs::auto_restore,
    permit::PermittedDeletions,
    policy::Approval,
};

pub(super) const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
pub(super) const ID: &str = "11223344-1234-1122-2233-112233445566";

pub(super) struct World {
    pub(super) authorities: FakeAuthorities,
    pub(super) evidence: FakeEvidenceStore,
    pub(super) bus: FakeBus,
}

/// Policies without a dead man's switch.
const NO_SWITCH: &str =
    r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;

impl World {
    pub(super) fn ports(&self) -> Ports<'_> {
        let Self { authorities, evidence, bus } = self;
        Ports { regions: authorities, evidence, bus, signatures: &*fakes::KMS }
    }

    pub(super) fn new(cas: Vec<Ca>) -> Self {
        let world = Self::with_the_built_in_policies(cas);
        fakes::put_policies(&world.evidence, &[("ours.cedar", NO_SWITCH)]);
        world
    }

    pub(super) fn with_the_built_in_policies(cas: Vec<Ca>) -> Self {
        Self {
            authorities: FakeAuthorities::new(AT, cas),
            evidence: FakeEvidenceStore::default(),
            bus: FakeBus::default(),
        }
    }

    /// One sweep, `after` the deletion.
    pub(super) fn sweep(&self, after: Duration) -> Result<Outcome, RestoreDeadlineError> {
        self.authorities.set_now(AT + after);
        fakes::run(run(&json!({}), &self.ports(), &settings()))
    }

    pub(super) fn watch(&self, after: Duration) -> Watch {
        self.sweep(after).unwrap().deleted.remove(0).watch
    }

    pub(super) fn alerted(&self) -> Vec<String> {
        let published = self.bus.published.lock().unwrap();
        let alerts = published.iter().filter(|finding| finding.status == Status::New);
        let thresholds = alerts.filter_map(|finding| finding.evidence.get("threshold")?.as_str());
        thresholds.map(str::to_owned).collect()
    }

    pub(super) fn acknowledge(
        &self,
        until: OffsetDateTime,
        restorable_until: Option<OffsetDateTime>,
    ) {
        let ca: CaArn = fakes::ARN.parse().unwrap();
        let ack = Ack { ca, by: "carol".to_owned(), until, restorable_until, acknowledged_at: AT };
        fakes::put_signed(&self.evidence, &format!("acks/{ID}.json"), ack);
    }

    pub(super) fn set(&self, cas: Vec<Ca>) {
        *self.authorities.cas.lock().unwrap() = cas;
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        thresholds: "14d,7d,3d,1d,6h,1h".parse().unwrap(),
        claim_expires_after: Duration::MINUTE,
        permitted: PermittedDeletions::read(
            "11223344-1234-1122-2233-112233445566@2026-12-20T10:00:00Z",
        ),
        rescue: auto_restore::Settings {
            account: None,
            approvers: fakes::signers(),
            publishers: fakes::signers(),
            last_call: Duration::HOUR,
            reactivate_within: Duration::DAY,
            restores_per_day: 3,
            settle: Duration::minutes(15),
            put_back: false,
            mode: crate::mode::Mode::Enforce,
        },
    }
}

pub(super) fn month() -> Ca {
    Ca { restorable_until: Some(AT + Duration::days(30)), ..fakes::deleted_ca(AT) }
}

pub(super) fn approve(world: &World) {
    approve_ca(world, fakes::ARN.parse().unwrap());
}

pub(super) fn approve_ca(world: &World, ca: CaArn) {
    let key = keys::approval(&ca);
    let approval = Approval {
        ca,
        approved_by: "carol".to_owned(),
        reason: "CHG-1042".to_owned(),
        approved_at: AT - Duration::HOUR,
        restorable_until: None,
        expires: datetime!(2026-11-21 0:00 UTC),
        signers: Vec::new(),
        approvers: Vec::new(),
    };
    fakes::put_signed(&world.evidence, &key, approval);
}

pub(super) fn delete(world: &World) -> auto_restore::Outcome {
    let event = include_str!("../../../../../../infra/events/deletion.json");
    let event = serde_json::from_str(event).unwrap();
    let rescue = settings().rescue;
    fakes::run(auto_restore::run(&event, &world.ports(), &rescue)).unwrap()
}
