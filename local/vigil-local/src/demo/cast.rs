//! The persons of the demo. Each calls the stack through the AWS SDK with an access key of their own.

use aws_sdk_acmpca::{
    Client as Acmpca,
    primitives::Blob,
    types::{
        Asn1Subject, CertificateAuthority, CertificateAuthorityConfiguration,
        CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind, CrlConfiguration,
        KeyAlgorithm, OcspConfiguration, RevocationConfiguration, RevocationReason, S3ObjectAcl,
        SigningAlgorithm, Tag, Validity, ValidityPeriodType,
    },
};
use aws_sdk_s3::{
    Client as S3,
    config::{BehaviorVersion, Credentials, Region},
};

use super::DemoError;

pub(super) struct Person {
    pub(super) pca: Acmpca,
    pub(super) s3: S3,
}

/// The access key id is the person's name, because CloudTrail events name callers by it.
pub(super) fn person(name: &'static str, endpoint: &str) -> Person {
    let credentials = Credentials::new(name, vigil_local::SECRET, None, None, "vigil-local demo");
    let region = Region::new("us-east-1");
    let pca = aws_sdk_acmpca::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials.clone())
        .endpoint_url(endpoint)
        .region(region.clone())
        .build();
    let s3 = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .endpoint_url(endpoint)
        .force_path_style(true)
        .region(region)
        .build();
    Person { pca: Acmpca::from_conf(pca), s3: S3::from_conf(s3) }
}

impl Person {
    /// Creates a CA that publishes its CRL in `crl_bucket`, or one with OCSP if there is no bucket.
    pub(super) async fn create_ca(
        &self,
        kind: Kind,
        common_name: &str,
        crl_bucket: Option<&str>,
    ) -> Result<String, DemoError> {
        let subject = Asn1Subject::builder()
            .country("US")
            .organization("Example Bank")
            .common_name(common_name)
            .build();
        let configuration = CertificateAuthorityConfiguration::builder()
            .key_algorithm(KeyAlgorithm::EcPrime256v1)
            .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
            .subject(subject)
            .build()?;
        let created = self
            .pca
            .create_certificate_authority()
            .certificate_authority_type(kind)
            .certificate_authority_configuration(configuration)
            .revocation_configuration(match crl_bucket {
                Some(bucket) => publishes_to(bucket)?,
                None => answers_ocsp()?,
            })
            .tags(Tag::builder().key("owner").value("pki-team").build()?)
            .send()
            .await?;
        created.certificate_authority_arn.ok_or(DemoError::Missing("a CertificateAuthorityArn"))
    }

    /// Signs the CA's CSR with `issuer` and imports the certificate, which makes the CA ACTIVE.
    pub(super) async fn activate(
        &self,
        ca: &str,
        issuer: &str,
        template: &str,
        years: i64,
    ) -> Result<(), DemoError> {
        let csr =
            self.pca.get_certificate_authority_csr().certificate_authority_arn(ca).send().await?;
        let csr = csr.csr.ok_or(DemoError::Missing("a CSR"))?;
        let validity = (ValidityPeriodType::Years, years);
        let arn = self.issue(issuer, csr.as_bytes(), template, validity).await?;
        let issued = self
            .pca
            .get_certificate()
            .certificate_authority_arn(issuer)
            .certificate_arn(&arn)
            .send()
            .await?;
        let certificate = issued.certificate.ok_or(DemoError::Missing("a certificate"))?;
        self.pca
            .import_certificate_authority_certificate()
            .certificate_authority_arn(ca)
            .certificate(Blob::new(certificate))
            .set_certificate_chain(issued.certificate_chain.map(Blob::new))
            .send()
            .await?;
        Ok(())
    }

