//! The report of a run, `reports/crl-audit/<as of>.json`: what was judged, by which rules, with
//! which results; what was left out, and why.

use serde::Serialize;
use time::OffsetDateTime;

use super::{Audit, CheckError, Scope, Skip, Skipped, Trigger};
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    jobs::Published,
    ports::{Creation, EvidenceStore},
    rules::{JudgementResult, RuleJudgement, crl::ScannedCertificates},
};

/// Of one trigger: the function itself has fewer copies at a time.
const MAX_RUNS_A_SECOND: u32 = 100;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "RunReport"))]
pub(super) struct Report {
    #[serde(skip)]
    key: String,
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    as_of: OffsetDateTime,
    trigger: String,
    /// CAs of the account and Region, in any state.
    seen: usize,
    audited: Vec<Audited>,
    skipped: Vec<Skipped>,
    /// The first CA that had no turn: the run was continued from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) continued_from: Option<String>,
    pub(super) published: Published,
    /// What should have been checked and could not be.
    pub(super) unchecked: Vec<String>,
    /// The newest audit report of each CA, as far as one was read, and how old it was.
    pub(super) audit_reports: Vec<UsedReport>,
    /// How far the certificates of each CA's newest audit report have been read.
    pub(super) certificates: Vec<CertificatesOf>,
    pub(super) judgements: Vec<RuleJudgement>,
}

/// What a CA's CRL was compared with.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct UsedReport {
    ca: CaArn,
    /// When ACM PCA created the audit report: what happened later is not in it.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    created_at: OffsetDateTime,
    /// Its age at the run, in whole hours.
    age_hours: i64,
}

impl UsedReport {
    pub(super) fn new(ca: CaArn, created_at: OffsetDateTime, now: OffsetDateTime) -> Self {
        Self { ca, created_at, age_hours: (now - created_at).whole_hours() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CertificatesOf {
    pub(super) ca: CaArn,
    /// The report's valid ones.
    pub(super) valid: u64,
    /// Those of them that are yet to be read.
    pub(super) left: u64,
    pub(super) scanned: Option<ScannedCertificates>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Audited {
    ca: CaArn,
    bucket: String,
    key: String,
}

impl Report {
    pub(super) fn new(
        as_of: OffsetDateTime,
        trigger: &Trigger,
        scopes: &[(&Ca, Result<Scope, Skip>)],
    ) -> Self {
        let (mut audited, mut skipped) = (Vec::new(), Vec::new());
        for (ca, scope) in scopes.iter().filter(|(ca, scope)| trigger.concerns(ca, scope)) {
            let ca = ca.arn.clone();
            match scope {
                Ok(Scope { bucket, key, .. }) => {
                    audited.push(Audited { ca, bucket: bucket.clone(), key: key.clone() });
                }
                Err(skip) => skipped.push(Skipped { ca, reason: skip.to_string() }),
            }
        }
        Self {
            key: keys::audit_run(as_of, trigger.name()),
            as_of,
            trigger: trigger.describe(),
            seen: scopes.len(),
            audited,
            skipped,
            continued_from: None,
            published: Published::default(),
            unchecked: Vec::new(),
            audit_reports: Vec::new(),
            certificates: Vec::new(),
            judgements: Vec::new(),
        }
    }

    /// Never over another run's report: one of the same second gets a key of its own. The same report
    /// is written once, also when it is written twice.
    pub(super) async fn write(&mut self, evidence: &dyn EvidenceStore) -> Result<(), CheckError> {
        let body = serde_json::to_vec_pretty(self).map_err(CheckError::Write)?;
        let first = self.key.clone();
        for copy in 2..=MAX_RUNS_A_SECOND {
            let created = evidence.create(&self.key, body.clone()).await;
            if let Creation::Created(_) = created.map_err(CheckError::Report)? {
                return Ok(());
            }
            let there = evidence.read(&self.key).await.map_err(CheckError::Report)?;
            if there.is_some_and(|there| there.body == body) {
                return Ok(());
            }
            self.key = keys::copy(&first, copy);
        }
        Err(CheckError::TooManyReports { key: first })
    }

    /// The short form, for the invocation's result.
    pub(super) fn audit(&self) -> Audit {
        let count = |wanted: fn(&JudgementResult) -> bool| {
            self.judgements.iter().filter(|judgement| wanted(&judgement.result)).count()
        };
        Audit {
            as_of: self.as_of,
            seen: self.seen,
            audited: self.audited.len(),
            skipped: self.skipped.clone(),
            passed: count(|result| matches!(result, JudgementResult::Pass)),
            not_applicable: count(|result| matches!(result, JudgementResult::NotApplicable { .. })),
            unknown: count(|result| matches!(result, JudgementResult::Unknown { .. })),
            findings: self.published.clone(),
            certificates_left: self.certificates.iter().map(|of| of.left).sum(),
            continued_from: self.continued_from.clone(),
            report: self.key.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Report>("run-report");
    }
}
