//! Where a CRL is written, and the URL under which relying parties find it.

use aws_sdk_acmpca::types::{CrlConfiguration, S3ObjectAcl};
use aws_sdk_s3::types::ObjectCannedAcl;

use crate::model::arn::{CaArn, host_suffix};

/// The one key of a CA's complete CRL.
pub(crate) fn complete_key(ca: &CaArn, crl: &CrlConfiguration) -> String {
    match custom_path(crl) {
        None => format!("crl/{}.crl", ca.id),
        Some("") => format!("{}.crl", ca.id),
        Some(path) => format!("{path}/{}.crl", ca.id),
    }
}

/// A partition's key ends in a name of its own.
pub(crate) fn partition_key(ca: &CaArn, crl: &CrlConfiguration, guid: &str) -> String {
    format!("{}{guid}.crl", partition_folder(ca, crl))
}

/// What the keys of a CA's partitions begin with. The folder of the CA's id is that of public certificates
/// (`http://ca-root-crl-darkcam-v2.s3.us-east-1.amazonaws.com/crl/<CA id>/EGSpfiHkjmd.crl`).
pub(crate) fn partition_folder(ca: &CaArn, crl: &CrlConfiguration) -> String {
    match custom_path(crl) {
        None => format!("crl/{}/", ca.id),
        Some("") => String::new(),
        Some(path) => format!("{path}/"),
    }
}

fn custom_path(crl: &CrlConfiguration) -> Option<&str> {
    crl.custom_path().map(|path| path.trim_matches('/'))
}

/// The URL in issued certificates. Plain HTTP: a CRL is signed, and fetching it must not need one.
pub(crate) fn url(ca: &CaArn, crl: &CrlConfiguration, key: &str) -> String {
    let s3 = format!("s3.{}.{}", ca.region, host_suffix(&ca.region));
    let bucket = bucket(crl);
    match crl.custom_cname().filter(|name| !name.is_empty()) {
        Some(name) => format!("http://{name}/{key}"),
        // A bucket name with dots makes no single host label, so it moves into the path.
        None if bucket.contains('.') => format!("http://{s3}/{bucket}/{key}"),
        None => format!("http://{bucket}.{s3}/{key}"),
    }
}

pub(crate) fn bucket(crl: &CrlConfiguration) -> &str {
    crl.s3_bucket_name().unwrap_or_default()
}

/// Whether issued certificates are to say nothing of the CRL.
pub(crate) fn is_omitted(crl: &CrlConfiguration) -> bool {
    crl.crl_distribution_point_extension_configuration().is_some_and(|cdp| cdp.omit_extension())
}

pub(crate) fn canned_acl(crl: &CrlConfiguration) -> ObjectCannedAcl {
    match crl.s3_object_acl() {
        Some(S3ObjectAcl::BucketOwnerFullControl) => ObjectCannedAcl::BucketOwnerFullControl,
        _ => ObjectCannedAcl::PublicRead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_urls_follow_the_bucket_the_path_and_the_name() {
        let ca = CaArn::parse("arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/ca-id")
            .unwrap();
        let rows = [
            ("b", None, None, "http://b.s3.eu-west-1.amazonaws.com", "crl/ca-id.crl"),
            ("b.c", None, None, "http://s3.eu-west-1.amazonaws.com/b.c", "crl/ca-id.crl"),
            ("b", Some("crl.example"), None, "http://crl.example", "crl/ca-id.crl"),
            ("b", Some("crl.example"), Some("a/b"), "http://crl.example", "a/b/ca-id.crl"),
            ("b", None, Some("/"), "http://b.s3.eu-west-1.amazonaws.com", "ca-id.crl"),
        ];
        for (bucket, name, path, host, key) in rows {
            let crl = CrlConfiguration::builder()
                .enabled(true)
                .s3_bucket_name(bucket)
                .set_custom_cname(name.map(str::to_owned))
                .set_custom_path(path.map(str::to_owned))
                .build()
                .unwrap();
            assert_eq!(complete_key(&ca, &crl), key);
            assert_eq!(url(&ca, &crl, key), format!("{host}/{key}"));
            let folder = key.strip_suffix("ca-id.crl").unwrap();
            let of_ca = if path.is_none() { "ca-id/" } else { "" };
            assert_eq!(partition_key(&ca, &crl, "guid"), format!("{folder}{of_ca}guid.crl"));
        }
    }

    /// The guide has the bucket's S3 endpoint; botocore's `endpoints.json` has the suffixes.
    #[test]
    fn the_host_is_that_of_s3_in_the_cas_partition() {
        for (region, s3) in [
            ("us-east-1", "s3.us-east-1.amazonaws.com"),
            ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
            ("us-gov-east-1", "s3.us-gov-east-1.amazonaws.com"),
            ("eusc-de-east-1", "s3.eusc-de-east-1.amazonaws.eu"),
            ("us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "s3.us-isob-east-1.sc2s.sgov.gov"),
        ] {
            let ca = CaArn {
                partition: "any".to_owned(),
                region: region.to_owned(),
                account: "111122223333".to_owned(),
                id: "ca-id".to_owned(),
            };
            for (bucket, want) in
                [("b", format!("http://b.{s3}/k")), ("b.c", format!("http://{s3}/b.c/k"))]
            {
                let crl = CrlConfiguration::builder().enabled(true).s3_bucket_name(bucket);
                assert_eq!(url(&ca, &crl.build().unwrap(), "k"), want);
            }
        }
    }
}
