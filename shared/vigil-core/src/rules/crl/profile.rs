//! By whose rules a CRL is judged.

use super::NotJudged;
use crate::crl::{
    CrlFacts, DistributionPointName,
    comparison::{Allowed, BACKDATED},
};

/// Which demands beyond RFC 5280's are made of a CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// What AWS Private CA makes: complete or partitioned, renewed at half of its validity.
    AcmPca,
    /// Any CA: what RFC 5280 allows is allowed.
    Rfc5280,
    /// The CA/Browser Forum's Baseline Requirements for TLS, §7.2, on top of RFC 5280.
    Cabf,
}

impl Profile {
    /// ACM PCA numbers a CRL by the millisecond in which it makes it, and dates it an hour before. Its
    /// partitions name their place under `crl/`, by a UUID. Whatever has neither is any CA's.
    pub fn of(facts: &CrlFacts) -> Self {
        if is_numbered_as_acm_pca_does(facts) || is_placed_as_acm_pca_does(facts) {
            Self::AcmPca
        } else {
            Self::Rfc5280
        }
    }

    /// As the CLI and reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AcmPca => "acm-pca",
            Self::Rfc5280 => "rfc5280",
            Self::Cabf => "cabf",
        }
    }

    /// What may change from one version of a CRL to the next. ACM PCA has no hold, and changes no entry.
    pub fn allowed_changes(self) -> Allowed {
        Allowed { released_hold: self != Self::AcmPca, key_compromise: self == Self::Cabf }
    }

    pub(super) fn only_of_acm_pca(self) -> Result<(), NotJudged> {
        if self == Self::AcmPca {
            return Ok(());
        }
        let reason =
            format!("only CRLs of AWS Private CA follow this, and the profile is {}", self.name());
        Err(NotJudged::not_applicable(reason))
    }
}

fn is_numbered_as_acm_pca_does(facts: &CrlFacts) -> bool {
    let (Some(number), Some(this_update)) = (&facts.number, facts.this_update) else {
        return false;
    };
    if number.len() > 8 {
        return false;
    }
    let number = number.iter().fold(0, |value: u64, octet| value << 8 | u64::from(*octet));
    let made = i128::from(number / 1000);
    let expected = i128::from((this_update + BACKDATED).unix_timestamp());
    (made - expected).abs() <= 60
}

fn is_placed_as_acm_pca_does(facts: &CrlFacts) -> bool {
    let point = facts.issuing_distribution_point.as_ref();
    let Some(DistributionPointName::Full { uris, .. }) =
        point.and_then(|point| point.name.as_ref())
    else {
        return false;
    };
    uris.iter().any(|uri| {
        let name = uri.rsplit_once("/crl/").map(|(_, name)| name);
        let id = name.and_then(|name| name.strip_suffix(".crl"));
        // A partition's is <CA>/<partition>.
        id.is_some_and(|id| id.split('/').all(is_uuid))
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}
