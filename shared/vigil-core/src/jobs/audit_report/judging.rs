//! Puts the rules to each CA and its newest report: after a report was summarised, and every hour, because
//! CAs, tags, settings and acknowledgements change between reports.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    AuditReportError, Ports, RequestFailure, document, newest, request_state::RequestState,
};
use crate::{
    arn::CaArn,
    audit_report::Document,
    ca::Ca,
    evidence::keys,
    failure::chain,
    finding::Finding,
    fleet,
    jobs::{
        finding_acknowledgement::{self, Acknowledgement},
        finding_store::{FindingStore, Published},
        stored::{self, Stored},
    },
    rules::{
        self, JudgementResult, RuleJudgement,
        audit_report::{
            REPORTED, ReportSettings, ReportedCa, Thresholds, acknowledgement_refused,
            settings_unusable,
        },
    },
};

/// Why a CA is not judged of which no report was read.
pub(in crate::jobs) const NOT_SUMMARISED: &str = "no audit report of the CA was summarised";

/// What all CAs are judged by.
pub(super) struct Judging<'a> {
    ports: &'a Ports<'a>,
    finding_store: &'a FindingStore<'a>,
    settings: ReportSettings,
    /// Why the settings that are there are not used.
    unusable: Option<String>,
    authorities: Result<BTreeSet<String>, String>,
    /// The ids of findings with an object that may acknowledge them.
    acknowledged: BTreeSet<String>,
    now: OffsetDateTime,
}

/// So many findings of one rule are open of a CA at once: more say no more, and each is a message. Those
/// that are acknowledged do not count, so that the others follow them.
const MAX_OPEN: usize = 50;

/// What was found of one CA, or of several.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) published: Published,
    pub(super) verdicts: Vec<fleet::RuleResult>,
    pub(super) acknowledged: Vec<fleet::Acknowledged>,
    /// CAs that were not judged, and why: none of their rules has a verdict.
    pub(super) unjudged: Vec<RequestFailure>,
    /// CAs with their owners, as their tags say.
    pub(super) owners: BTreeMap<CaArn, String>,
}

impl Judged {
    pub(super) fn add(&mut self, other: Self) {
        self.published.add(other.published);
        self.verdicts.extend(other.verdicts);
        self.acknowledged.extend(other.acknowledged);
        self.unjudged.extend(other.unjudged);
        self.owners.extend(other.owners);
    }
}

/// The open findings of a CA, by id, with their rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    open: BTreeMap<String, String>,
}

impl<'a> Judging<'a> {
    /// `authorities`: the serial numbers of all CAs, or why CA certificates are not judged.
    pub(super) async fn begin(
        ports: &'a Ports<'a>,
        finding_store: &'a FindingStore<'a>,
        authorities: Result<BTreeSet<String>, String>,
    ) -> Result<Self, AuditReportError> {
        let (settings, unusable) = settings(ports).await?;
        let acks = ports.evidence.list(keys::FINDING_ACKNOWLEDGEMENTS).await;
        let acks = acks.map_err(AuditReportError::EvidenceStore)?;
        let id = |key: String| {
            let name = key.strip_prefix(keys::FINDING_ACKNOWLEDGEMENTS)?;
            Some(name.strip_suffix(".json")?.to_owned())
        };
        let acknowledged = acks.into_iter().filter_map(id).collect();
        let now = finding_store.now;
        Ok(Self { ports, finding_store, settings, unusable, authorities, acknowledged, now })
    }

    /// Publishes that the settings cannot be used, or that they can again. `of`: any CA of the Region.
    pub(super) async fn judge_settings(&self, of: &Ca) -> Result<Published, AuditReportError> {
        let key = keys::REPORT_SETTINGS;
        let finding = settings_unusable(key, &of.arn, self.unusable.as_deref(), self.now);
        self.tell(finding, self.unusable.is_some(), "the settings can be used").await
    }

    /// Publishes one finding, or its end.
    pub(super) async fn tell(
        &self,
        finding: Finding,
        is_found: bool,
        because: &str,
    ) -> Result<Published, AuditReportError> {
        if is_found {
            return self.announce(&[finding]).await;
        }
        let resolved = self.resolve(&[finding.id], because).await?;
        Ok(Published { resolved, ..Published::default() })
    }

    /// How many days before a Region's quota of CAs is reached that is a finding.
    pub(super) fn quota_days(&self) -> u32 {
        self.settings.of_region().quota_days
    }

    /// The limit of validity of the CA's certificates, in days.
    pub(super) fn max_validity_days(
        &self,
        ca: &Ca,
        tags: Option<&BTreeMap<String, Option<String>>>,
    ) -> Option<u32> {
        self.settings.of(&ca.arn, tags).max_validity_days
    }

