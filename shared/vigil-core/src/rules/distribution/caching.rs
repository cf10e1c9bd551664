//! No cache may hand a CRL out for longer than it is valid.

use super::DistributionSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer, crl::CrlState},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    info: RuleInfo {
        id: "distribution.caching",
        holds: "Caching headers do not outlive the CRL's nextUpdate.",
        cites: "RFC 9111 §4.2.1; RFC 5019 §6.2; RFC 5280 §5.1.2.5",
        kinds: &[OUTLIVES],
    },
    check,
};

const OUTLIVES: Kind = Kind {
    id: "outlives",
    severity: Severity::Medium,
    title: "Caches may serve the CRL of {ca} after it has expired",
    what_happened: "The caching headers of {url} let caches serve the CRL until {fresh_until}. It expires at \
                    {next_update}. Checked at {as_of}.",
    impact: "From {next_update} on, relying parties behind a cache may get an expired CRL. Those that \
             require a fresh one refuse every certificate of {ca}.",
    what_to_do: "Set Cache-Control: max-age=3600, or less, for CRLs at the distribution. In CloudFront, use a \
                 cache policy with MaxTTL 3600. Show what is sent now:",
    first_command: super::DOWNLOAD,
};

fn check(subject: &DistributionSubject) -> RuleAnswer {
    let headers = subject.headers()?;
    let CrlState::Read { facts, .. } = &subject.got else {
        return Err(NotJudged::not_applicable("the downloaded object is not a CRL"));
    };
    let Some(fresh_until) = headers.fresh_until(subject.as_of) else {
        return Err(NotJudged::not_applicable("no caching headers were sent"));
    };
    let Some(next_update) = facts.next_update else {
        return Err(NotJudged::not_applicable("the CRL has no nextUpdate"));
    };
    // distribution.content or crl.next-update reports a CRL that has expired.
    if next_update <= subject.as_of || fresh_until <= next_update {
        return Ok(Vec::new());
    }
    let seen = Observation::new(OUTLIVES)
        .with("fresh_until", rfc3339(fresh_until))
        .with("next_update", rfc3339(next_update))
        .with("url", &*subject.url);
    Ok(vec![seen])
}
