//! Which CAs have a CRL to audit, and where it lies.

use std::fmt;

use crate::{
    ca::{Ca, CaStatus, CrlType, S3ObjectAcl},
    rules::bucket::BucketUser,
};

/// Where one CA's CRL is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) bucket: String,
    pub(super) key: String,
    /// The names of partitions are random, and only issued certificates have them.
    pub(super) partitioned: bool,
    /// Where certificates say that the CRL is, if they do and the configuration shows it.
    pub(super) distribution_point: Option<String>,
    /// Whether certificates say where the CRL is at all.
    pub(super) is_named: bool,
    /// Host and path of everything that lies in the bucket, as certificates may have it.
    bases: Vec<String>,
    object_acl: S3ObjectAcl,
    served_by_bucket: bool,
    is_public_meant: bool,
}

/// Why a CA is not audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Its CRL is enabled, and no bucket is named.
    NoBucket,
    /// It has no CRL enabled.
    NotEnabled,
    /// It publishes no CRL in this status.
    Status(CaStatus),
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBucket => f.write_str("its CRL is enabled and no bucket is named"),
            Self::NotEnabled => f.write_str("it has no CRL enabled"),
            Self::Status(status @ (CaStatus::Creating | CaStatus::PendingCertificate)) => {
                write!(f, "it is {status}: it has signed nothing yet")
            }
            Self::Status(status) => {
                write!(f, "it is {status}: the service writes CRLs for ACTIVE and DISABLED CAs")
            }
        }
    }
}

pub(super) fn of(ca: &Ca) -> Result<Scope, Skip> {
    if !matches!(ca.status, CaStatus::Active | CaStatus::Disabled) {
        return Err(Skip::Status(ca.status.clone()));
    }
    let crl = ca.crl.as_ref().filter(|crl| crl.enabled).ok_or(Skip::NotEnabled)?;
    let bucket = crl.s3_bucket_name.clone().ok_or(Skip::NoBucket)?;
    let folder = match crl.custom_path.as_deref() {
        None => "crl/".to_owned(),
        Some("/") => String::new(),
        Some(path) => format!("{path}/"),
    };
    let object_acl = crl.s3_object_acl.clone().unwrap_or(S3ObjectAcl::PublicRead);
    let key = format!("{folder}{}.crl", ca.arn.id());
    let partitioned = crl.crl_type == Some(CrlType::Partitioned);
    let host = crl.custom_cname.as_deref();
    // A bucket may be named for the host under which it is reached, or be what a CNAME points to.
    let is_bucket = |host: &str| host == bucket || host.starts_with(&format!("{bucket}.s3"));
    Ok(Scope {
        distribution_point: (!partitioned && !crl.omit_extension)
            .then(|| distribution_point(ca, &bucket, &key, host)),
        is_public_meant: object_acl == S3ObjectAcl::PublicRead
            || (!crl.omit_extension && host.is_none_or(is_bucket)),
        is_named: !crl.omit_extension,
        bases: bases(ca, &bucket, host),
        bucket,
        key,
        partitioned,
        served_by_bucket: crl.custom_cname.is_none()
            && !crl.omit_extension
            && object_acl == S3ObjectAcl::PublicRead,
        object_acl,
    })
}

/// AWS Private CA User Guide, "Planning a certificate revocation list (CRL)": the CNAME, or the
/// bucket's own host name; a name with dots in it is part of the path.
fn distribution_point(ca: &Ca, bucket: &str, key: &str, custom_cname: Option<&str>) -> String {
    let region = ca.arn.region();
    let suffix = if ca.arn.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    match custom_cname {
        Some(host) => format!("http://{host}/{key}"),
        None if bucket.contains('.') => format!("http://s3.{region}.{suffix}/{bucket}/{key}"),
        None => format!("http://{bucket}.s3.{region}.{suffix}/{key}"),
    }
}

/// Every form that a certificate may have been issued with: the configuration of the CNAME may be
/// younger than the certificate.
fn bases(ca: &Ca, bucket: &str, custom_cname: Option<&str>) -> Vec<String> {
    let region = ca.arn.region();
    let suffix = if ca.arn.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let mut bases = vec![
        format!("http://{bucket}.s3.{region}.{suffix}/"),
        format!("http://{bucket}.s3.dualstack.{region}.{suffix}/"),
        format!("http://{bucket}.s3.{suffix}/"),
        format!("http://s3.{region}.{suffix}/{bucket}/"),
        format!("http://s3.dualstack.{region}.{suffix}/{bucket}/"),
        format!("http://s3.{suffix}/{bucket}/"),
    ];
    bases.extend(custom_cname.map(|host| format!("http://{host}/")));
    bases
}