    pub(super) async fn tags(&self, ca: &Ca) -> Result<BTreeMap<String, Option<String>>, String> {
        let tags = self.ports.authorities.tags(&ca.arn).await;
        tags.map_err(|error| format!("the tags of the CA: {}", chain(&error)))
    }

    /// Judges one CA, publishes what is new and what is over.
    pub(super) async fn judge(&self, ca: &Ca) -> Result<Judged, AuditReportError> {
        let subject = self.subject(ca).await?;
        let judgements = rules::judge(REPORTED, &subject, ca.arn.as_str(), self.now);
        let mut judged = Judged::default();
        if let Some(owner) = owner(subject.tags.as_ref().ok()) {
            judged.owners.insert(ca.arn.clone(), owner);
        }
        let (mut found, mut waiting) = (Vec::new(), BTreeSet::new());
        for judgement in &judgements {
            let JudgementResult::Findings { findings } = &judgement.result else {
                judged.verdicts.push(verdict(judgement, None));
                continue;
            };
            let mut of_rule = Vec::new();
            for finding in findings {
                self.sort(ca, finding, &mut of_rule, &mut judged).await?;
            }
            let is_of_rule = |one: &&Finding| one.rule == judgement.rule;
            let worst = of_rule.iter().filter(is_of_rule).map(|one| one.severity).max();
            let more: BTreeSet<String> = of_rule
                .iter()
                .filter(is_of_rule)
                .skip(MAX_OPEN)
                .map(|one| one.id.clone())
                .collect();
            let mut verdict = verdict(judgement, worst);
            if !more.is_empty() {
                verdict.reason =
                    Some(format!("{} more were found: {MAX_OPEN} are shown", more.len()));
            }
            judged.verdicts.push(verdict);
            found.extend(of_rule.into_iter().filter(|one| !more.contains(&one.id)));
            waiting.extend(more);
        }
        let acknowledged = &judged.acknowledged;
        judged.published =
            self.settle(ca, &judgements, (&found[..], &waiting), acknowledged).await?;
        Ok(judged)
    }

    /// A finding is open, or acknowledged.
    async fn sort(
        &self,
        ca: &Ca,
        finding: &Finding,
        found: &mut Vec<Finding>,
        judged: &mut Judged,
    ) -> Result<(), AuditReportError> {
        let is_possible = finding_acknowledgement::can_be_acknowledged(&finding.rule);
        let acknowledging = self.ports.acknowledging.as_ref();
        let Some(by) =
            acknowledging.filter(|_| is_possible && self.acknowledged.contains(&finding.id))
        else {
            found.push(finding.clone());
            return Ok(());
        };
        let stores = (self.ports.evidence, by.signatures);
        let of = finding_acknowledgement::of(stores, by.approvers, finding).await;
        match of.map_err(AuditReportError::Acknowledgement)? {
            Acknowledgement::No => found.push(finding.clone()),
            Acknowledgement::Refused(key, why) => {
                found.push(finding.clone());
                found.push(acknowledgement_refused(finding, &key, ca, &why, self.now));
            }
            Acknowledgement::Yes(ack) => judged.acknowledged.push(fleet::Acknowledged {
                by: ack.by,
                note: ack.note,
                finding: finding.clone(),
            }),
        }
        Ok(())
    }

    async fn subject(&self, ca: &Ca) -> Result<ReportedCa, AuditReportError> {
        let evidence = self.ports.evidence;
        let report = match newest::of(evidence, &ca.arn).await? {
            None => Err(NOT_SUMMARISED.to_owned()),
            Some(newest) => {
                let key = keys::summary(&ca.arn, &newest.report);
                let read = stored::read::<Document>(evidence, &key).await;
                match read.map_err(AuditReportError::EvidenceStore)? {
                    Stored::Known(document, _) if document.ca == ca.arn => {
                        Ok((newest.report, Box::new(document.summary)))
                    }
                    Stored::Known(..) => Err(format!("{key} is about another CA")),
                    // It is written after the record of the newest report.
                    Stored::Absent => Err("its newest audit report is being summarised".to_owned()),
                    Stored::Unusable { why, .. } => Err(why),
                }
            }
        };
        let state: RequestState =
            document::read(evidence, &keys::requested_reports(ca.arn.id())).await?;
        let tags = self.tags(ca).await;
        let thresholds: Thresholds = self.settings.of(&ca.arn, tags.as_ref().ok());
        Ok(ReportedCa {
            ca: ca.clone(),
            report,
            tags,
            authorities: self.authorities.clone(),
            watched_since: state.since,
            thresholds,
            now: self.now,
        })
    }

