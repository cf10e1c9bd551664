//! What the service tells about one CA, as ListCertificateAuthorities and Describe give it.

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

use crate::arn::CaArn;

/// An enumeration of the service's. AWS adds values without notice, so one that we do not know is
/// kept as its text: an inventory that fails on it would watch over nothing.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($variant,)+
            Unknown(String),
        }

        impl $name {
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
    CaType { Root = "ROOT", Subordinate = "SUBORDINATE" }
}

open_enum! {
    CrlType { Complete = "COMPLETE", Partitioned = "PARTITIONED" }
}

open_enum! {
    S3ObjectAcl {
        BucketOwnerFullControl = "BUCKET_OWNER_FULL_CONTROL",
        PublicRead = "PUBLIC_READ",
    }
}

open_enum! {
    UsageMode {
        GeneralPurpose = "GENERAL_PURPOSE",
        ShortLivedCertificate = "SHORT_LIVED_CERTIFICATE",
    }
}

/// One CA. An absent member is one that the service did not send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ca {
    pub arn: CaArn,
    pub ca_type: CaType,
    pub status: CaStatus,
    pub common_name: Option<String>,
    pub key_algorithm: Option<String>,
    pub signing_algorithm: Option<String>,
    pub usage_mode: Option<UsageMode>,
    /// Present once the CA has had a certificate of its own; so are `not_before` and `not_after`.
    pub serial: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub not_before: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub not_after: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_state_change_at: Option<OffsetDateTime>,
    /// Present while the CA is DELETED: the moment from which it cannot be had back.
    #[serde(with = "time::serde::rfc3339::option")]
    pub restorable_until: Option<OffsetDateTime>,
    pub crl: Option<CrlConfiguration>,
    pub ocsp_enabled: bool,
}

/// `RevocationConfiguration.CrlConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlConfiguration {
    pub enabled: bool,
    pub expiration_in_days: Option<i32>,
    pub custom_cname: Option<String>,
    pub s3_bucket_name: Option<String>,
    pub s3_object_acl: Option<S3ObjectAcl>,
    pub crl_type: Option<CrlType>,
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

    /// Whether the CA has, or had, a certificate of its own, so that something may hang on it.
    /// A CA that never left PENDING_CERTIFICATE has signed nothing that anybody else could trust.
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
