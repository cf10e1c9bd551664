//! Where certificates send their readers to the bucket by plain HTTP, the policy must not refuse it.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    bucket_policy::{Context, Principal, Request},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.http-readable",
    holds: "A CRL that certificates locate in the bucket itself can be read by plain HTTP.",
    cites: "RFC 5280 §4.2.1.13; AWS Private CA User Guide, Set up a CRL (CDP URIs are http)",
    finds: &[("refused", Severity::High)],
    remedy: "Leave s3:GetObject on CRLs out of what the policy denies without TLS.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Refused { by: &'a str, certificate_authorities: Vec<&'a str> },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Refused { by, .. } = self;
        write!(f, "Certificates name the CRL by an http URL, and the policy refuses it ({by})")
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    let policy = match subject.policy() {
        Ok(Some(policy)) => policy,
        Ok(None) => return Verdict::Pass,
        Err(verdict) => return verdict,
    };
    let context = &Context::default().with("aws:SecureTransport", "false");
    let mut by = None;
    let mut certificate_authorities = Vec::new();
    let mut served = subject.users.iter().filter(|user| user.served_by_bucket).peekable();
    if served.peek().is_none() {
        return Verdict::not_applicable("no certificate refers to this bucket itself");
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
    let detail = by.map(|by| Detail::Refused { by, certificate_authorities });
    let remedy = "Leave s3:GetObject on the CRLs out of the statement that insists on TLS: a CRL is \
                  signed and public, and its readers cannot use TLS to learn whether to trust TLS.";
    detail.map(|detail| Observation::new(Severity::High, &detail).remedy(remedy)).into()
}
