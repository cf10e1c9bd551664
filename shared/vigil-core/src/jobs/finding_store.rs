//! The finding store: each finding is published when it is first detected and again when it is
//! resolved, however often it is detected in between.
//!
//! Each finding has one object in the evidence bucket. A run claims it, publishes the finding, and marks
//! it as published. A crash in between leaves a claim, which the next run takes over once it has expired.
//! So no finding is lost, and only a crash between publishing and marking publishes one twice.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    evidence::keys,
    finding::{Finding, Status},
    ports::{Bus, Creation, Etag, EvidenceStore, PortError, PublishError, Replacement},
};

pub(super) struct FindingStore<'a> {
    pub(super) evidence: &'a dyn EvidenceStore,
    pub(super) bus: &'a dyn Bus,
    pub(super) area: &'static str,
    pub(super) now: OffsetDateTime,
    /// At least the function's timeout: the invocation that made the claim may run that long.
    pub(super) claim_expires_after: Duration,
}

/// The ids of findings, by what was done with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Published {
    /// Another invocation publishes these at this moment.
    pub claimed_elsewhere: Vec<String>,
    /// Published now, as new or worse.
    pub new: Vec<String>,
    /// Open, and published before.
    pub ongoing: Vec<String>,
    /// Published as resolved.
    pub resolved: Vec<String>,
}

