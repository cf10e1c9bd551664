//! One table: every kind of object, event and tag in every hostile form. No CA is lost, and none is
//! changed beyond the undoing of its deletion.
//!
//! The CA has been DISABLED for three days when it is deleted. Then all functions that look after
//! deletions run for a week, over a bucket that is sealed.

mod events;
mod objects;

use serde_json::{Value, json};
use time::Duration;

use super::{super::run, world::*};
use crate::{
    ca::{Ca, CaStatus},
    fakes::{self, FakeSealing},
    jobs::{last_resort, restore_deadline},
    ports::{Sealed, seal},
    snapshot::Attached,
};

use events::{FAULTS, calls, event};
use objects::{FORMS, Kind, Trust, approval, authentic, case, other_kinds, sealed_kinds};

const ID: &str = "11223344-1234-1122-2233-112233445566";
const HUGE: usize = 2 * 1024 * 1024;

fn before_the_deletion() -> World {
    let disabled = Ca {
        status: CaStatus::Disabled,
        last_state_change_at: Some(AT - Duration::days(3)),
        restorable_until: None,
        ..fakes::deleted_ca(AT)
    };
    World::with(vec![disabled])
}

/// A world with the functions' own seal.
struct Trial {
    world: World,
    sealing: FakeSealing,
}

impl Trial {
    /// The CA is known to the sweep, and deleted then.
    fn new(tags: &[(&str, &str)]) -> Self {
        let trial = Self { world: before_the_deletion(), sealing: FakeSealing::default() };
        let tag = |(key, value): &(&str, &str)| ((*key).to_owned(), Some((*value).to_owned()));
        let tags = tags.iter().map(tag).collect();
        let attached = Attached { tags, ..Attached::default() };
        trial.world.authorities.attached.lock().unwrap().insert(fakes::ARN.to_owned(), attached);
        let (last, as_of) = (AT + Duration::days(300), AT - Duration::HOUR);
        fakes::put_summary(&trial.world.evidence, fakes::ARN, 3, last, as_of);
        trial.at(-Duration::minutes(30)).send(&json!({"task": "sweep"}));
        trial.world.delete_again(AT);
        trial
    }

    fn at(&self, after: Duration) -> &Self {
        self.world.authorities.set_now(AT + after);
        self
    }

    /// Whatever comes of it.
    fn send(&self, event: &Value) {
        let evidence = &Sealed::new(&self.world.evidence, &self.sealing);
        let ports = super::super::Ports { evidence, ..self.world.ports() };
        let _ = fakes::run(run(event, &ports, &SETTINGS));
    }

    fn watch(&self) {
        let evidence = &Sealed::new(&self.world.evidence, &self.sealing);
        let ports = super::super::Ports { evidence, ..self.world.ports() };
        let settings = restore_deadline::Settings {
            thresholds: "7d,3d,1d,6h,1h".parse().unwrap(),
            claim_expires_after: Duration::MINUTE,
            permitted: Default::default(),
            rescue: SETTINGS.clone(),
        };
        let _ = fakes::run(restore_deadline::run(&json!({}), &ports, &settings));
    }

    fn last_resort(&self) {
        let World { authorities, bus, evidence } = &self.world;
        let signatures = &*fakes::KMS;
        let ports = last_resort::Ports { regions: authorities, bus, evidence, signatures };
        let approvers = fakes::signers();
        let settings = last_resort::Settings { approvers, ..Default::default() };
        let _ = fakes::run(last_resort::run(&ports, &settings));
    }

    /// The true event, and the window to its end.
    fn week(&self) {
        self.at(Duration::seconds(30)).send(&serde_json::from_str(EVENT).unwrap());
        for hour in [1, 2, 24, 48, 96, 144, 162, 165] {
            self.at(Duration::hours(hour)).send(&json!({"task": "sweep"}));
            self.watch();
        }
        for quarter in 0..4 {
            let minutes = 166 * 60 + 15 * quarter + 1;
            self.at(Duration::minutes(minutes)).send(&json!({"task": "sweep"}));
            self.watch();
            self.last_resort();
        }
    }

