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
    /// partitions name their place in S3 under `crl/`, by a UUID. Whatever has neither is any CA's.
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
        Allowed {
            released_hold: self != Self::AcmPca,
            key_compromise: self == Self::Cabf,
            ..Allowed::default()
        }
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
    let Some(point) = &facts.issuing_distribution_point else { return false };
    // Those are never set by ACM PCA, and often by CAs that have separate CRLs.
    if point.only_contains_user_certs || point.only_contains_ca_certs {
        return false;
    }
    let Some(DistributionPointName::Full { uris, .. }) = &point.name else { return false };
    uris.iter().any(|uri| is_place(uri))
}

/// `crl/<CA>.crl` or `crl/<CA>/<partition>.crl` in S3. Any CA may call a CRL by a UUID elsewhere.
fn is_place(uri: &str) -> bool {
    let Some((place, name)) = uri.rsplit_once("/crl/") else { return false };
    let Some(id) = name.strip_suffix(".crl") else { return false };
    let host = place.strip_prefix("http://").and_then(|place| place.split('/').next());
    let is_s3 = host.is_some_and(|host| {
        host.contains(".amazonaws.") && host.split('.').any(|label| label == "s3")
    });
    let mut parts = id.split('/');
    is_s3 && parts.next().is_some_and(is_uuid) && parts.count() <= 1
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::crl::{
        Crl,
        fixture::{Draft, Issuer, crl_number, distribution_point, tlv},
    };

    /// Of a CRL that is numbered as another CA may do it.
    fn profile_at(uri: &str, flags: &[Vec<u8>]) -> Profile {
        let issuer = Issuer::new("Root");
        let mut draft = Draft::good(&issuer, datetime!(2026-03-01 12:00 UTC));
        let extensions = draft.extensions.as_mut().unwrap();
        extensions[1] = crl_number(&[7]);
        extensions.push(distribution_point(true, uri, flags));
        Profile::of(&Crl::read(&draft.sign(&issuer)).unwrap().facts)
    }

    #[test]
    fn only_what_acm_pca_alone_has_makes_its_profile() {
        const ID: &str = "123e4567-e89b-12d3-a456-426614174000";
        let s3 = "http://b.s3.eu-west-1.amazonaws.com/crl";
        for (uri, want) in [
            (format!("{s3}/{ID}.crl"), Profile::AcmPca),
            (format!("{s3}/{ID}/EGSpfiHkjmd.crl"), Profile::AcmPca),
            (format!("{s3}/{ID}/{ID}.crl"), Profile::AcmPca),
            (format!("http://s3.cn-north-1.amazonaws.com.cn/b.c/crl/{ID}.crl"), Profile::AcmPca),
            (format!("{s3}/ca.crl"), Profile::Rfc5280),
            (format!("{s3}/{ID}/a/b.crl"), Profile::Rfc5280),
            (format!("http://crl.example.com/crl/{ID}.crl"), Profile::Rfc5280),
            (format!("http://s3.example.com/crl/{ID}.crl"), Profile::Rfc5280),
        ] {
            assert_eq!(profile_at(&uri, &[]), want, "{uri}");
        }
        let users = tlv(0x81, &[0xff]);
        assert_eq!(profile_at(&format!("{s3}/{ID}.crl"), &[users]), Profile::Rfc5280);
    }
}
