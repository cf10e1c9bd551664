//! One CRL with its verdicts, and the answer to whether it is clean.

use vigil_core::{
    finding::{Finding, Severity},
    rules::crl_check::Answer,
    rules::{
        Judgement, JudgementResult,
        crl::{CrlState, CrlSubject},
    },
};

/// One CRL and what was said of it.
pub(super) struct Judged {
    pub(super) name: String,
    pub(super) subject: CrlSubject,
    pub(super) judgements: Vec<Judgement>,
    /// The rules whose findings were left out, and why.
    pub(super) ignored: Vec<(&'static str, String)>,
}

impl Judged {
    /// The CRL could not be read from where it lies.
    pub(super) fn is_unread(&self) -> bool {
        matches!(self.subject.crl, CrlState::NotChecked(_))
    }

    pub(super) fn answer(&self, threshold: Severity) -> Answer {
        let found = findings(&self.judgements);
        if found.iter().any(|one| one.severity >= threshold && !is_unverified(one)) {
            return Answer::Findings;
        }
        let could_not_check = self.judgements.iter().any(|judgement| {
            judgement.rule == "crl.signature"
                && matches!(judgement.result, JudgementResult::Unknown { .. })
        });
        if could_not_check || found.iter().any(|one| is_unverified(one)) {
            Answer::Incomplete
        } else {
            Answer::Clean
        }
    }
}

/// The worst first.
pub(super) fn findings(judgements: &[Judgement]) -> Vec<&Finding> {
    let mut found: Vec<&Finding> = judgements
        .iter()
        .flat_map(|judgement| match &judgement.result {
            JudgementResult::Findings { findings } => findings.as_slice(),
            JudgementResult::NotApplicable { .. }
            | JudgementResult::Pass
            | JudgementResult::Unknown { .. } => &[],
        })
        .collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

/// Whether the finding says that the signature could not be verified here.
pub(super) fn is_unverified(finding: &Finding) -> bool {
    finding.rule == "crl.signature"
        && finding.evidence.get("kind").is_some_and(|kind| kind == "unverified")
}
