//! What is attached to a CA, read by four calls at once and put back by as many as it takes.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_acmpca::{
    operation::RequestId,
    types::{
        ActionType, CrlConfiguration as SdkCrl, CrlDistributionPointExtensionConfiguration,
        OcspConfiguration, RevocationConfiguration, S3ObjectAcl as SdkAcl, Tag,
    },
};
use aws_smithy_types::error::operation::BuildError;
use vigil_core::{
    arn::CaArn,
    ca::CrlConfiguration,
    ports::{Attachments, Authorities as _, PortError, Receipt},
    snapshot::{Attached, Missing, Permission, Revocation},
};

use super::{AcmPca, record};
use crate::{answer::port_error, date::DateHeader};

#[async_trait]
impl Attachments for AcmPca {
    async fn attached(&self, ca: &CaArn) -> Result<Attached, PortError> {
        let (policy, permissions, tags, revocation) = tokio::try_join!(
            self.resource_policy(ca),
            self.permissions(ca),
            self.tags(ca),
            self.revocation(ca),
        )?;
        Ok(Attached { policy, permissions, tags, revocation })
    }

    async fn put_back(&self, ca: &CaArn, missing: &Missing) -> Result<Vec<Receipt>, PortError> {
        let mut receipts = Vec::new();
        if let Some(revocation) = &missing.revocation {
            receipts.push(self.put_revocation(ca, revocation).await?);
        }
        if !missing.tags.is_empty() {
            receipts.push(self.put_tags(ca, &missing.tags).await?);
        }
        for permission in &missing.permissions {
            receipts.extend(self.put_permission(ca, permission).await?);
        }
        if let Some(policy) = &missing.policy {
            receipts.push(self.put_policy(ca, policy).await?);
        }
        Ok(receipts)
    }
}

/// Sends a call that changes a CA, and keeps the time and the id of its answer.
macro_rules! receipt {
    ($operation:expr, $ca:expr, $call:expr) => {{
        let date = DateHeader::default();
        match $call.customize().interceptor(date.clone()).send().await {
            Ok(answer) => {
                let request_id = answer.request_id().map(str::to_owned);
                Ok(Receipt { at: date.read($operation, $ca.as_str())?, request_id })
            }
            Err(error) => Err(port_error($operation, $ca.as_str(), error)),
        }
    }};
}

impl AcmPca {
    async fn resource_policy(&self, ca: &CaArn) -> Result<Option<String>, PortError> {
        self.quotas.get_policy.turn().await;
        let answer = self.client.get_policy().resource_arn(ca.as_str()).send().await;
        match answer {
            Ok(answer) => Ok(answer.policy),
            // So the service answers for a CA that has none.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|of| of.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error("GetPolicy", ca.as_str(), error)),
        }
    }

    async fn permissions(&self, ca: &CaArn) -> Result<Vec<Permission>, PortError> {
        let mut permissions = Vec::new();
        let mut next_token = None;
        loop {
            self.quotas.list_permissions.turn().await;
            let call = self.client.list_permissions().certificate_authority_arn(ca.as_str());
            let page = call.set_next_token(next_token).send().await;
            let page = page.map_err(|error| port_error("ListPermissions", ca.as_str(), error))?;
            for permission in page.permissions.unwrap_or_default() {
                let actions = permission.actions.unwrap_or_default();
                permissions.push(Permission {
                    principal: permission.principal.unwrap_or_default(),
                    source_account: permission.source_account,
                    actions: actions.iter().map(|action| action.as_str().to_owned()).collect(),
                });
            }
            next_token = page.next_token.filter(|token| !token.is_empty());
            if next_token.is_none() {
                permissions.sort();
                return Ok(permissions);
            }
        }
    }

    async fn revocation(&self, ca: &CaArn) -> Result<Revocation, PortError> {
        self.quotas.describe.turn().await;
        let call = self.client.describe_certificate_authority();
        let answer = call.certificate_authority_arn(ca.as_str()).send().await;
        let answer = answer
            .map_err(|error| port_error("DescribeCertificateAuthority", ca.as_str(), error))?;
        let revocation = answer.certificate_authority.and_then(|ca| ca.revocation_configuration);
        let Some(revocation) = revocation else { return Ok(Revocation::default()) };
        let ocsp = revocation.ocsp_configuration;
        Ok(Revocation {
            crl: revocation.crl_configuration.map(record::crl),
            ocsp_enabled: ocsp.as_ref().is_some_and(|ocsp| ocsp.enabled),
            ocsp_custom_cname: ocsp.and_then(|ocsp| ocsp.ocsp_custom_cname),
        })
    }

