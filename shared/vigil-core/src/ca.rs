//! One CA, as ListCertificateAuthorities and DescribeCertificateAuthority return it.

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

use crate::arn::CaArn;

/// An enumeration of ACM PCA. AWS adds values without notice, so an unknown value is kept as its
/// text. An inventory that failed on one would protect no CA.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`.")] $variant,)+
            /// A value that AWS added later.
            Unknown(String),
        }

        impl $name {
            /// The value as ACM PCA writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(String::deserialize(deserializer)?.as_str()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

open_enum! {
    /// The status of a CA (API Reference, CertificateAuthority).
    CaStatus {
        Active = "ACTIVE",
        Creating = "CREATING",
        Deleted = "DELETED",
        Disabled = "DISABLED",
        Expired = "EXPIRED",
        Failed = "FAILED",
        PendingCertificate = "PENDING_CERTIFICATE",
    }
}

open_enum! {
    /// Whether a CA is signed by itself.
    CaType { Root = "ROOT", Subordinate = "SUBORDINATE" }
}

open_enum! {
    /// Whether the CRL is one object or several.
    CrlType { Complete = "COMPLETE", Partitioned = "PARTITIONED" }
}

open_enum! {
    /// The ACL that ACM PCA gives a CRL object.
    S3ObjectAcl {
        BucketOwnerFullControl = "BUCKET_OWNER_FULL_CONTROL",
        PublicRead = "PUBLIC_READ",
    }
}

open_enum! {
    /// Whether the CA issues certificates of any validity or of at most seven days.
    UsageMode {
        GeneralPurpose = "GENERAL_PURPOSE",
        ShortLivedCertificate = "SHORT_LIVED_CERTIFICATE",
    }
}

/// One CA. A member is `None` if ACM PCA did not send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ca {
    /// The ARN.
    pub arn: CaArn,
    /// Root or subordinate.
    pub ca_type: CaType,
    /// The status when it was described.
    pub status: CaStatus,
    /// The common name of the subject.
    pub common_name: Option<String>,
    /// `KeyAlgorithm`, such as `RSA_2048`.
    pub key_algorithm: Option<String>,
    /// `SigningAlgorithm`, such as `SHA256WITHRSA`.
    pub signing_algorithm: Option<String>,
    /// `UsageMode`.
    pub usage_mode: Option<UsageMode>,
    /// Present once the CA has had a certificate of its own; so are `not_before` and `not_after`.
    pub serial: Option<String>,
    /// The beginning of its own certificate.
    #[serde(with = "crate::instant::text::option")]
    pub not_before: Option<OffsetDateTime>,
    /// The end of its own certificate.
    #[serde(with = "crate::instant::text::option")]
    pub not_after: Option<OffsetDateTime>,
    /// `CreatedAt`.
    #[serde(with = "crate::instant::text::option")]
    pub created_at: Option<OffsetDateTime>,
    /// `LastStateChangeAt`.
    #[serde(with = "crate::instant::text::option")]
    pub last_state_change_at: Option<OffsetDateTime>,
    /// Present while the CA is DELETED: the time from which it cannot be restored.
    #[serde(with = "crate::instant::text::option")]
    pub restorable_until: Option<OffsetDateTime>,
    /// The CRL configuration.
    pub crl: Option<CrlConfiguration>,
    /// Whether ACM PCA answers OCSP requests for the CA.
    pub ocsp_enabled: bool,
}

/// `RevocationConfiguration.CrlConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CrlConfiguration {
    /// Whether the CA publishes a CRL.
    pub enabled: bool,
    /// Days from `thisUpdate` to `nextUpdate`.
    pub expiration_in_days: Option<i32>,
    /// The host in the distribution points of certificates, if it is not S3's.
    pub custom_cname: Option<String>,
    /// The bucket that the CRL is written to.
    pub s3_bucket_name: Option<String>,
    /// `S3ObjectAcl`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub s3_object_acl: Option<S3ObjectAcl>,
    /// `CrlType`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub crl_type: Option<CrlType>,
    /// The folder in the bucket, if it is not `crl`.
    pub custom_path: Option<String>,
    /// `CrlDistributionPointExtensionConfiguration.OmitExtension`: certificates carry no CDP.
    pub omit_extension: bool,
}

/// The CA in a sentence: by its common name where it is known, else by its id. Common names have up
/// to 64 characters and titles fewer than 100, so a long name is cut.
pub fn display_name(arn: &CaArn, common_name: Option<&str>) -> String {
    const SHOWN: usize = 24;
    match common_name {
        Some(name) if name.chars().count() > SHOWN => {
            let shown: String = name.chars().take(SHOWN - 1).collect();
            format!("CA '{shown}…'")
        }
        Some(name) => format!("CA '{name}'"),
        None => format!("CA {}", arn.id()),
    }
}

impl Ca {
    /// The CA in a sentence, by its common name where it has one.
    pub fn display_name(&self) -> String {
        display_name(&self.arn, self.common_name.as_deref())
    }

    /// Whether the CA has, or had, a certificate of its own, so that relying parties may trust it.
    /// A CA that never left PENDING_CERTIFICATE has signed nothing that others trust.
    pub fn had_certificate(&self) -> bool {
        self.serial.is_some() || self.not_before.is_some() || self.not_after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_we_do_not_know_survives_as_it_was_sent() {
        let status = CaStatus::from("QUARANTINED");
        assert_eq!(status, CaStatus::Unknown("QUARANTINED".to_owned()));
        assert_eq!(serde_json::to_string(&status).unwrap(), "\"QUARANTINED\"");
        assert_eq!(CaStatus::from("PENDING_CERTIFICATE"), CaStatus::PendingCertificate);
        assert_eq!(CaStatus::PendingCertificate.to_string(), "PENDING_CERTIFICATE");
    }
}
