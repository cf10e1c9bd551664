//! The people of the fleet: who deletes, approves and restores manually, and the events of
//! EventBridge about it.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{CAS, DAYS, Deletion, Fleet, Happening, START};
use crate::{arn::CaArn, ca::CaStatus, fakes, instant::rfc3339, policy::Approval};

pub(super) const DELETION: &str = include_str!("../../../../../../infra/events/deletion.json");
const DISABLING: &str = include_str!("../../../../../../infra/events/disabling.json");

impl Fleet {
    pub(super) fn plan_deletions(&mut self) {
        for _ in 0..self.random.between(15, 35) {
            let place = usize::try_from(self.random.between(0, CAS as i64)).unwrap();
            let at = START + Duration::seconds(self.random.between(0, (DAYS - 9) * 86_400));
            if self.random.once_in(3) {
                let before = Duration::minutes(self.random.between(1, 2000));
                let expires = at + Duration::hours(self.random.between(-3, 72));
                self.plan(at - before, Happening::Approve { place, expires });
            }
            let window = if self.random.once_in(2) { 7 } else { self.random.between(7, 31) };
            let grudge = if self.random.once_in(8) { 5 } else { 0 };
            self.plan(at, Happening::Delete { place, window, grudge });
            if self.random.once_in(12) {
                let after = Duration::hours(self.random.between(1, 150));
                self.plan(at + after, Happening::RestoreByHand { place });
            }
        }
    }

    /// No person approves what is deleted already.
    pub(super) fn approve(&mut self, place: usize, expires: OffsetDateTime) {
        let ca = Self::arn(place);
        if self.with_ca(&ca, |ca| ca.status == CaStatus::Deleted).unwrap_or(true) {
            return;
        }
        self.count("approvals");
        let approval = Approval {
            ca: ca.clone(),
            approved_by: "carol".to_owned(),
            reason: "CHG-1".to_owned(),
            approved_at: self.now,
            restorable_until: None,
            expires,
            signers: Vec::new(),
            approvers: Vec::new(),
        };
        fakes::put_signed(&self.evidence.inner, &format!("approvals/{}.json", ca.id()), approval);
        self.approvals.insert(ca, expires);
    }

    pub(super) fn delete(&mut self, place: usize, window: i64, grudge: u32) {
        let arn = Self::arn(place);
        let now = self.now;
        let was = self.with_ca(&arn, |ca| ca.status.clone());
        if grudge > 0 {
            let later = now + Duration::minutes(self.random.between(30, 400));
            self.plan(later, Happening::Delete { place, window, grudge: grudge - 1 });
        }
        match was {
            None | Some(CaStatus::Deleted) => return,
            Some(CaStatus::Active) => {
                self.count("disablings");
                self.emit_event(DISABLING, &arn, window, now - Duration::seconds(20));
            }
            Some(_) => {}
        }
        let until = now + Duration::days(window);
        let never = self.with_ca(&arn, |ca| {
            ca.status = CaStatus::Deleted;
            ca.last_state_change_at = Some(now);
            ca.restorable_until = Some(until);
            !ca.had_certificate()
        });
        let approved = self.approvals.get(&arn).is_some_and(|expires| now < *expires);
        let permitted = approved || never == Some(true);
        self.count(if permitted { "permitted deletions" } else { "forbidden deletions" });
        self.deletions.push(Deletion {
            ca: arn.clone(),
            at: now,
            until,
            permitted,
            deleted_until: now,
            by_hand: false,
        });
        self.emit_event(DELETION, &arn, window, now);
    }

    /// EventBridge delivers late, several times, or never.
    fn emit_event(&mut self, form: &str, arn: &CaArn, window: i64, at: OffsetDateTime) {
        let mut event: Value = serde_json::from_str(form).unwrap();
        let detail = &mut event["detail"];
        detail["requestParameters"]["certificateAuthorityArn"] = json!(arn);
        detail["awsRegion"] = json!(arn.region());
        detail["eventTime"] = json!(rfc3339(at));
        detail["eventID"] = json!(format!("event-{}", self.planned));
        if form == DELETION {
            detail["requestParameters"]["permanentDeletionTimeInDays"] = json!(window);
        }
        if form == DELETION
            && let Some(service) = self.world.services.iter().find(|service| service.has(arn))
        {
            service.inner.history.lock().unwrap().push(event["detail"].clone());
        }
        if self.random.once_in(6) {
            return self.count("lost events");
        }
        let times = if self.random.once_in(4) { self.random.between(2, 4) } else { 1 };
        for time in 0..times {
            self.count(if time == 0 { "events" } else { "duplicates" });
            let late = if self.random.once_in(5) { self.random.between(60, 9000) } else { 5 };
            let event = Box::new(event.clone());
            self.plan(at + Duration::seconds(late), Happening::Deliver { event, attempt: 1 });
        }
    }

    pub(super) fn restore_by_hand(&mut self, place: usize) {
        let (arn, now) = (Self::arn(place), self.now);
        let restored = self.with_ca(&arn, |ca| {
            let until = ca.restorable_until.take_if(|_| ca.status == CaStatus::Deleted)?;
            ca.status = if ca.had_certificate() {
                CaStatus::Disabled
            } else {
                CaStatus::PendingCertificate
            };
            ca.last_state_change_at = Some(now);
            Some(until)
        });
        let Some(Some(until)) = restored else { return };
        self.count("restored by hand");
        let is_it = |of: &&mut Deletion| of.ca == arn && of.until == until;
        if let Some(deletion) = self.deletions.iter_mut().find(is_it) {
            deletion.by_hand = true;
        }
    }
}
