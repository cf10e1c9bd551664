//! A deleted CA in a world of fakes, and what Vigil does about it.

use serde_json::Value;
use time::{Duration, OffsetDateTime, macros::datetime};
use vigil_core::{
    ca::CaStatus,
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore},
    jobs::auto_restore::{self, Outcome, Ports, Settings},
    mode::Mode,
};

/// When the CA of the sample event was deleted.
pub const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

/// The last part of the CA's ARN.
pub const ID: &str = "11223344-1234-1122-2233-112233445566";

const EVENT: &str = include_str!("../../infra/events/deletion.json");

/// The last sweep saw the CA DISABLED for days.
const INVENTORY: &str = r#"{
    "as_of": "2026-11-20T09:45:00Z",
    "cas": {"arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566": {
        "status": "DISABLED", "common_name": null, "not_after": null, "serial": null, "identity": null,
        "snapshot_at": null, "disabled_since": "2026-11-17T10:00:00Z"
    }}
}"#;

/// The CA of the sample event, DELETED, and an evidence bucket.
pub struct Deleted {
    authorities: FakeAuthorities,
    evidence: FakeEvidenceStore,
    bus: FakeBus,
}

impl Deleted {
    pub fn new() -> Self {
        let now = AT + Duration::seconds(30);
        let evidence = FakeEvidenceStore::default();
        evidence.put("state/inventory/us-east-1.json", INVENTORY);
        Self {
            authorities: FakeAuthorities::new(now, vec![fakes::deleted_ca(AT)]),
            evidence,
            bus: FakeBus::default(),
        }
    }

    /// Invokes auto-restore.
    pub fn invoke(&self, event: &Value) -> Option<Outcome> {
        let Self { authorities, evidence, bus } = self;
        let ports = Ports { regions: authorities, evidence, bus, signatures: &*fakes::KMS };
        let settings = Settings {
            account: None,
            approvers: fakes::signers(),
            publishers: fakes::signers(),
            last_call: Duration::HOUR,
            mode: Mode::Enforce,
            reactivate_within: Duration::DAY,
            restores_per_day: 3,
            put_back: false,
            settle: Duration::minutes(15),
        };
        fakes::run(auto_restore::run(event, &ports, &settings)).ok()
    }

    /// The sweep, so many minutes after the deletion.
    pub fn after(&self, minutes: i64) {
        self.authorities.set_now(AT + Duration::minutes(minutes));
        self.invoke(&serde_json::json!({"task": "sweep"}));
    }

    /// Whether the CA is back; it is never made ACTIVE.
    pub fn is_restored(&self) -> bool {
        let status = self.authorities.status();
        assert_ne!(status, CaStatus::Active);
        status == CaStatus::Disabled
    }
}

impl Default for Deleted {
    fn default() -> Self {
        Self::new()
    }
}

/// Whatever is at this key, the deletion is undone: by its event, or by the sweeps that follow.
pub fn assert_restored_despite(key: &str, body: &[u8]) {
    let world = Deleted::new();
    world.evidence.put(key, &String::from_utf8_lossy(body));
    let event = serde_json::from_str(EVENT).expect("the sample is JSON");
    world.invoke(&event);
    for minutes in [16, 32, 7 * 24 * 60 - 30] {
        if world.is_restored() {
            return;
        }
        world.after(minutes);
    }
    assert!(world.is_restored(), "{key}");
}
