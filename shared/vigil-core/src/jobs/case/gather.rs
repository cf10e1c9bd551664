//! What else is known of a deletion. A fact that cannot be had is unknown, and said to be.

use futures::future::{join, join4};
use time::OffsetDateTime;

use super::{AutoRestoreError, RegionRun, limit, record::Case};
use crate::{
    arn::CaArn,
    ca::Ca,
    cloudtrail::Deletion,
    evidence::keys,
    failure::chain,
    impact::Impact,
    jobs::{
        authentic::{self, Gap},
        impact, policy_set,
    },
    policy::{self, Approval, Facts, Policies},
    ports::EvidenceStore,
    signed::Signers,
    snapshot::Snapshot,
};

pub(in crate::jobs) struct Gathered {
    approval: Option<Approval>,
    /// The ledger did not say whether there is one.
    is_approval_unasked: bool,
    tag_approval: Option<Approval>,
    pub(in crate::jobs) snapshot: Option<Snapshot>,
    pub(in crate::jobs) impact: Impact,
    earlier_restores: Option<u32>,
    pub(in crate::jobs) policies: Policies,
    pub(in crate::jobs) policy_files: Vec<String>,
    pub(in crate::jobs) policy_problem: Option<String>,
    pub(in crate::jobs) unknown: Vec<String>,
    /// Objects that are there and cannot be used.
    pub(in crate::jobs) suspicious: Vec<String>,
    as_of: OffsetDateTime,
}

impl Gathered {
    /// An approval that cannot be asked for counts as it did when the deletion was judged: that it was
    /// there is on record, and nothing says that it has been withdrawn.
    pub(in crate::jobs) fn recall_approval(&mut self, case: &Case, signers: &Signers) {
        if self.is_approval_unasked {
            let judgement = case.judgement();
            let recorded =
                judgement.and_then(|of| policy::recorded_approval(case.deletion(), &of.request));
            // Who may not have deleted the CA follows from the keys.
            self.approval = recorded.map(|approval| {
                let approvers = signers.required_principals(&approval.signers);
                Approval { approvers, ..approval }
            });
        }
    }

    /// The approval, if a single group has made it: without its principals too few keys have signed.
    pub(in crate::jobs) fn approval_of_one_group(&self) -> Option<&Approval> {
        self.approval.as_ref().filter(|approval| !approval.approvers.is_empty())
    }

    /// Why an approval that is there does not count for the deletion.
    pub(in crate::jobs) fn refused_approval(&self, deletion: &Deletion, ca: &Ca) -> Option<String> {
        let why = self.approval.as_ref()?.refusal(deletion, ca)?;
        Some(format!("{}: {why}", keys::approval(&deletion.ca)))
    }

    pub(in crate::jobs) fn facts<'a>(&'a self, deletion: &'a Deletion, ca: &'a Ca) -> Facts<'a> {
        Facts {
            deletion,
            ca,
            approval: self.approval.as_ref(),
            tag_approval: self.tag_approval.as_ref(),
            snapshot: self.snapshot.as_ref(),
            certificates: self.impact.certificates.as_ref(),
            subordinates: self.impact.subordinates.as_ref(),
            earlier_restores: self.earlier_restores,
            as_of: self.as_of,
        }
    }
}

/// Whether to give up where it cannot be asked who permits what, and have the invocation repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum RetryUntilKnown {
    /// There is no time: what is not known permits nothing.
    No,
    /// An approved deletion is not to be undone for a moment's trouble.
    Yes,
}

/// With nothing known, nothing permits the deletion, and the CA is restored. `occasion` is the
/// deletion's own among the restorations.
pub(in crate::jobs) async fn gather(
    run_in: &RegionRun<'_>,
    ca: &CaArn,
    occasion: &str,
    as_of: OffsetDateTime,
    retry_until_known: RetryUntilKnown,
) -> Result<Gathered, AutoRestoreError> {
    let evidence = run_in.evidence;
    let (approved, attached, impact, policies) = join4(
        authentic::approval(evidence, run_in.signatures, &run_in.settings.approvers, ca),
        join(snapshot(evidence, ca), limit::earlier(evidence, ca, occasion, as_of)),
        impact::gather(evidence, ca, as_of),
        policy_set::deciding(evidence, run_in.signatures, &run_in.settings.publishers),
    )
    .await;
    let is_approval_unasked = matches!(approved, Err(Gap::Passing(_)));
    let approved = lasting(approved, retry_until_known)?;
    let policies = lasting(policies, retry_until_known)?;
    let mut unknown = Vec::new();
    let approval = known(approved, &mut unknown).flatten();
    let snapshot = known(attached.0, &mut unknown).flatten();
    // So far, each is an object that was there.
    let mut suspicious = unknown.clone();
    if let Err(why) = &attached.1 {
        suspicious.push(why.clone());
    }
    let restorations = |why| format!("earlier restorations: {why}");
    let earlier_restores = known(attached.1.map_err(restorations), &mut unknown);
    if snapshot.is_none() {
        unknown.push("tags, resource policy: no snapshot of the CA has been made".to_owned());
    }
    unknown.extend(impact.unknown.iter().cloned());
    let tag_approval = snapshot
        .as_ref()
        .and_then(|snapshot| Approval::from_tags(&snapshot.attached.tags, ca))
        .and_then(|read| known(read.map_err(|error| chain(&error)), &mut unknown));
    let (policies, policy_files, policy_problem) = match policies {
        Ok(Some((policies, files))) => (policies, files, None),
        Ok(None) => (Policies::built_in(), Vec::new(), None),
        Err(problem) => (Policies::built_in(), Vec::new(), Some(problem)),
    };
    Ok(Gathered {
        approval,
        is_approval_unasked,
        tag_approval,
        snapshot,
        impact,
        earlier_restores,
        policies,
        policy_files,
        policy_problem,
        unknown,
        suspicious,
        as_of,
    })
}

/// A fact or why it is not known; an error where that may be known in a moment.
fn lasting<T>(
    fact: Result<T, Gap>,
    retry_until_known: RetryUntilKnown,
) -> Result<Result<T, String>, AutoRestoreError> {
    match (fact, retry_until_known) {
        (Ok(fact), _) => Ok(Ok(fact)),
        (Err(Gap::Lasting(why)), _) => Ok(Err(why)),
        (Err(Gap::Passing(cause)), RetryUntilKnown::No) => Ok(Err(chain(&cause))),
        (Err(Gap::Passing(cause)), RetryUntilKnown::Yes) => {
            Err(AutoRestoreError::EvidenceStore(cause))
        }
    }
}

fn known<T>(fact: Result<T, String>, unknown: &mut Vec<String>) -> Option<T> {
    match fact {
        Ok(fact) => Some(fact),
        Err(why) => {
            unknown.push(why);
            None
        }
    }
}

async fn snapshot(evidence: &dyn EvidenceStore, ca: &CaArn) -> Result<Option<Snapshot>, String> {
    let key = keys::snapshot(ca);
    let entry = evidence.read(&key).await.map_err(|error| format!("{key}: {}", chain(&error)))?;
    let Some(entry) = entry else { return Ok(None) };
    serde_json::from_slice(&entry.body).map(Some).map_err(|error| format!("{key}: {error}"))
}
