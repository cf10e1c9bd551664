//! One CRL with its verdicts, and the answer to whether it is clean.

use vigil_core::{
    finding::{Finding, Severity},
    rules::crl_check::Answer,
    rules::{
        JudgementResult, RuleJudgement,
        crl::{CrlState, CrlSubject},
    },
};

/// One CRL and what was said of it.
pub(super) struct Judged {
    pub(super) name: String,
    pub(super) subject: CrlSubject,
    pub(super) judgements: Vec<RuleJudgement>,
    /// The rules whose findings were left out, and why.
    pub(super) ignored: Vec<(&'static str, String)>,
    /// The rules that have to say something, or the CRL is not known to be clean.
    pub(super) wanted: Vec<&'static str>,
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
        if self.unchecked().is_empty() { Answer::Clean } else { Answer::Incomplete }
    }

    /// The rules that have to say something and cannot, and why.
    pub(super) fn unchecked(&self) -> Vec<String> {
        let wanted = self.judgements.iter().filter(|one| self.wanted.contains(&one.rule));
        let why = wanted.filter_map(|judgement| match &judgement.result {
            JudgementResult::Unknown { reason } => Some(format!("{}: {reason}", judgement.rule)),
            _ => None,
        });
        let mut why: Vec<_> = why.collect();
        // Whatever was ignored or is below the threshold: only a good signature makes a CRL clean.
        if let Some(reason) = unverified(&self.subject)
            && !why.iter().any(|one| one.starts_with("crl.signature"))
        {
            why.push(format!("crl.signature: {reason}"));
        }
        why
    }
}

/// Why a CRL with nothing else is incomplete; `None` if its issuer's signature was verified and is good.
pub(super) fn unverified(subject: &CrlSubject) -> Option<&'static str> {
    let CrlState::Read { facts, signature: Some(Ok(())) } = &subject.crl else {
        return Some("the signature was not verified");
    };
    // A key is the CRL's issuer's by a certificate of that name.
    let is_issuers = subject.issuer.as_ref().is_ok_and(|issuer| issuer.is_named(&facts.issuer));
    (!is_issuers).then_some("the certificate of the key that signed it has another name")
}

/// The worst first.
pub(super) fn findings(judgements: &[RuleJudgement]) -> Vec<&Finding> {
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
