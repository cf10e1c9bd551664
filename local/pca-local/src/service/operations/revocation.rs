//! What a RevocationConfiguration may say, and how a given one changes the one that is there.

use aws_sdk_acmpca::types::{
    CrlConfiguration, OcspConfiguration, RevocationConfiguration, S3ObjectAcl,
};

use super::bucket_name;
use crate::{
    model::{arn::CaArn, crl::location, error::ApiError},
    service::core::Service,
};

/// Nothing enabled: what Describe shows of a CA that was created without a configuration.
pub(super) fn none() -> RevocationConfiguration {
    RevocationConfiguration::builder()
        .crl_configuration(disabled_crl())
        .ocsp_configuration(disabled_ocsp())
        .build()
}

/// The given parts replace those of `current`; a part that is not given stays (the service's
/// documentation leaves open whether it does).
pub(super) fn merge(
    current: &RevocationConfiguration,
    given: &RevocationConfiguration,
) -> Result<RevocationConfiguration, ApiError> {
    let crl = match given.crl_configuration() {
        Some(crl) => Some(checked_crl(crl)?),
        None => current.crl_configuration().cloned(),
    };
    let ocsp = match given.ocsp_configuration() {
        Some(ocsp) => Some(checked_ocsp(ocsp)?),
        None => current.ocsp_configuration().cloned(),
    };
    Ok(RevocationConfiguration::builder()
        .set_crl_configuration(crl)
        .set_ocsp_configuration(ocsp)
        .build())
}

/// Tries the bucket of an enabled CRL, as the service does before it accepts the configuration.
pub(super) async fn probe(
    service: &Service,
    ca: &CaArn,
    configuration: &RevocationConfiguration,
) -> Result<(), ApiError> {
    let Some(crl) = configuration.crl_configuration().filter(|crl| crl.enabled()) else {
        return Ok(());
    };
    let bucket = crl.s3_bucket_name().unwrap_or_default();
    service.buckets.probe(ca, bucket, location::canned_acl(crl)).await
}

fn checked_crl(given: &CrlConfiguration) -> Result<CrlConfiguration, ApiError> {
    if !given.enabled() {
        if *given != disabled_crl() {
            // hashicorp/terraform-provider-aws#29613.
            return Err(ApiError::validation(
                "CRL configuration parameters can only be set when CRLs are enabled.",
            ));
        }
        return Ok(given.clone());
    }
    let bucket = given.s3_bucket_name().ok_or_else(|| {
        ApiError::invalid_args("An enabled CrlConfiguration needs an S3BucketName")
    })?;
    bucket_name::check(bucket)?;
    if given.custom_cname().is_some_and(|name| name.contains("://")) {
        return Err(ApiError::invalid_args(
            "CustomCname must not include a protocol prefix such as http://",
        ));
    }
    let omits = given
        .crl_distribution_point_extension_configuration()
        .is_some_and(|extension| extension.omit_extension());
    if omits && given.custom_cname().is_some_and(|name| !name.is_empty()) {
        return Err(ApiError::invalid_args("CustomCname cannot be combined with OmitExtension"));
    }
    let acl = given.s3_object_acl().cloned().unwrap_or(S3ObjectAcl::PublicRead);
    let mut crl = given.clone();
    crl.s3_object_acl = Some(acl);
    Ok(crl)
}

fn checked_ocsp(given: &OcspConfiguration) -> Result<OcspConfiguration, ApiError> {
    if !given.enabled() && *given != disabled_ocsp() {
        // The code by analogy with CRLs; its words are not known.
        return Err(ApiError::validation(
            "An OcspConfiguration with Enabled=false must not contain anything else",
        ));
    }
    if given.ocsp_custom_cname().is_some_and(|name| name.contains("://")) {
        return Err(ApiError::invalid_args(
            "OcspCustomCname must not include a protocol prefix such as http://",
        ));
    }
    Ok(given.clone())
}

fn disabled_crl() -> CrlConfiguration {
    CrlConfiguration::builder().enabled(false).build().expect("Enabled is all it needs")
}

fn disabled_ocsp() -> OcspConfiguration {
    OcspConfiguration::builder().enabled(false).build().expect("Enabled is all it needs")
}
