//! A CRL must live long enough to be mended in time, and not so long that a stolen key does.

use std::fmt;

use serde::Serialize;

use super::{enabled, update};
use crate::{
    ca::{Ca, CaType},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<Ca> = Rule {
    id: "ca.expiration-in-days",
    holds: "CRLs are valid for 2 to 10 days, those of a root for at most a year.",
    cites: "AWS Private CA User Guide, Create a private CA (console: 2 to 7 days are typical); \
            CA/Browser Forum Baseline Requirements §4.9.7",
    finds: &[("too-long", Severity::Low), ("too-short", Severity::Medium)],
    remedy: "Set ExpirationInDays to 7.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    TooLong { expiration_in_days: i32, advised: i32 },
    TooShort { expiration_in_days: i32, advised: i32 },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { expiration_in_days, advised } => write!(
                f,
                "CRLs are valid for {expiration_in_days} days, over {advised}: who can keep a new \
                 one away hides revocations as long"
            ),
            Self::TooShort { expiration_in_days, advised } => write!(
                f,
                "CRLs are valid for {expiration_in_days} day(s), under {advised}: hours are left to \
                 mend a failed refresh"
            ),
        }
    }
}

const SHORTEST: i32 = 2;
/// BR §4.9.7 for certificates of subscribers; for those of CAs it says twelve months.
const LONGEST: i32 = 10;
const LONGEST_OF_ROOT: i32 = 366;

fn check(ca: &Ca) -> Verdict {
    let crl = match enabled(ca) {
        Ok(crl) => crl,
        Err(verdict) => return verdict,
    };
    let Some(expiration_in_days) = crl.expiration_in_days else {
        return Verdict::not_applicable("no ExpirationInDays is known");
    };
    let longest = if ca.ca_type == CaType::Root { LONGEST_OF_ROOT } else { LONGEST };
    let (severity, detail) = if expiration_in_days < SHORTEST {
        (Severity::Medium, Detail::TooShort { expiration_in_days, advised: SHORTEST })
    } else if expiration_in_days > longest {
        (Severity::Low, Detail::TooLong { expiration_in_days, advised: longest })
    } else {
        return Verdict::Pass;
    };
    let remedy = format!(
        "Set ExpirationInDays to 7 in the CrlConfiguration, with its other members as \
         describe-certificate-authority shows them: {}",
        update(ca)
    );
    Some(Observation::new(severity, &detail).remedy(remedy)).into()
}