    /// A finding is on record as open before it is published, so that it is resolved after a crash, too.
    /// `waiting`: what was found, too, and is not published yet, or stays as it is.
    async fn settle(
        &self,
        ca: &Ca,
        judgements: &[RuleJudgement],
        (found, waiting): (&[Finding], &BTreeSet<String>),
        acknowledged: &[fleet::Acknowledged],
    ) -> Result<Published, AuditReportError> {
        let key = keys::judged(ca.arn.id());
        let before: Open = document::read(self.ports.evidence, &key).await?;
        if before.open.is_empty() && found.is_empty() {
            return Ok(Published::default());
        }
        let state = document::update(self.ports.evidence, &key, |state: &mut Open| {
            let open = found.iter().map(|one| (one.id.clone(), one.rule.to_string()));
            state.open.extend(open);
        })
        .await?;
        let mut published = self.announce(found).await?;
        let is_unknown = |rule: &str| {
            judgements.iter().any(|judgement| {
                judgement.rule == rule
                    && matches!(judgement.result, JudgementResult::Unknown { .. })
            })
        };
        let mut over = Vec::new();
        for (id, rule) in &state.open {
            let is_found = found.iter().any(|one| one.id == *id) || waiting.contains(id);
            if is_found || is_unknown(rule) {
                continue;
            }
            let because = match acknowledged.iter().find(|one| one.finding.id == *id) {
                Some(of) => format!("{} has acknowledged it: {}", of.by, of.note),
                None => "the newest report, and the CA, do not show it any more".to_owned(),
            };
            published.resolved.extend(self.resolve(std::slice::from_ref(id), &because).await?);
            over.push(id.clone());
        }
        if !over.is_empty() {
            document::update(self.ports.evidence, &key, |state: &mut Open| {
                state.open.retain(|id, _| !over.contains(id));
            })
            .await?;
        }
        Ok(published)
    }

    /// Ends what was found of CAs that are not there any more.
    pub(super) async fn close(&self, ca_id: &str) -> Result<Published, AuditReportError> {
        let key = keys::judged(ca_id);
        let state: Open = document::read(self.ports.evidence, &key).await?;
        let ids: Vec<String> = state.open.into_keys().collect();
        if ids.is_empty() {
            return Ok(Published::default());
        }
        let resolved = self.resolve(&ids, "ACM PCA does not list the CA any more").await?;
        document::update(self.ports.evidence, &key, |state: &mut Open| state.open.clear()).await?;
        Ok(Published { resolved, ..Published::default() })
    }

    async fn announce(&self, found: &[Finding]) -> Result<Published, AuditReportError> {
        self.finding_store.announce(found).await.map_err(AuditReportError::FindingStore)
    }

    async fn resolve(
        &self,
        ids: &[String],
        because: &str,
    ) -> Result<Vec<String>, AuditReportError> {
        let resolved = self.finding_store.resolve(ids, because).await;
        resolved.map_err(AuditReportError::FindingStore)
    }
}

fn owner(tags: Option<&BTreeMap<String, Option<String>>>) -> Option<String> {
    let tag = |key: &str| tags?.get(key)?.clone();
    tag("owner").or_else(|| tag("Owner")).filter(|owner| !owner.is_empty())
}

/// The settings; the built-in ones where what is there cannot be used, and why.
async fn settings(ports: &Ports<'_>) -> Result<(ReportSettings, Option<String>), AuditReportError> {
    let read = match ports.evidence.read(keys::REPORT_SETTINGS).await {
        Ok(None) => return Ok((ReportSettings::default(), None)),
        Ok(Some(object)) => ReportSettings::read(&object.body),
        Err(error) if error.is_lasting() => Err(chain(&error)),
        Err(error) => return Err(AuditReportError::EvidenceStore(error)),
    };
    Ok(match read {
        Ok(settings) => (settings, None),
        Err(why) => (ReportSettings::default(), Some(why)),
    })
}

/// `severity`: of what is open. `None` where the rule found something: all of it was acknowledged.
fn verdict(
    judgement: &RuleJudgement,
    severity: Option<crate::finding::Severity>,
) -> fleet::RuleResult {
    use fleet::RuleStatus::{Acknowledged, Findings, NotApplicable, Pass, Unknown};
    let (result, reason) = match (&judgement.result, severity) {
        (JudgementResult::Pass, _) => (Pass, None),
        (JudgementResult::NotApplicable { reason }, _) => (NotApplicable, Some(reason.clone())),
        (JudgementResult::Unknown { reason }, _) => (Unknown, Some(reason.clone())),
        (JudgementResult::Findings { .. }, Some(_)) => (Findings, None),
        (JudgementResult::Findings { .. }, None) => (Acknowledged, None),
    };
    let (rule, resource) = (judgement.rule.to_owned(), judgement.resource.clone());
    fleet::RuleResult { rule, resource, result, reason, severity }
}
