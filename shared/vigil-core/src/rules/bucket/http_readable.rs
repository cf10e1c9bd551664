//! Where certificates name the bucket by an http URL, the policy must not refuse plain HTTP.

use super::{BucketSubject, requests::of_a_reader};
use crate::{
    bucket_policy::{Principal, Request},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.http-readable",
        holds: "A CRL that certificates locate in the bucket itself can be read by plain HTTP.",
        cites: "RFC 5280 §4.2.1.13; AWS Private CA User Guide, Set up a CRL (CDP URIs are http)",
        kinds: &[REFUSED],
    },
    check,
};

const REFUSED: Kind = Kind {
    id: "refused",
    severity: Severity::High,
    title: "The policy of CRL bucket {bucket} ({ca}) refuses plain HTTP",
    what_happened: "Certificates name the CRL in bucket {bucket} by an http URL. The bucket policy \
                    refuses requests without TLS ({by}). Checked at {as_of}.",
    impact: "Relying parties cannot download the CRL. Those that require one refuse every certificate of \
             {ca}.",
    what_to_do: "Exclude s3:GetObject on CRLs from the statement that requires TLS. A CRL is signed and \
                 public, and a client needs it before it can trust TLS. Save the policy:",
    first_command: super::EDIT_POLICY,
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    let Some(policy) = subject.policy()? else { return Ok(Vec::new()) };
    let context = &of_a_reader(subject.without_tls());
    let mut by = None;
    let mut certificate_authorities = Vec::new();
    let mut served = subject.users.iter().filter(|user| user.served_by_bucket).peekable();
    if served.peek().is_none() {
        return Err(NotJudged::not_applicable("no certificate refers to this bucket itself"));
    }
    for user in served {
        let resource = &subject.object_arn(&user.key);
        let principal = &Principal::Anyone;
        let request = Request { principal, action: "s3:GetObject", resource, context };
        if let Some(statement) = policy.denies(&request) {
            by.get_or_insert(statement);
            certificate_authorities.push(user.ca.as_str());
        }
    }
    let seen = by.map(|by| {
        let seen = Observation::new(REFUSED).with("by", by);
        seen.with("certificate_authorities", certificate_authorities)
    });
    Ok(seen.into_iter().collect())
}