impl Scope {
    /// All URLs of the object at `key`.
    pub(super) fn urls(&self, key: &str) -> impl Iterator<Item = String> {
        self.bases.iter().map(move |base| format!("{base}{key}"))
    }

    pub(super) fn folder(&self) -> &str {
        self.key.rfind('/').map_or("", |end| &self.key[..=end])
    }

    /// One part of the CRL, as if it were all of it.
    pub(super) fn part(&self, key: &str) -> Self {
        Self { key: key.to_owned(), distribution_point: None, ..self.clone() }
    }

    /// Whether the object at `key` is this CA's CRL, or may be one of its partitions.
    pub(super) fn holds(&self, key: &str) -> bool {
        let folder = self.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside =
            key.strip_prefix(folder).is_some_and(|continuation| continuation.ends_with(".crl"));
        key == self.key || (self.partitioned && beside)
    }

    pub(super) fn user(&self, ca: &Ca) -> BucketUser {
        BucketUser {
            ca: ca.arn.clone(),
            common_name: ca.common_name.clone(),
            key: self.key.clone(),
            object_acl: self.object_acl.clone(),
            served_by_bucket: self.served_by_bucket,
            is_public_meant: self.is_public_meant,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{ca::CrlConfiguration, fakes};

    fn ca(status: CaStatus, crl: CrlConfiguration) -> Ca {
        Ca { status, crl: Some(crl), ..fakes::deleted_ca(datetime!(2026-03-01 0:00 UTC)) }
    }

    fn enabled() -> CrlConfiguration {
        let s3_bucket_name = Some("crls".to_owned());
        CrlConfiguration { enabled: true, s3_bucket_name, ..Default::default() }
    }

    #[test]
    fn only_cas_that_the_service_writes_crls_for_are_audited() {
        use CaStatus::{Active, Creating, Deleted, Disabled, Expired, Failed, PendingCertificate};
        for status in [Active, Disabled] {
            assert!(of(&ca(status, enabled())).is_ok());
        }
        for status in [Creating, Deleted, Expired, Failed, PendingCertificate] {
            assert_eq!(of(&ca(status.clone(), enabled())), Err(Skip::Status(status)));
        }
        assert_eq!(of(&ca(Active, CrlConfiguration::default())), Err(Skip::NotEnabled));
        let nowhere = CrlConfiguration { s3_bucket_name: None, ..enabled() };
        assert_eq!(of(&ca(Active, nowhere)), Err(Skip::NoBucket));
    }

    #[test]
    fn the_distribution_point_is_the_one_that_certificates_name() {
        let point =
            |crl: CrlConfiguration| of(&ca(CaStatus::Active, crl)).unwrap().distribution_point;
        let key = "crl/11223344-1234-1122-2233-112233445566.crl";
        let bucket = format!("http://crls.s3.us-east-1.amazonaws.com/{key}");
        assert_eq!(point(enabled()), Some(bucket));
        let dotted = Some("crls.example.com".to_owned());
        let path = format!("http://s3.us-east-1.amazonaws.com/crls.example.com/{key}");
        assert_eq!(point(CrlConfiguration { s3_bucket_name: dotted, ..enabled() }), Some(path));
        let custom_cname = Some("crl.example.com".to_owned());
        let cname = format!("http://crl.example.com/{key}");
        assert_eq!(point(CrlConfiguration { custom_cname, ..enabled() }), Some(cname));
        assert_eq!(point(CrlConfiguration { omit_extension: true, ..enabled() }), None);
        let crl_type = Some(CrlType::Partitioned);
        assert_eq!(point(CrlConfiguration { crl_type, ..enabled() }), None);
    }

    #[test]
    fn the_key_follows_the_custom_path() {
        let key = |path: Option<&str>| {
            let custom_path = path.map(str::to_owned);
            of(&ca(CaStatus::Active, CrlConfiguration { custom_path, ..enabled() })).unwrap().key
        };
        let id = "11223344-1234-1122-2233-112233445566";
        assert_eq!(key(None), format!("crl/{id}.crl"));
        assert_eq!(key(Some("a/b")), format!("a/b/{id}.crl"));
        assert_eq!(key(Some("/")), format!("{id}.crl"));
    }
}
