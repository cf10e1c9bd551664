//! From a name on the wire to an operation, and from its output to an answer.

use std::sync::Arc;

use aws_smithy_schema::serde::SerdeError;
use bytes::Bytes;

use crate::{
    api::{
        protocol::Protocol,
        wire::{Answer, Output},
    },
    model::{error::ApiError, shape_json},
    service::{caller::Caller, core::Service, operations},
};

macro_rules! operations {
    ($($name:literal => $module:ident($input:ident)),* $(,)?) => {
        #[cfg(test)]
        const OFFERED: &[&str] = &[$($name),*];

        /// Runs the operation with a request in JSON, and writes its answer as the client reads it.
        pub(crate) async fn dispatch(
            name: &str,
            service: &Arc<Service>,
            caller: &Caller,
            request: &[u8],
            protocol: Protocol,
        ) -> Result<Answer, ApiError> {
            match name {
                $($name => {
                    let input = shape_json::read(
                        request,
                        aws_sdk_acmpca::operation::$module::$input::deserialize,
                    )
                    .map_err(|error| ApiError::serialization(error.to_string()))?;
                    let output = operations::$module::run(service, caller, input).await?;
                    answer(&output, protocol)
                        .map_err(|error| ApiError::internal(error.to_string()))
                })*
                _ => Err(ApiError::unknown_operation(format!(
                    "ACM PCA has no operation '{name}'"
                ))),
            }
        }
    };
}

operations! {
    "CreateCertificateAuthority" => create_certificate_authority(CreateCertificateAuthorityInput),
    "CreateCertificateAuthorityAuditReport" =>
        create_certificate_authority_audit_report(CreateCertificateAuthorityAuditReportInput),
    "CreatePermission" => create_permission(CreatePermissionInput),
    "DeleteCertificateAuthority" => delete_certificate_authority(DeleteCertificateAuthorityInput),
    "DeletePermission" => delete_permission(DeletePermissionInput),
    "DeletePolicy" => delete_policy(DeletePolicyInput),
    "DescribeCertificateAuthority" =>
        describe_certificate_authority(DescribeCertificateAuthorityInput),
    "DescribeCertificateAuthorityAuditReport" =>
        describe_certificate_authority_audit_report(DescribeCertificateAuthorityAuditReportInput),
    "GetCertificate" => get_certificate(GetCertificateInput),
    "GetCertificateAuthorityCertificate" =>
        get_certificate_authority_certificate(GetCertificateAuthorityCertificateInput),
    "GetCertificateAuthorityCsr" => get_certificate_authority_csr(GetCertificateAuthorityCsrInput),
    "GetPolicy" => get_policy(GetPolicyInput),
    "ImportCertificateAuthorityCertificate" =>
        import_certificate_authority_certificate(ImportCertificateAuthorityCertificateInput),
    "IssueCertificate" => issue_certificate(IssueCertificateInput),
    "ListCertificateAuthorities" => list_certificate_authorities(ListCertificateAuthoritiesInput),
    "ListPermissions" => list_permissions(ListPermissionsInput),
    "ListTags" => list_tags(ListTagsInput),
    "PutPolicy" => put_policy(PutPolicyInput),
    "RestoreCertificateAuthority" =>
        restore_certificate_authority(RestoreCertificateAuthorityInput),
    "RevokeCertificate" => revoke_certificate(RevokeCertificateInput),
    "TagCertificateAuthority" => tag_certificate_authority(TagCertificateAuthorityInput),
    "UntagCertificateAuthority" => untag_certificate_authority(UntagCertificateAuthorityInput),
    "UpdateCertificateAuthority" => update_certificate_authority(UpdateCertificateAuthorityInput),
}

/// Writes an output. Void operations answer with nothing.
fn answer(output: &dyn Output, protocol: Protocol) -> Result<Answer, SerdeError> {
    let json = Bytes::from(output.json()?);
    if json == "{}" {
        return Ok(Answer { json: Bytes::new(), body: Bytes::new() });
    }
    let body = match protocol {
        Protocol::AwsJson => json.clone(),
        Protocol::RpcV2Cbor => output.cbor()?.into(),
    };
    Ok(Answer { json, body })
}

#[cfg(test)]
mod tests {
    use crate::model::api_model::MODEL;

    #[test]
    fn all_operations_of_the_model_are_offered() {
        let model: Vec<&str> = MODEL.operations.keys().map(String::as_str).collect();
        assert_eq!(super::OFFERED, model);
    }
}
