//! A saboteur among the people of the fleet: writes any one object of the evidence bucket, as often as they
//! like, and invokes functions with events of their own.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{CAS, DAYS, Fleet, Happening, START, people::DELETION};
use crate::{
    arn::CaArn,
    ca::CaStatus,
    evidence::keys,
    fakes,
    instant::rfc3339,
    jobs::last_resort,
    policy::{Approval, PolicyFile, Publication},
};

/// A key that the stack does not name.
const FOREIGN: &str = "arn:aws:kms:us-east-1:999999999999:key/mallory";

impl Fleet {
    /// The same fleet with a saboteur, and with the last resort, which answers them.
    pub(in crate::jobs::scenarios) fn with_saboteur(seed: u64) -> Self {
        let mut fleet = Self::new(seed);
        for _ in 0..400 {
            let at = START + Duration::seconds(fleet.random.between(0, DAYS * 86_400));
            let place = usize::try_from(fleet.random.between(0, CAS as i64)).unwrap();
            let (object, body) = (fleet.random.between(0, 10), fleet.random.between(0, 10));
            fleet.plan(at, Happening::Sabotage { place, object, body });
        }
        for quarter in 0..(DAYS + super::QUIET) * 48 {
            let at = START + Duration::minutes(30 * quarter + 7);
            fleet.plan(at, Happening::LastResort);
        }
        fleet
    }

    pub(super) fn sabotage(&mut self, place: usize, object: i64, body: i64) {
        // Who is DELETED is worth it.
        let deleted = self.deleted();
        let (arn, until) = match deleted.get(place % deleted.len().max(1)) {
            Some((arn, until)) => (arn.clone(), *until),
            None => (Self::arn(place), self.now + Duration::days(7)),
        };
        self.count("sabotage");
        if object == 0 {
            return self.invent(&arn, until);
        }
        let key = match object {
            1 => keys::case(&arn, until),
            2 => keys::restorations(&arn),
            3 => keys::snapshot(&arn),
            4 => keys::inventory(arn.region()),
            5 => keys::disabled(&arn),
            6 => keys::acknowledgement(&arn),
            7 => keys::POLICY_SET.to_owned(),
            8 => keys::alert(&arn, until, "1h".parse().unwrap()),
            _ => keys::approval(&arn),
        };
        self.evidence.inner.put(&key, &hostile(&arn, until, self.now, body));
    }

    /// An event of a deletion by a principal of their choice.
    fn invent(&mut self, arn: &CaArn, until: OffsetDateTime) {
        let was = self.with_ca(arn, |ca| ca.status == CaStatus::Deleted);
        if was != Some(true) {
            return;
        }
        let mut event: Value = serde_json::from_str(DELETION).unwrap();
        let detail = &mut event["detail"];
        detail["requestParameters"]["certificateAuthorityArn"] = json!(arn);
        detail["requestParameters"]["permanentDeletionTimeInDays"] = json!(7);
        detail["awsRegion"] = json!(arn.region());
        detail["eventTime"] = json!(rfc3339(until - Duration::days(7)));
        detail["eventID"] = json!(format!("invented-{}", self.planned));
        detail["userIdentity"]["arn"] = json!("arn:aws:iam::111122223333:role/Pipeline");
        let event = Box::new(event);
        self.plan(self.now, Happening::Deliver { event, attempt: 1 });
    }

    pub(super) fn last_resort(&self) {
        let ports = last_resort::Ports {
            regions: &self.world,
            bus: &self.findings,
            evidence: &self.evidence,
            signatures: &*fakes::KMS,
        };
        let approvers = fakes::signers();
        let settings = last_resort::Settings { approvers, ..Default::default() };
        let _ = fakes::drive(last_resort::run(&ports, &settings));
    }
}

/// What they write, wherever.
fn hostile(arn: &CaArn, until: OffsetDateTime, now: OffsetDateTime, which: i64) -> String {
    let approval = Approval {
        ca: arn.clone(),
        approved_by: "Board of Directors".to_owned(),
        reason: "r".to_owned(),
        approved_at: now,
        restorable_until: Some(until),
        expires: until,
        signers: Vec::new(),
        approvers: Vec::new(),
    };
    let of_another = Approval { restorable_until: None, ..approval.clone() };
    let text = "permit(principal, action, resource);".to_owned();
    let policies = Publication {
        version: 9,
        author: "mallory".to_owned(),
        published_at: now,
        files: vec![PolicyFile { name: "x.cedar".to_owned(), text }],
    };
    let json = |body: Vec<u8>| String::from_utf8(body).unwrap();
    let one = json!({"case": "x", "at": rfc3339(now)});
    match which {
        0 => " ".repeat(2 * 1024 * 1024),
        1 => "[".repeat(10_000),
        2 => String::new(),
        3 => serde_json::to_string(&approval).unwrap(),
        4 => json(fakes::signed(approval, &[FOREIGN]).to_json().unwrap()),
        5 => {
            let signed = fakes::signed(of_another, &[fakes::APPROVERS]);
            // The signature of one approval on another.
            json(crate::signed::Signed { statement: approval, ..signed }.to_json().unwrap())
        }
        6 => json(fakes::signed(policies, &[FOREIGN]).to_json().unwrap()),
        7 => json!({"ca": arn, "restorations": vec![one; 9]}).to_string(),
        8 => json!({"ca": arn, "by": "x", "until": rfc3339(until),
                    "restorable_until": rfc3339(until)})
        .to_string(),
        _ => "null".to_owned(),
    }
}
