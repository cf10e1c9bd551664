//! The SDK's shape of a CA as our record of it.

use aws_sdk_acmpca::types::{CertificateAuthority, CrlConfiguration as SdkCrl};
use aws_smithy_types::DateTime;
use vigil_core::{
    arn::CaArn,
    ca::{Ca, CaStatus, CaType, CrlConfiguration, CrlType, S3ObjectAcl, UsageMode},
    ports::PortError,
};

use crate::date::instant;

pub(super) fn ca(
    operation: &'static str,
    resource: &str,
    sdk: CertificateAuthority,
) -> Result<Ca, PortError> {
    let arn: CaArn = sdk.arn.as_deref().unwrap_or_default().parse().map_err(|error| {
        PortError::Other { operation, resource: resource.to_owned(), cause: Box::new(error) }
    })?;
    let configuration = sdk.certificate_authority_configuration;
    let revocation = sdk.revocation_configuration;
    let time = |at: Option<DateTime>| at.as_ref().and_then(instant);
    Ok(Ca {
        arn,
        ca_type: CaType::from(sdk.r#type.as_ref().map_or("", |kind| kind.as_str())),
        status: CaStatus::from(sdk.status.as_ref().map_or("", |status| status.as_str())),
        common_name: configuration
            .as_ref()
            .and_then(|configuration| configuration.subject.as_ref()?.common_name.clone()),
        key_algorithm: configuration.as_ref().map(|of| of.key_algorithm.as_str().to_owned()),
        signing_algorithm: configuration
            .as_ref()
            .map(|of| of.signing_algorithm.as_str().to_owned()),
        usage_mode: sdk.usage_mode.as_ref().map(|mode| UsageMode::from(mode.as_str())),
        serial: sdk.serial,
        not_before: time(sdk.not_before),
        not_after: time(sdk.not_after),
        created_at: time(sdk.created_at),
        last_state_change_at: time(sdk.last_state_change_at),
        restorable_until: time(sdk.restorable_until),
        ocsp_enabled: revocation
            .as_ref()
            .and_then(|of| of.ocsp_configuration.as_ref())
            .is_some_and(|ocsp| ocsp.enabled),
        crl: revocation.and_then(|of| of.crl_configuration).map(crl),
    })
}

pub(super) fn crl(sdk: SdkCrl) -> CrlConfiguration {
    CrlConfiguration {
        enabled: sdk.enabled,
        expiration_in_days: sdk.expiration_in_days,
        custom_cname: sdk.custom_cname,
        s3_bucket_name: sdk.s3_bucket_name,
        s3_object_acl: sdk.s3_object_acl.as_ref().map(|acl| S3ObjectAcl::from(acl.as_str())),
        crl_type: sdk.crl_type.as_ref().map(|kind| CrlType::from(kind.as_str())),
        custom_path: sdk.custom_path,
        omit_extension: sdk
            .crl_distribution_point_extension_configuration
            .is_some_and(|of| of.omit_extension),
    }
}
