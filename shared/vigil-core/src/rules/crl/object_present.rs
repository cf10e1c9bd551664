//! A CRL that was there once must still be there.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::{CrlState, CrlSubject, Place, References};
use crate::{
    finding::Severity,
    instant::rfc3339,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.object-present",
    holds: "The CRL is where certificates say it is.",
    cites: "AWS Private CA User Guide, Set up a CRL; RFC 5280 §6.3.3",
    finds: &[("missing", Severity::High)],
    remedy: "Remove the delete marker, or let the service write the CRL again; find out who deleted it.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Missing {
        bucket: &'a str,
        key: &'a str,
        #[serde(with = "time::serde::rfc3339")]
        seen_at: OffsetDateTime,
        /// Why it is missed.
        needed_because: &'a str,
    },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Missing { bucket, key, seen_at, .. } = self;
        write!(f, "CRL s3://{bucket}/{key} is gone; it was there at {}", rfc3339(*seen_at))
    }
}

/// The service writes the first CRL only after a certificate that refers to it was issued, so an
/// object that was never seen may rightly not be there.
fn check(subject: &CrlSubject) -> Verdict {
    let because = match &subject.references {
        References::Named(because) | References::Unknown(because) => Ok(because),
        References::NotNamed(because) => Err(because),
    };
    match (&subject.crl, subject.history.seen_at) {
        (CrlState::Read { .. } | CrlState::TooLarge { .. } | CrlState::Unreadable(_), _) => {
            Verdict::Pass
        }
        (CrlState::NotChecked(reason), _) => Verdict::unknown(reason),
        (CrlState::Missing, None) => Verdict::not_applicable(
            "no CRL was ever seen, and no certificate is known to refer to one",
        ),
        (CrlState::Missing, Some(seen_at)) => {
            let needed_because = match because {
                Ok(because) => because,
                Err(because) => return Verdict::not_applicable(because),
            };
            let Place::Bucket { bucket, key } = &subject.place else {
                return Verdict::not_applicable("a file that is not there is not judged");
            };
            let missing = Detail::Missing { bucket, key, seen_at, needed_because };
            let remedy = format!(
                "If the bucket is versioned, find and remove the delete marker: aws s3api \
                 list-object-versions --bucket {bucket} --prefix {key}. {} It is missed because \
                 {needed_because}.",
                subject.republish()
            );
            Some(Observation::new(Severity::High, &missing).remedy(remedy)).into()
        }
    }
}
