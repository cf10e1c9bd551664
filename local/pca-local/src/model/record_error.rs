//! Why records do not make up a CA.

use crate::{
    model::error::ApiError,
    x509::{certificate::CertificateError, key::KeyError},
};

/// A record that cannot be used. `ca` is the CA's number in the order of creation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the ARN of CA {ca} cannot be used")]
    Arn {
        ca: u64,
        #[source]
        source: ApiError,
    },
    #[error("the certificate of CA {ca} cannot be read")]
    Certificate {
        ca: u64,
        #[source]
        source: CertificateError,
    },
    #[error("CA {ca} is said to have no certificate in a state that needs one")]
    CertificateMissing { ca: u64 },
    #[error("{ca} is not a number for a CA: they are counted from 0")]
    Number { ca: u64 },
    #[error("certificate {place} of CA {ca} is there twice, by its place or by its serial number")]
    CertificateTwice { ca: u64, place: u32 },
    #[error("the key of CA {ca} cannot be used")]
    Key {
        ca: u64,
        #[source]
        source: KeyError,
    },
    #[error("CA {ca} is said to have no key in a state that needs one")]
    KeyMissing { ca: u64 },
    #[error("CA {ca} is spoken of before it is there")]
    NoSuchAuthority { ca: u64 },
    #[error("certificate {place} of CA {ca} is spoken of before it is there")]
    NoSuchCertificate { ca: u64, place: u32 },
    #[error("certificate {place} of CA {ca} is bound to a partition of the CRL that is not there")]
    NoSuchPartition { ca: u64, place: u32 },
    #[error("certificate {place} of CA {ca} does not follow the one before: {next} would")]
    OutOfOrder { ca: u64, place: u32, next: usize },
    #[error("the resource policy of CA {ca} cannot be used: {reason}")]
    Policy { ca: u64, reason: String },
    #[error("CA {ca} is there twice, by its number or by its ARN")]
    Twice { ca: u64 },
}
