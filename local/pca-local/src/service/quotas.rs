//! Quotas: how many of each resource there can be, and how often operations can be called.

mod token_bucket;

use std::{collections::BTreeMap, sync::Mutex};

use serde::Deserialize;
use time::OffsetDateTime;

use crate::{
    model::{api_model::MODEL, error::ApiError},
    service::caller::Caller,
};
use token_bucket::TokenBucket;

/// Requests a second for one account in one Region (AWS General Reference, "AWS Private CA
/// endpoints and quotas").
const AWS_RATES: &[(u32, &[&str])] = &[
    (75, &["GetCertificate"]),
    (25, &["IssueCertificate"]),
    (
        20,
        &[
            "DescribeCertificateAuthority",
            "DescribeCertificateAuthorityAuditReport",
            "GetCertificateAuthorityCertificate",
            "ListCertificateAuthorities",
            "ListTags",
            "RestoreCertificateAuthority",
            "RevokeCertificate",
        ],
    ),
    (
        10,
        &[
            "DeleteCertificateAuthority",
            "GetCertificateAuthorityCsr",
            "ImportCertificateAuthorityCertificate",
            "TagCertificateAuthority",
            "UntagCertificateAuthority",
            "UpdateCertificateAuthority",
        ],
    ),
    (5, &["DeletePolicy", "GetPolicy", "ListPermissions", "PutPolicy"]),
    (
        1,
        &[
            "CreateCertificateAuthority",
            "CreateCertificateAuthorityAuditReport",
            "CreatePermission",
            "DeletePermission",
        ],
    ),
];

/// How many of each thing there can be, and how often each operation can be called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quotas {
    /// CAs of one account in one Region; deleted ones count until they are gone.
    pub certificate_authorities: usize,
    /// Certificates that one CA issues while it has no complete CRL.
    pub certificates: usize,
    /// Certificates that one CA issues while it has a complete CRL.
    pub certificates_with_complete_crl: usize,
    /// Revoked certificates that have not expired, of one CA while it has a complete CRL.
    pub revoked_certificates_with_complete_crl: usize,
    /// Tags of one CA.
    pub tags: usize,
    /// Requests a second by operation; one that is not named is not limited.
    pub requests_per_second: BTreeMap<String, u32>,
}

/// Why quotas cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum QuotasError {
    #[error("the quotas are not JSON of the documented form")]
    Form(#[from] serde_json::Error),
    #[error("requests-per-second: '{0}' is not an operation of ACM PCA")]
    NoSuchOperation(String),
    #[error("requests-per-second: {0} must be 1 or more; leave it out for no limit")]
    Zero(String),
}

/// Quotas of resources are AWS's, rates are not limited.
impl Default for Quotas {
    fn default() -> Self {
        Self {
            certificate_authorities: 200,
            certificates: 100_000_000,
            certificates_with_complete_crl: 1_000_000,
            revoked_certificates_with_complete_crl: 1_000_000,
            tags: 50,
            requests_per_second: BTreeMap::new(),
        }
    }
}

impl Quotas {
    /// AWS's defaults, rates included.
    pub fn aws() -> Self {
        let rates = AWS_RATES.iter().flat_map(|(rate, operations)| {
            operations.iter().map(|operation| ((*operation).to_owned(), *rate))
        });
        Self { requests_per_second: rates.collect(), ..Self::default() }
    }

    /// Members that are left out are those of [`Quotas::default`].
    ///
    /// # Errors
    /// If the text is not JSON of the documented form, or has an unknown operation or a rate of 0.
    pub fn from_json(text: &str) -> Result<Self, QuotasError> {
        let quotas: Self = serde_json::from_str(text)?;
        for (operation, rate) in &quotas.requests_per_second {
            if !MODEL.operations.contains_key(operation) {
                return Err(QuotasError::NoSuchOperation(operation.clone()));
            }
            if *rate == 0 {
                return Err(QuotasError::Zero(operation.clone()));
            }
        }
        Ok(quotas)
    }
}

/// Holds the requests of each account, Region and operation to their rate.
pub(crate) struct Limiter {
    quotas: Quotas,
    buckets: Mutex<BTreeMap<(String, String, String), TokenBucket>>,
}

impl Limiter {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self { quotas, buckets: Mutex::default() }
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    pub(crate) fn admit(
        &self,
        caller: &Caller,
        operation: &str,
        now: OffsetDateTime,
    ) -> Result<(), ApiError> {
        let Some(rate) = self.quotas.requests_per_second.get(operation).copied() else {
            return Ok(());
        };
        let whose = (caller.account.clone(), caller.region.clone(), operation.to_owned());
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bucket = buckets.entry(whose).or_insert_with(|| TokenBucket::full(rate, now));
        if bucket.take(now) { Ok(()) } else { Err(ApiError::throttled()) }
    }

    /// All buckets are full again.
    pub(crate) fn clear(&self) {
        self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_limits_every_operation() {
        let limited: Vec<String> = Quotas::aws().requests_per_second.into_keys().collect();
        assert_eq!(limited, MODEL.operations.keys().cloned().collect::<Vec<_>>());
    }

    #[test]
    fn a_file_changes_what_it_names() {
        let quotas =
            Quotas::from_json(r#"{"tags": 3, "requests-per-second": {"ListTags": 7}}"#).unwrap();
        assert_eq!((quotas.tags, quotas.certificate_authorities), (3, 200));
        assert_eq!(quotas.requests_per_second["ListTags"], 7);
        for text in [
            "",
            r#"{"cas": 3}"#,
            r#"{"requests-per-second": {"Sing": 1}}"#,
            r#"{"requests-per-second": {"ListTags": 0}}"#,
        ] {
            assert!(Quotas::from_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_kept_per_account_region_and_operation() {
        let limiter = Limiter::new(Quotas::aws());
        let now = time::macros::datetime!(2026-01-01 00:00 UTC);
        let caller = |account: &str, region: &str| {
            Caller::from_headers(&http::HeaderMap::new(), account, region)
        };
        let admit = |account: &str, region: &str, operation: &str| {
            limiter.admit(&caller(account, region), operation, now).map_err(|error| error.code)
        };
        assert_eq!(admit("1", "a", "CreatePermission"), Ok(()));
        assert_eq!(admit("1", "a", "CreatePermission"), Err("ThrottlingException"));
        assert_eq!(admit("2", "a", "CreatePermission"), Ok(()));
        assert_eq!(admit("1", "b", "CreatePermission"), Ok(()));
        assert_eq!(admit("1", "a", "DeletePermission"), Ok(()));
    }
}
