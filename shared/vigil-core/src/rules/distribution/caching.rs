//! No cache may hand a CRL out for longer than it is valid.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::DistributionSubject;
use crate::{
    finding::Severity,
    instant::rfc3339,
    rules::{Observation, Rule, Verdict, crl::CrlState},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    id: "distribution.caching",
    holds: "Caching headers do not outlive the CRL's nextUpdate.",
    cites: "RFC 9111 §4.2.1; RFC 5019 §6.2; RFC 5280 §5.1.2.5",
    finds: &[("outlives", Severity::Medium)],
    remedy: "Let caches keep CRLs for a fraction of their validity.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Outlives {
        #[serde(with = "time::serde::rfc3339")]
        fresh_until: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        next_update: OffsetDateTime,
        url: &'a str,
    },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Outlives { fresh_until, next_update, .. } = self;
        write!(
            f,
            "Caches may serve the CRL until {}, and it expires at {}",
            rfc3339(*fresh_until),
            rfc3339(*next_update)
        )
    }
}

fn check(subject: &DistributionSubject) -> Verdict {
    let headers = match subject.headers() {
        Ok(headers) => headers,
        Err(verdict) => return verdict,
    };
    let CrlState::Read { facts, .. } = &subject.got else {
        return Verdict::not_applicable("what came is not a CRL");
    };
    let Some(fresh_until) = headers.fresh_until(subject.as_of) else {
        return Verdict::not_applicable("no caching headers were sent");
    };
    let Some(next_update) = facts.next_update else {
        return Verdict::not_applicable("the CRL has no nextUpdate");
    };
    // One that has expired is distribution.content's, or crl.next-update's.
    if next_update <= subject.as_of || fresh_until <= next_update {
        return Verdict::Pass;
    }
    let detail = Detail::Outlives { fresh_until, next_update, url: &subject.url };
    let remedy = format!(
        "Have the distribution send Cache-Control: max-age of an hour or less for the CRL \
         (CloudFront: a cache policy with MaxTTL 3600 for /crl/*), then: {}",
        subject.look()
    );
    Some(Observation::new(Severity::Medium, &detail).remedy(remedy)).into()
}
