//! Fixtures: CAs with given ids, certificates with given serial numbers, from one JSON file.
//!
//! The service's own operations carry a seed out, so it is held to the same rules as any request.
//! Resources that exist stay as they are: a seed can be planted twice.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_acmpca::types::RevocationReason;
use serde::Deserialize;
use serde_json::Value;

use crate::model::{arn::parse_serial, error::ApiError, values::word};

/// CAs and certificates that a file asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    pub(crate) authorities: Vec<SeedAuthority>,
}

/// docs/pca-local/reference.md says what each member means.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct SeedAuthority {
    pub(crate) id: String,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    /// As in CreateCertificateAuthority.
    pub(crate) create: Value,
    /// PKCS #8, as PEM.
    pub(crate) key: Option<PrivateKey>,
    pub(crate) certificate: Option<OwnCertificate>,
    #[serde(default)]
    pub(crate) status: SeedStatus,
    pub(crate) restorable_days: Option<i32>,
    #[serde(default)]
    pub(crate) permissions: Vec<BTreeMap<String, Value>>,
    pub(crate) policy: Option<Value>,
    #[serde(default)]
    pub(crate) issued: Vec<SeedCertificate>,
}

/// Its `Debug` shows nothing of it.
#[derive(Deserialize)]
pub(crate) struct PrivateKey(pub(crate) String);

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct OwnCertificate {
    pub(crate) serial: String,
    /// The id of the CA that signs; the CA itself, if not given.
    pub(crate) issuer: Option<String>,
    pub(crate) template: Option<String>,
    #[serde(default = "ten_years")]
    pub(crate) days: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum SeedStatus {
    #[default]
    Active,
    Deleted,
    Disabled,
    PendingCertificate,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct SeedCertificate {
    pub(crate) serial: String,
    /// As in the API; of a request that is made up.
    pub(crate) subject: Option<Value>,
    /// A request, as PEM.
    pub(crate) csr: Option<String>,
    pub(crate) template: Option<String>,
    #[serde(default = "one_year")]
    pub(crate) days: i64,
    #[serde(default, with = "word::optional")]
    pub(crate) revoked: Option<RevocationReason>,
}

fn ten_years() -> i64 {
    3652
}

fn one_year() -> i64 {
    365
}

/// Why a seed was not planted. Nothing is there of one that cannot be read; of one that the service
/// refuses, what comes before the place that is named.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum SeedError {
    #[error("the seed is not JSON of the form that docs/pca-local/reference.md gives")]
    Form(#[source] serde_json::Error),
    #[error("{place}: {what}")]
    Value { place: String, what: String },
    #[error("{place} was refused")]
    Refused {
        place: String,
        #[source]
        source: ApiError,
    },
    #[error("the seed could not be written to the data directory")]
    NotWritten,
}

impl Seed {
    /// Reads a seed and checks what can be checked without the service.
    ///
    /// # Errors
    /// If the text has not the form that docs/pca-local/reference.md gives, or a value in it cannot be.
    pub fn from_json(text: &[u8]) -> Result<Self, SeedError> {
        let seed: Self = serde_json::from_slice(text).map_err(SeedError::Form)?;
        let mut ids = HashSet::new();
        for (number, authority) in seed.authorities.iter().enumerate() {
            let place = format!("authorities[{number}]");
            check_authority(authority, &ids, &place)?;
            if !ids.insert(authority.id.as_str()) {
                return Err(wrong(&place, "id", "is that of another CA of the seed"));
            }
        }
        Ok(seed)
    }
}

fn wrong(place: &str, member: &str, what: &str) -> SeedError {
    SeedError::Value { place: format!("{place}.{member}"), what: what.to_owned() }
}

fn check_authority(
    authority: &SeedAuthority,
    before: &HashSet<&str>,
    place: &str,
) -> Result<(), SeedError> {
    if uuid::Uuid::try_parse(&authority.id).is_err() || authority.id.len() != 36 {
        return Err(wrong(
            place,
            "id",
            "is not a UUID, as in 5230e14a-1a2b-4c3d-8e4f-0123456789ab",
        ));
    }
    if let Some(account) = &authority.account
        && (account.len() != 12 || !account.bytes().all(|digit| digit.is_ascii_digit()))
    {
        return Err(wrong(place, "account", "is not twelve digits"));
    }
    match &authority.certificate {
        None if authority.status != SeedStatus::PendingCertificate => {
            let what = "is missing: only a CA whose status is PENDING_CERTIFICATE has none";
            return Err(wrong(place, "certificate", what));
        }
        Some(_) if authority.status == SeedStatus::PendingCertificate => {
            return Err(wrong(
                place,
                "certificate",
                "is there, and the status says that it is not",
            ));
        }
        Some(certificate) => {
            check_serial(&certificate.serial, &format!("{place}.certificate"))?;
            if certificate.issuer.as_deref().is_some_and(|issuer| !before.contains(issuer)) {
                let what = "is not the id of a CA that stands before this one";
                return Err(wrong(place, "certificate.issuer", what));
            }
        }
        None => {}
    }
    for (number, certificate) in authority.issued.iter().enumerate() {
        let place = format!("{place}.issued[{number}]");
        check_serial(&certificate.serial, &place)?;
        if certificate.subject.is_some() == certificate.csr.is_some() {
            return Err(wrong(&place, "subject", "or csr has to be given, and only one of them"));
        }
    }
    Ok(())
}

fn check_serial(serial: &str, place: &str) -> Result<(), SeedError> {
    match parse_serial(serial) {
        Some(octets) if octets != [0; 16] => Ok(()),
        _ => Err(wrong(place, "serial", "is not 32 hexadecimal digits, or is zero")),
    }
}
