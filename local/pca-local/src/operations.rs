//! The operations, one file each, and the way from a name on the wire to one of them.

mod bucket_name;
mod create_certificate_authority;
mod create_certificate_authority_audit_report;
mod create_permission;
mod delete_certificate_authority;
mod delete_permission;
mod delete_policy;
mod describe_certificate_authority;
mod describe_certificate_authority_audit_report;
mod get_certificate;
mod get_certificate_authority_certificate;
mod get_certificate_authority_csr;
mod get_policy;
mod import_certificate_authority_certificate;
mod issue_certificate;
mod list_certificate_authorities;
mod list_permissions;
mod list_tags;
mod paging;
mod put_policy;
mod restore_certificate_authority;
mod revocation;
mod revoke_certificate;
mod tag_certificate_authority;
mod tags;
mod untag_certificate_authority;
mod update_certificate_authority;

pub(crate) use self::{create_certificate_authority::create_as, issue_certificate::issue_as};
use crate::{ApiError, PcaLocal, caller::Caller, protocol::Protocol, wire};

macro_rules! operations {
    ($($name:literal => $module:ident($input:ident)),* $(,)?) => {
        #[cfg(test)]
        const OFFERED: &[&str] = &[$($name),*];

        /// Runs the operation with a request in JSON, and writes its answer as the client reads it.
        pub(crate) async fn dispatch(
            name: &str,
            service: &PcaLocal,
            caller: &Caller,
            request: &[u8],
            protocol: Protocol,
        ) -> Result<wire::Answer, ApiError> {
            match name {
                $($name => {
                    let input = wire::read(
                        request,
                        aws_sdk_acmpca::operation::$module::$input::deserialize,
                    )
                    .map_err(|error| ApiError::serialization(error.to_string()))?;
                    let output = $module::run(service, caller, input).await?;
                    wire::answer(&output, protocol)
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

#[cfg(test)]
mod tests {
    use crate::wire::model::MODEL;

    #[test]
    fn all_operations_of_the_model_are_offered() {
        let model: Vec<&str> = MODEL.operations.keys().map(String::as_str).collect();
        assert_eq!(super::OFFERED, model);
    }
}
