//! ACM PCA through its SDK.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use aws_sdk_acmpca::{Client, operation::RequestId, types::CertificateAuthorityStatus};
use time::Duration;
use vigil_core::{
    arn::CaArn,
    ports::{
        Authorities, CaCertificate, Described, Issued, Listing, PortError, Receipt, ServiceStatus,
    },
};

use crate::{answer::port_error, date::DateHeader};

mod attachments;
mod quotas;
mod record;

use quotas::Quotas;

/// The largest page that the service gives.
const PAGE: i32 = 1000;

/// For an error's text, where a call is about no CA in particular.
const ACCOUNT: &str = "this account's CAs";

/// One Region's, which its clones ask no more often together than one may.
#[derive(Clone, Debug)]
pub struct AcmPca {
    client: Client,
    quotas: Arc<Quotas>,
}

impl AcmPca {
    /// ACM PCA as this client sees it.
    pub fn new(client: Client) -> Self {
        Self { client, quotas: Arc::default() }
    }
}

#[async_trait]
impl Issued for AcmPca {
    async fn issued(&self, ca: &CaArn, serial: &str) -> Result<String, PortError> {
        const OPERATION: &str = "GetCertificate";
        let arn = format!("{ca}/certificate/{serial}");
        let call = self.client.get_certificate().certificate_authority_arn(ca.as_str());
        let answer = call.certificate_arn(&arn).send().await;
        let answer = answer.map_err(|error| port_error(OPERATION, &arn, error))?;
        answer.certificate.ok_or_else(|| PortError::Other {
            operation: OPERATION,
            resource: arn,
            cause: "the answer has no Certificate".into(),
        })
    }
}

#[async_trait]
impl Authorities for AcmPca {
    async fn list(&self) -> Result<Listing, PortError> {
        const OPERATION: &str = "ListCertificateAuthorities";
        let mut cas = Vec::new();
        let mut as_of = None;
        let mut next_token = None;
        loop {
            self.quotas.list.turn().await;
            let date = DateHeader::default();
            let call = self.client.list_certificate_authorities().max_results(PAGE);
            let call = call.set_next_token(next_token).customize().interceptor(date.clone());
            let page = call.send().await.map_err(|error| port_error(OPERATION, ACCOUNT, error))?;
            if as_of.is_none() {
                as_of = Some(date.read(OPERATION, ACCOUNT)?);
            }
            for ca in page.certificate_authorities.unwrap_or_default() {
                cas.push(record::ca(OPERATION, ACCOUNT, ca)?);
            }
            next_token = page.next_token.filter(|token| !token.is_empty());
            if let (None, Some(as_of)) = (&next_token, as_of) {
                return Ok(Listing { cas, as_of });
            }
        }
    }

    async fn describe(&self, arn: &CaArn) -> Result<Described, PortError> {
        const OPERATION: &str = "DescribeCertificateAuthority";
        self.quotas.describe.turn().await;
        let date = DateHeader::default();
        let call =
            self.client.describe_certificate_authority().certificate_authority_arn(arn.as_str());
        let answer = call.customize().interceptor(date.clone()).send().await;
        let answer = answer.map_err(|error| port_error(OPERATION, arn.as_str(), error))?;
        let ca = answer.certificate_authority.ok_or_else(|| PortError::Other {
            operation: OPERATION,
            resource: arn.to_string(),
            cause: "the answer has no CertificateAuthority".into(),
        })?;
        let ca = record::ca(OPERATION, arn.as_str(), ca)?;
        Ok(Described { ca, as_of: date.read(OPERATION, arn.as_str())? })
    }

    async fn restore(&self, arn: &CaArn) -> Result<Receipt, PortError> {
        const OPERATION: &str = "RestoreCertificateAuthority";
        self.quotas.restore.turn().await;
        let date = DateHeader::default();
        let call =
            self.client.restore_certificate_authority().certificate_authority_arn(arn.as_str());
        let answer = call.customize().interceptor(date.clone()).send().await;
        let answer = answer.map_err(|error| port_error(OPERATION, arn.as_str(), error))?;
        let request_id = answer.request_id().map(str::to_owned);
        Ok(Receipt { at: date.read(OPERATION, arn.as_str())?, request_id })
    }

    async fn update_status(
        &self,
        arn: &CaArn,
        status: ServiceStatus,
    ) -> Result<Receipt, PortError> {
        const OPERATION: &str = "UpdateCertificateAuthority";
        self.quotas.update.turn().await;
        let date = DateHeader::default();
        let status = match status {
            ServiceStatus::Active => CertificateAuthorityStatus::Active,
            ServiceStatus::Disabled => CertificateAuthorityStatus::Disabled,
        };
        let call = self.client.update_certificate_authority().status(status);
        let call = call.certificate_authority_arn(arn.as_str());
        let answer = call.customize().interceptor(date.clone()).send().await;
        let answer = answer.map_err(|error| port_error(OPERATION, arn.as_str(), error))?;
        let request_id = answer.request_id().map(str::to_owned);
        Ok(Receipt { at: date.read(OPERATION, arn.as_str())?, request_id })
    }

    async fn tags(&self, arn: &CaArn) -> Result<BTreeMap<String, Option<String>>, PortError> {
        let mut tags = BTreeMap::new();
        let mut next_token = None;
        loop {
            self.quotas.list_tags.turn().await;
            let call = self.client.list_tags().certificate_authority_arn(arn.as_str());
            let page = call.set_next_token(next_token).send().await;
            let page = page.map_err(|error| port_error("ListTags", arn.as_str(), error))?;
            tags.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
            next_token = page.next_token.filter(|token| !token.is_empty());
            if next_token.is_none() {
                return Ok(tags);
            }
        }
    }

    async fn certificate(&self, arn: &CaArn) -> Result<CaCertificate, PortError> {
        const OPERATION: &str = "GetCertificateAuthorityCertificate";
        self.quotas.certificate.turn().await;
        let call = self.client.get_certificate_authority_certificate();
        let answer = call.certificate_authority_arn(arn.as_str()).send().await;
        let answer = answer.map_err(|error| port_error(OPERATION, arn.as_str(), error))?;
        let certificate = answer.certificate.ok_or_else(|| PortError::Other {
            operation: OPERATION,
            resource: arn.to_string(),
            cause: "the answer has no Certificate".into(),
        })?;
        Ok(CaCertificate { certificate, chain: answer.certificate_chain })
    }

    async fn wait(&self, moment: Duration) {
        tokio::time::sleep(moment.unsigned_abs()).await;
    }
}

#[cfg(test)]
mod tests;
