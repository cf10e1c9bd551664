//! The report of a fleet: every CA, every open finding and every verdict, of one account and any
//! number of Regions. The page, the findings' formats and the terminal are made from it alone.
//!
//! Its JSON Schema is `docs/schemas/fleet-report.json`. Fields are only added.

#![warn(missing_docs)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    certificate_traits::CertificateTraits,
    finding::{Finding, Severity},
};

/// The value of [`FleetReport::schema`].
pub const SCHEMA: &str = "vigil.fleet-report/1";

/// What was found of a fleet at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// The latest time that ACM PCA stated in this run.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
    /// The command or function that made the report, and its version.
    pub made_by: String,
    /// The Regions that were asked, in order.
    pub regions: Vec<RegionReport>,
    /// CAs of all states, in the order of their ARNs.
    pub cas: Vec<CaReport>,
    /// The open findings, the worst first.
    pub findings: Vec<OpenFinding>,
    /// Findings that this run found to be over.
    pub resolved: Vec<Finding>,
    /// What each rule said of each resource.
    pub verdicts: Vec<RuleResult>,
    /// What should have been checked and could not be.
    pub unchecked: Vec<Unchecked>,
    /// What is so, and was acknowledged.
    #[serde(default)]
    pub acknowledged: Vec<Acknowledged>,
}

/// A finding that was acknowledged: it is so, and it is not open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Acknowledged {
    /// Who acknowledged it.
    pub by: String,
    /// Why.
    pub note: String,
    /// The finding as it would be published.
    pub finding: Finding,
}

/// One Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RegionReport {
    /// Its name.
    pub name: String,
    /// How it answered.
    pub state: RegionState,
    /// Why it did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The CAs of all states.
    pub cas: usize,
}

/// How a Region answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RegionState {
    /// Its CAs were listed.
    Answered,
    /// Its CAs could not be listed.
    Failed,
    /// The account has not enabled the Region.
    NotEnabled,
}

/// One CA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CaReport {
    /// The ARN.
    pub arn: CaArn,
    /// The common name of the subject.
    pub name: Option<String>,
    /// `ROOT` or `SUBORDINATE`.
    pub ca_type: String,
    /// The status, as ACM PCA writes it.
    pub status: String,
    /// `KeyAlgorithm`.
    pub key_algorithm: Option<String>,
    /// The end of its own certificate.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub not_after: Option<OffsetDateTime>,
    /// `LastStateChangeAt`: of a DELETED CA, when it was deleted.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub last_state_change_at: Option<OffsetDateTime>,
    /// Of a DELETED CA, until when it can be restored.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub restorable_until: Option<OffsetDateTime>,
    /// Where its CRL is written, if one is enabled.
    pub crl: Option<CrlReport>,
    /// Whether ACM PCA answers OCSP requests for it. Absent: it is not known.
    pub ocsp: Option<bool>,
    /// The CA of the fleet that signed its certificate. Absent: it is not known, or none did.
    pub issuer: Option<CaArn>,
    /// Its tag `owner`. Absent: it has none, or its tags were not read.
    #[serde(default)]
    pub owner: Option<String>,
    /// What its newest audit report says. Absent: none was read.
    pub certificates: Option<CertificateNumbers>,
    /// Keys, signature algorithms and names of the certificates that crl-audit has read. Absent: it has
    /// read none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traits: Option<CertificateTraits>,
}

/// A CA's CRL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CrlReport {
    /// The bucket.
    pub bucket: Option<String>,
    /// When the newest CRL that was read was issued.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub this_update: Option<OffsetDateTime>,
    /// How long a CRL is valid, as the CA is configured.
    pub expiration_in_days: Option<i32>,
}

/// The numbers of an audit report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CertificateNumbers {
    /// Where the report lies, as `s3://<bucket>/<key>` or a path.
    pub source: String,
    /// The time of the counts.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub as_of: Option<OffsetDateTime>,
    /// All that the CA ever issued.
    pub issued: u64,
    /// Neither revoked nor expired, and begun.
    pub valid: u64,
    /// Not begun.
    pub not_yet_valid: u64,
    /// Expired and never revoked.
    pub expired: u64,
    /// Revoked, expired or not.
    pub revoked: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Of the valid ones.
    pub expiring_within_30_days: u64,
    /// Of the valid ones.
    pub expiring_within_90_days: u64,
    /// Of those that end within 90 days: how many have no successor, if that was judged.
    #[serde(default)]
    pub without_successor_within_90_days: Option<u64>,
    /// Of the valid ones.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub latest_not_after: Option<OffsetDateTime>,
    /// What has changed since the report before, if that is known.
    #[serde(default)]
    pub since: Option<Growth>,
    /// All certificates by the account that requested them.
    pub by_account: BTreeMap<String, u64>,
    /// All certificates by their template.
    pub by_template: BTreeMap<String, u64>,
    /// The revoked ones by reason.
    pub revoked_by_reason: BTreeMap<String, u64>,
    /// Valid certificates that end in a week, by the week's Monday, as `2026-03-02`.
    #[serde(default)]
    pub ending_by_week: BTreeMap<String, u64>,
    /// Of these, those that end within 90 days and have no successor. Empty where that was not judged.
    #[serde(default)]
    pub without_successor_by_week: BTreeMap<String, u64>,
    /// Issued certificates by month, as `2026-03`.
    #[serde(default)]
    pub issued_by_month: BTreeMap<String, u64>,
    /// Revoked certificates by month.
    #[serde(default)]
    pub revoked_by_month: BTreeMap<String, u64>,
}