    async fn put_policy(&self, ca: &CaArn, policy: &str) -> Result<Receipt, PortError> {
        self.quotas.put_policy.turn().await;
        receipt!("PutPolicy", ca, self.client.put_policy().resource_arn(ca.as_str()).policy(policy))
    }

    async fn put_tags(
        &self,
        ca: &CaArn,
        tags: &BTreeMap<String, Option<String>>,
    ) -> Result<Receipt, PortError> {
        const OPERATION: &str = "TagCertificateAuthority";
        self.quotas.tag.turn().await;
        let tags: Result<Vec<Tag>, BuildError> = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).set_value(value.clone()).build())
            .collect();
        let tags = tags.map_err(|error| unusable(OPERATION, ca, error))?;
        let call = self.client.tag_certificate_authority().set_tags(Some(tags));
        receipt!(OPERATION, ca, call.certificate_authority_arn(ca.as_str()))
    }

    /// `None`: an earlier attempt, or another principal, has made it already.
    async fn put_permission(
        &self,
        ca: &CaArn,
        permission: &Permission,
    ) -> Result<Option<Receipt>, PortError> {
        const OPERATION: &str = "CreatePermission";
        self.quotas.create_permission.turn().await;
        let date = DateHeader::default();
        let actions = permission.actions.iter().map(|action| ActionType::from(action.as_str()));
        let call = self
            .client
            .create_permission()
            .certificate_authority_arn(ca.as_str())
            .principal(&permission.principal)
            .set_source_account(permission.source_account.clone())
            .set_actions(Some(actions.collect()));
        match call.customize().interceptor(date.clone()).send().await {
            Ok(answer) => {
                let request_id = answer.request_id().map(str::to_owned);
                Ok(Some(Receipt { at: date.read(OPERATION, ca.as_str())?, request_id }))
            }
            Err(error)
                if (error.as_service_error())
                    .is_some_and(|of| of.is_permission_already_exists_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error(OPERATION, ca.as_str(), error)),
        }
    }

    async fn put_revocation(
        &self,
        ca: &CaArn,
        revocation: &Revocation,
    ) -> Result<Receipt, PortError> {
        const OPERATION: &str = "UpdateCertificateAuthority";
        self.quotas.update.turn().await;
        let ocsp = OcspConfiguration::builder()
            .enabled(revocation.ocsp_enabled)
            .set_ocsp_custom_cname(revocation.ocsp_custom_cname.clone())
            .build()
            .map_err(|error| unusable(OPERATION, ca, error))?;
        let crl = revocation.crl.as_ref().map(crl).transpose();
        let crl = crl.map_err(|error| unusable(OPERATION, ca, error))?;
        let configuration = RevocationConfiguration::builder()
            .set_crl_configuration(crl)
            .ocsp_configuration(ocsp)
            .build();
        let call = self.client.update_certificate_authority();
        let call = call.revocation_configuration(configuration);
        receipt!(OPERATION, ca, call.certificate_authority_arn(ca.as_str()))
    }
}

fn crl(of: &CrlConfiguration) -> Result<SdkCrl, BuildError> {
    let omit = of
        .omit_extension
        .then(|| CrlDistributionPointExtensionConfiguration::builder().omit_extension(true).build())
        .transpose()?;
    SdkCrl::builder()
        .enabled(of.enabled)
        .set_expiration_in_days(of.expiration_in_days)
        .set_custom_cname(of.custom_cname.clone())
        .set_s3_bucket_name(of.s3_bucket_name.clone())
        .set_s3_object_acl(of.s3_object_acl.as_ref().map(|acl| SdkAcl::from(acl.as_str())))
        .set_crl_type(of.crl_type.as_ref().map(|kind| kind.as_str().into()))
        .set_custom_path(of.custom_path.clone())
        .set_crl_distribution_point_extension_configuration(omit)
        .build()
}

/// A configuration that the SDK does not take: it was not written by us.
fn unusable(operation: &'static str, ca: &CaArn, error: BuildError) -> PortError {
    PortError::Other { operation, resource: ca.to_string(), cause: Box::new(error) }
}