    /// Issues a certificate and returns its ARN, which ends with the serial number.
    pub(super) async fn issue(
        &self,
        ca: &str,
        csr_pem: &[u8],
        template: &str,
        (unit, value): (ValidityPeriodType, i64),
    ) -> Result<String, DemoError> {
        let issued = self
            .pca
            .issue_certificate()
            .certificate_authority_arn(ca)
            .csr(Blob::new(csr_pem))
            .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
            .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
            .validity(Validity::builder().r#type(unit).value(value).build()?)
            .send()
            .await?;
        issued.certificate_arn.ok_or(DemoError::Missing("a CertificateArn"))
    }

    pub(super) async fn revoke(&self, ca: &str, certificate: &str) -> Result<(), DemoError> {
        let serial = certificate.rsplit('/').next().unwrap_or_default();
        self.pca
            .revoke_certificate()
            .certificate_authority_arn(ca)
            .certificate_serial(serial)
            .revocation_reason(RevocationReason::KeyCompromise)
            .send()
            .await?;
        Ok(())
    }

    pub(super) async fn set_status(&self, ca: &str, status: Status) -> Result<(), DemoError> {
        self.pca
            .update_certificate_authority()
            .certificate_authority_arn(ca)
            .status(status)
            .send()
            .await?;
        Ok(())
    }

    pub(super) async fn delete(&self, ca: &str, window_days: i32) -> Result<(), DemoError> {
        self.pca
            .delete_certificate_authority()
            .certificate_authority_arn(ca)
            .permanent_deletion_time_in_days(window_days)
            .send()
            .await?;
        Ok(())
    }

    /// The CA, or `None` after its permanent deletion.
    pub(super) async fn describe(
        &self,
        ca: &str,
    ) -> Result<Option<CertificateAuthority>, DemoError> {
        let described =
            self.pca.describe_certificate_authority().certificate_authority_arn(ca).send().await;
        match described {
            Ok(described) => Ok(described.certificate_authority),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn status(&self, ca: &str) -> Result<Option<Status>, DemoError> {
        Ok(self.describe(ca).await?.and_then(|ca| ca.status))
    }

    /// The bucket whose name has this prefix.
    pub(super) async fn bucket_named(&self, prefix: &str) -> Result<String, DemoError> {
        let listed = self.s3.list_buckets().send().await?;
        listed
            .buckets()
            .iter()
            .filter_map(|bucket| bucket.name.clone())
            .find(|name| name.starts_with(prefix))
            .ok_or(DemoError::Missing("the evidence bucket"))
    }

    pub(super) async fn put(
        &self,
        bucket: &str,
        key: &str,
        body: impl Into<Vec<u8>>,
    ) -> Result<(), DemoError> {
        let body = body.into().into();
        self.s3.put_object().bucket(bucket).key(key).body(body).send().await?;
        Ok(())
    }

    pub(super) async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, DemoError> {
        let mut pages =
            self.s3.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            keys.extend(page?.contents().iter().filter_map(|object| object.key.clone()));
        }
        Ok(keys)
    }

    pub(super) async fn object(&self, bucket: &str, key: &str) -> Result<Vec<u8>, DemoError> {
        let object = self.s3.get_object().bucket(bucket).key(key).send().await?;
        let body =
            object.body.collect().await.map_err(|_| DemoError::Missing("an object's body"))?;
        Ok(body.to_vec())
    }
}

/// A CRL valid for two days, in a bucket that blocks public access.
fn publishes_to(bucket: &str) -> Result<RevocationConfiguration, DemoError> {
    let crl = CrlConfiguration::builder()
        .enabled(true)
        .expiration_in_days(2)
        .s3_bucket_name(bucket)
        .s3_object_acl(S3ObjectAcl::BucketOwnerFullControl)
        .custom_cname("crl.bank.example")
        .build()?;
    Ok(RevocationConfiguration::builder().crl_configuration(crl).build())
}

fn answers_ocsp() -> Result<RevocationConfiguration, DemoError> {
    let ocsp = OcspConfiguration::builder().enabled(true).build()?;
    Ok(RevocationConfiguration::builder().ocsp_configuration(ocsp).build())
}