/// The numbers of a report beside those of the report before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Growth {
    /// When the report before was created, as RFC 3339.
    pub created_at: String,
    /// How many certificates more were issued.
    pub issued: i64,
    /// How many more are valid.
    pub valid: i64,
    /// How many more are revoked.
    pub revoked: i64,
    /// Accounts that the report before had not; at most 20.
    #[serde(default)]
    pub new_accounts: Vec<String>,
    /// Templates that the report before had not; at most 20.
    #[serde(default)]
    pub new_templates: Vec<String>,
}

/// A finding that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OpenFinding {
    /// Whether this run was the first to find it.
    pub is_new: bool,
    /// The finding.
    pub finding: Finding,
}

/// What a rule said of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleResult {
    /// The rule's id.
    pub rule: String,
    /// The ARN of what was judged.
    pub resource: String,
    /// The verdict.
    pub result: RuleStatus,
    /// Why the rule did not apply, or could not judge; or how many more it found than are findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The worst severity of what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// What a rule can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RuleStatus {
    /// The rule does not hold.
    Findings,
    /// The facts could not be learnt.
    Unknown,
    /// The rule does not hold, and all that it found was acknowledged.
    Acknowledged,
    /// The rule holds.
    Pass,
    /// There is nothing to judge.
    NotApplicable,
}

/// Something that could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unchecked {
    /// A Region, a CA, a bucket or a report.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What the loss of a CA would take along: of itself and of all CAs below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// The CAs below it, at any depth.
    pub subordinates: usize,
    /// Valid certificates, of those CAs whose audit report was read.
    pub certificates: u64,
    /// CAs of which no audit report was read, so that `certificates` is too low.
    pub uncounted: usize,
    /// The accounts that requested certificates.
    pub accounts: usize,
    /// The last end of a certificate.
    pub last_end: Option<OffsetDateTime>,
}

impl FleetReport {
    /// An empty report.
    pub fn new(made_by: impl Into<String>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            as_of: OffsetDateTime::UNIX_EPOCH,
            made_by: made_by.into(),
            regions: Vec::new(),
            cas: Vec::new(),
            findings: Vec::new(),
            resolved: Vec::new(),
            verdicts: Vec::new(),
            unchecked: Vec::new(),
            acknowledged: Vec::new(),
        }
    }

    /// Adds what another Region's run found.
    pub fn add(&mut self, other: Self) {
        self.as_of = self.as_of.max(other.as_of);
        self.regions.extend(other.regions);
        self.cas.extend(other.cas);
        self.findings.extend(other.findings);
        self.resolved.extend(other.resolved);
        self.verdicts.extend(other.verdicts);
        self.unchecked.extend(other.unchecked);
        self.acknowledged.extend(other.acknowledged);
    }

    /// Puts everything in the order in which it is shown, each entry once.
    pub fn sort(&mut self) {
        self.cas.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.findings.sort_by_cached_key(order);
        self.findings.dedup_by(|a, b| a.finding.id == b.finding.id);
        self.resolved.sort_by(|a, b| (&a.rule, &a.id).cmp(&(&b.rule, &b.id)));
        let place = |of: &RuleResult| (of.resource.clone(), of.result, of.rule.clone());
        self.verdicts.sort_by_key(place);
        self.verdicts.dedup();
        self.unchecked.sort();
        self.unchecked.dedup();
        self.acknowledged.sort_by(|a, b| a.finding.id.cmp(&b.finding.id));
        self.acknowledged.dedup_by(|a, b| a.finding.id == b.finding.id);
    }

    /// How many open findings are at least so severe.
    pub fn count_from(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|of| of.finding.severity >= severity).count()
    }

    /// What the loss of the CA would take along.
    pub fn loss_of(&self, ca: &CaArn) -> Loss {
        let mut below = vec![ca];
        let mut at = 0;
        while let Some(parent) = below.get(at).copied() {
            let children = self.cas.iter().filter(|child| child.issuer.as_ref() == Some(parent));
            for child in children {
                if !below.contains(&&child.arn) {
                    below.push(&child.arn);
                }
            }
            at += 1;
        }
        let mut loss = Loss { subordinates: below.len() - 1, ..Loss::default() };
        let mut accounts = std::collections::BTreeSet::new();
        for ca in self.cas.iter().filter(|ca| below.contains(&&ca.arn)) {
            match &ca.certificates {
                Some(of) => {
                    loss.certificates = loss.certificates.saturating_add(of.valid);
                    loss.last_end = loss.last_end.max(of.latest_not_after);
                    accounts.extend(of.by_account.keys());
                }
                None => loss.uncounted += 1,
            }
        }
        loss.accounts = accounts.len();
        loss
    }
}

/// The worst first; of these, what ends soonest; then by id.
fn order(of: &OpenFinding) -> (std::cmp::Reverse<Severity>, String, String, String) {
    let finding = &of.finding;
    let end = finding.evidence.get("restorable_until").and_then(|end| end.as_str());
    let end = end.unwrap_or("9999").to_owned();
    let rule = finding.rule.to_string();
    (std::cmp::Reverse(finding.severity), end, rule, finding.id.clone())
}

impl CaReport {
    /// The name that is shown: the common name, or the id.
    pub fn shown(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or_else(|| self.arn.id())
    }
}

#[cfg(test)]
mod tests;