/// Why findings could not be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindingStoreError {
    /// The evidence bucket could not be read or written.
    #[error("could not read or write the finding store")]
    EvidenceStore(#[source] PortError),
    /// The bus did not accept an event.
    #[error("could not publish findings")]
    Publish(#[source] PublishError),
    /// A record could not be written as JSON.
    #[error("could not write a finding's record as JSON")]
    Write(#[source] serde_json::Error),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredFinding {
    state: PublicationState,
    /// When this state was reached.
    #[serde(with = "crate::instant::text")]
    at: OffsetDateTime,
    finding: Finding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PublicationState {
    Claimed,
    Published,
    /// The bus did not accept it.
    Unpublished,
}

/// A claim: the finding to publish, and the version of the record to replace.
struct Claim {
    record: StoredFinding,
    etag: Etag,
}

impl FindingStore<'_> {
    /// Publishes the findings that were not published before.
    pub(super) async fn announce(
        &self,
        findings: &[Finding],
    ) -> Result<Published, FindingStoreError> {
        let mut published = Published::default();
        let mut claims = Vec::new();
        for finding in findings {
            let found = self.read(&finding.id).await?;
            let over = match &found {
                Some((Some(record), _)) if record.is_published_as_severe_as(finding) => {
                    published.ongoing.push(finding.id.clone());
                    continue;
                }
                Some((Some(record), _)) if self.is_claimed(record) => {
                    published.claimed_elsewhere.push(finding.id.clone());
                    continue;
                }
                Some((_, etag)) => Some(etag),
                None => None,
            };
            let mut finding = finding.clone().with_status(Status::New);
            // It became worse, and is open since it was found.
            if let Some((Some(record), _)) = &found
                && record.is_published(Status::New)
            {
                finding = finding.with_found_at(record.finding.found_at());
            }
            match self.claim(finding, over).await? {
                Ok(claim) => claims.push(claim),
                Err(id) => published.claimed_elsewhere.push(id),
            }
        }
        published.new = self.publish(claims).await?;
        Ok(published)
    }

    /// Publishes that these findings are resolved, with the reason.
    pub(super) async fn resolve(
        &self,
        ids: &[String],
        reason: &str,
    ) -> Result<Vec<String>, FindingStoreError> {
        let mut claims = Vec::new();
        for id in ids {
            // A finding without a readable record was never published.
            let Some((Some(record), etag)) = self.read(id).await? else { continue };
            if record.is_published(Status::Resolved)
                || (record.finding.status == Status::Resolved && self.is_claimed(&record))
            {
                continue;
            }
            let finding = record.finding.resolved(self.now, reason);
            if let Ok(claim) = self.claim(finding, Some(&etag)).await? {
                claims.push(claim);
            }
        }
        self.publish(claims).await
    }

    /// Publishes the claimed findings in one call, and marks each by the result.
    async fn publish(&self, claims: Vec<Claim>) -> Result<Vec<String>, FindingStoreError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let findings: Vec<_> = claims.iter().map(|claim| claim.record.finding.clone()).collect();
        let answer = self.bus.publish(&findings).await;
        let unpublished = |id: &str| match &answer {
            Ok(()) => false,
            Err(PublishError::Refused { refused, .. }) => refused.iter().any(|one| one.id == id),
            Err(_) => true,
        };
        let mut published = Vec::new();
        for Claim { record, etag } in claims {
            let id = record.finding.id.clone();
            let state = if unpublished(&id) {
                PublicationState::Unpublished
            } else {
                PublicationState::Published
            };
            let marked =
                self.replace(&StoredFinding { state, at: self.now, ..record }, &etag).await;
            if state == PublicationState::Published {
                marked?;
                published.push(id);
            }
            // An unpublished one that cannot be marked waits until its claim expires.
        }
        answer.map_err(FindingStoreError::Publish)?;
        Ok(published)
    }

    /// `Err` names a finding that another invocation has claimed meanwhile.
    async fn claim(
        &self,
        finding: Finding,
        over: Option<&Etag>,
    ) -> Result<Result<Claim, String>, FindingStoreError> {
        let record = StoredFinding { state: PublicationState::Claimed, at: self.now, finding };
        let key = self.key(&record.finding.id);
        let etag = match over {
            Some(seen) => self.replace(&record, seen).await?,
            None => {
                let created = self.evidence.create(&key, record.to_json()?).await;
                match created.map_err(FindingStoreError::EvidenceStore)? {
                    Creation::AlreadyExists => None,
                    Creation::Created(etag) => Some(etag),
                }
            }
        };
        Ok(match etag {
            Some(etag) => Ok(Claim { record, etag }),
            None => Err(record.finding.id),
        })
    }

    async fn replace(
        &self,
        record: &StoredFinding,
        seen: &Etag,
    ) -> Result<Option<Etag>, FindingStoreError> {
        let key = self.key(&record.finding.id);
        let replaced = self.evidence.replace(&key, record.to_json()?, seen).await;
        match replaced.map_err(FindingStoreError::EvidenceStore)? {
            Replacement::Changed => Ok(None),
            Replacement::Replaced(etag) => Ok(Some(etag)),
        }
    }

    /// The record, if it can be read as one, and its version.
    async fn read(
        &self,
        id: &str,
    ) -> Result<Option<(Option<StoredFinding>, Etag)>, FindingStoreError> {
        let entry =
            self.evidence.read(&self.key(id)).await.map_err(FindingStoreError::EvidenceStore)?;
        Ok(entry.map(|entry| (serde_json::from_slice(&entry.body).ok(), entry.etag)))
    }

    fn is_claimed(&self, record: &StoredFinding) -> bool {
        let age = (self.now - record.at).abs();
        record.state == PublicationState::Claimed && age < self.claim_expires_after
    }

    fn key(&self, id: &str) -> String {
        keys::finding(self.area, id)
    }
}

impl StoredFinding {
    fn is_published(&self, status: Status) -> bool {
        self.state == PublicationState::Published && self.finding.status == status
    }

    /// A finding that became worse is published again.
    fn is_published_as_severe_as(&self, finding: &Finding) -> bool {
        self.is_published(Status::New) && self.finding.severity >= finding.severity
    }

    fn to_json(&self) -> Result<Vec<u8>, FindingStoreError> {
        serde_json::to_vec_pretty(self).map_err(FindingStoreError::Write)
    }
}

impl Published {
    pub(super) fn add(&mut self, other: Self) {
        self.claimed_elsewhere.extend(other.claimed_elsewhere);
        self.new.extend(other.new);
        self.ongoing.extend(other.ongoing);
        self.resolved.extend(other.resolved);
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{
        fakes::{self, FakeBus, FakeEvidenceStore},
        finding::Severity,
    };

    const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[derive(Default)]
    struct World {
        evidence: FakeEvidenceStore,
        bus: FakeBus,
    }

    impl World {
        fn at(&self, now: OffsetDateTime) -> FindingStore<'_> {
            let (evidence, bus) = (&self.evidence, &self.bus);
            let claim_expires_after = Duration::MINUTE;
            FindingStore { evidence, bus, area: "crl-audit", now, claim_expires_after }
        }

        fn statuses(&self) -> Vec<Status> {
            self.bus.published.lock().unwrap().iter().map(|finding| finding.status).collect()
        }
    }

    fn finding() -> Finding {
        fakes::finding("crl.signature", Severity::High, "arn:a", AT)
    }

    fn announce(world: &World, now: OffsetDateTime) -> Result<Published, FindingStoreError> {
        fakes::run(world.at(now).announce(&[finding()]))
    }

    #[test]
    fn a_finding_is_published_when_new_resolved_and_back_again() {
        let world = World::default();
        let ids = [finding().id];
        assert_eq!(announce(&world, AT).unwrap().new, ids);
        for hour in 1..4 {
            let published = announce(&world, AT + Duration::hours(hour)).unwrap();
            assert_eq!((published.new, published.ongoing), (vec![], ids.to_vec()));
        }
        let resolve = |now| fakes::run(world.at(now).resolve(&ids, "it passes")).unwrap();
        assert_eq!(resolve(AT + Duration::hours(4)), ids);
        assert!(resolve(AT + Duration::hours(5)).is_empty(), "told once");
        assert_eq!(announce(&world, AT + Duration::hours(6)).unwrap().new, ids);
        assert_eq!(world.statuses(), [Status::New, Status::Resolved, Status::New]);
        assert_eq!(world.evidence.keys(), [format!("findings/crl-audit/{}.json", ids[0])]);
    }

    #[test]
    fn a_worse_finding_is_published_again_a_better_one_is_not() {
        let world = World::default();
        let published = |severity| {
            let finding = Finding { severity, ..finding() };
            fakes::run(world.at(AT).announce(&[finding])).unwrap().new.len()
        };
        assert_eq!((published(Severity::Low), published(Severity::Low)), (1, 0));
        assert_eq!(
            (published(Severity::High), published(Severity::Medium), published(Severity::High)),
            (1, 0, 0)
        );
    }

    #[test]
    fn since_when_a_finding_is_open_outlives_a_worse_one() {
        let world = World::default();
        let at = |hour| AT + Duration::hours(hour);
        let announce = |hour, severity| {
            let finding = Finding { severity, as_of: at(hour), ..finding() };
            fakes::run(world.at(at(hour)).announce(&[finding])).unwrap();
        };
        announce(0, Severity::Low);
        announce(1, Severity::High);
        fakes::run(world.at(at(2)).resolve(&[finding().id], "it passes")).unwrap();
        announce(3, Severity::Low);
        let published = world.bus.published.lock().unwrap();
        let found: Vec<_> = published.iter().map(Finding::found_at).collect();
        assert_eq!(found, [at(0), at(0), at(0), at(3)], "what comes again is new");
        let seen: Vec<_> = published.iter().map(|finding| finding.as_of).collect();
        assert_eq!(seen, [at(0), at(1), at(2), at(3)]);
    }

    #[test]
    fn what_the_bus_refuses_is_published_by_the_next_run() {
        let world = World::default();
        world.bus.fail_next();
        assert!(matches!(announce(&world, AT), Err(FindingStoreError::Publish(_))));
        assert_eq!(announce(&world, AT + Duration::SECOND).unwrap().new.len(), 1);
        assert_eq!(world.statuses(), [Status::New]);
    }

    /// Only its age distinguishes a crash from slowness.
    #[test]
    fn a_claim_left_by_a_crash_is_taken_over_once_it_has_expired() {
        let world = World::default();
        announce(&world, AT).unwrap();
        let key = format!("findings/crl-audit/{}.json", finding().id);
        let crashed = world.evidence.json(&key).to_string().replace("\"published\"", "\"claimed\"");
        world.evidence.put(&key, &crashed);
        let early = announce(&world, AT + Duration::MINUTE - Duration::SECOND).unwrap();
        assert_eq!((early.new.len(), early.claimed_elsewhere.len()), (0, 1));
        assert_eq!(announce(&world, AT + Duration::MINUTE).unwrap().new.len(), 1);
    }

    #[test]
    fn a_garbled_record_is_replaced_and_an_absent_one_ends_nothing() {
        let world = World::default();
        world.evidence.put(&format!("findings/crl-audit/{}.json", finding().id), "garbage");
        assert_eq!(announce(&world, AT).unwrap().new.len(), 1);
        let never = fakes::run(world.at(AT).resolve(&["never".to_owned()], "x")).unwrap();
        assert!(never.is_empty());
    }
}