    /// The CA is back, and nothing else about it is new.
    fn assert_undone_and_no_more(&self, attack: &str) {
        let world = &self.world;
        assert_eq!(world.authorities.status(), CaStatus::Disabled, "{attack}");
        let changes = world.authorities.changes.lock().unwrap();
        assert!(changes.iter().all(|change| *change == "restore"), "{attack}: {changes:?}");
    }
}

#[test]
fn no_object_in_any_form_costs_or_changes_a_ca() {
    for kind in sealed_kinds().into_iter().chain(other_kinds()) {
        for (name, form) in FORMS {
            let trial = Trial::new(&[]);
            form(&kind, &trial.world);
            trial.week();
            trial.assert_undone_and_no_more(&format!("{} {name}", kind.key));
        }
    }
}

/// Else the table would say nothing.
#[test]
fn what_is_authentic_lets_the_deletion_stand() {
    let approved =
        Kind { key: APPROVAL.to_owned(), trust: Trust::Signed, body: approval().to_string() };
    let trial = Trial::new(&[]);
    trial.world.evidence.put(APPROVAL, &authentic(&approved));
    trial.week();
    assert_eq!(trial.world.authorities.status(), CaStatus::Deleted);
    let (seen, closed) = (super::hostile::seen(), super::hostile::closed());
    let lost = case(&[seen, json!({"act": "lost"}), closed], "lost").to_string();
    let trial = Trial::new(&[]);
    let sealed = seal(&fakes::SECRET, KEY, lost.into_bytes());
    trial.world.evidence.put(KEY, &String::from_utf8(sealed).unwrap());
    trial.at(Duration::seconds(30)).send(&serde_json::from_str(EVENT).unwrap());
    assert_eq!(trial.world.authorities.status(), CaStatus::Disabled, "the CA is read first");
}

#[test]
fn no_tag_costs_or_changes_a_ca() {
    let long = "x".repeat(256);
    for (by, until) in [
        ("vigil:deletion-approved-by", "vigil:deletion-approved-until"),
        ("vigil:deletion-acknowledged-by", "vigil:deletion-acknowledged-until"),
        ("vigil:compromised", "owner"),
    ] {
        for (name, who, time) in [
            ("oversized", long.as_str(), long.as_str()),
            ("empty", "", ""),
            ("good", "carol", "2026-11-27T09:59:00Z"),
            ("of the future", "carol", "9999-12-31T23:59:59Z"),
            ("of the past", "carol", "0001-01-01T00:00:00Z"),
            ("before the first moment", "carol", "0000-01-01T00:00:00+23:59"),
            ("after the last moment", "carol", "9999-12-31T23:59:59-23:59"),
            ("a list", "[]", "[]"),
            ("foreign", "arn:aws:iam::999999999999:root", "2026-11-27T09:59:00Z"),
            ("look-alike", "\u{441}arol\u{202e}", "２０２６-11-27T09:59:00Z"),
        ] {
            let trial = Trial::new(&[(by, who), (until, time)]);
            trial.week();
            trial.assert_undone_and_no_more(&format!("{by} {name}"));
        }
    }
}

/// Before the true event, and in its place.
#[test]
fn no_event_costs_or_changes_a_ca() {
    for (call, parameters) in calls() {
        for (name, fault) in FAULTS {
            for has_true_event in [true, false] {
                let mut event = event(|event| {
                    event["detail"]["eventName"] = json!(call);
                    event["detail"]["requestParameters"] = parameters.clone();
                });
                fault(&mut event);
                let trial = Trial::new(&[]);
                trial.at(Duration::seconds(10)).send(&event);
                if has_true_event {
                    trial.week();
                } else {
                    let sweep = json!({"task": "sweep"});
                    trial.at(Duration::minutes(40)).send(&sweep);
                    trial.at(Duration::minutes(70)).send(&sweep);
                }
                trial.assert_undone_and_no_more(&format!("{call} {name} {has_true_event}"));
            }
        }
    }
}
