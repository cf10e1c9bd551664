//! The life of a CA in a world, step by step.

use aws_sdk_acmpca::{
    primitives::Blob,
    types::{
        CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind, CrlConfiguration,
        RevocationConfiguration, S3ObjectAcl,
    },
};
use testkit::pca::{self, days};

use super::World;

impl World {
    /// The ARN of an ACTIVE root CA with a certificate of ten years.
    pub async fn active_root(&self, crl_bucket: Option<&str>) -> String {
        let revocation =
            crl_bucket.map(|bucket| publishes_to(bucket, S3ObjectAcl::BucketOwnerFullControl));
        let ca = pca::create_revoking(&self.pca, Kind::Root, "ROOT", revocation).await;
        pca::activate_root(&self.pca, &ca).await;
        ca
    }

    /// The ARN of a root CA that awaits its certificate, and publishes to the bucket afterwards.
    pub async fn pending_root(&self, crl_bucket: &str) -> String {
        let revocation = publishes_to(crl_bucket, S3ObjectAcl::BucketOwnerFullControl);
        pca::create_revoking(&self.pca, Kind::Root, "ROOT", Some(revocation)).await
    }

    /// The ARN of an ACTIVE CA below `root` with a certificate of a year.
    pub async fn active_subordinate(&self, root: &str) -> String {
        pca::active_subordinate_for(&self.pca, root, "SUBORDINATE", days(365)).await
    }

    /// The certificate's ARN.
    pub async fn issue(&self, ca: &str, csr: &[u8], template: &str, validity: i64) -> String {
        pca::issue(&self.pca, ca, Blob::new(csr), template, days(validity)).await
    }

    /// Disables and deletes the CA, as quickly as a script would, and waits for every function that
    /// this invokes.
    pub async fn delete(&self, ca: &str, window_days: i32) {
        self.disable(ca).await;
        self.delete_disabled(ca, window_days).await;
        self.stack.settled().await;
    }

    /// Has a CA publish its CRL to a bucket, under an ACL.
    pub async fn publish_with_acl(&self, ca: &str, bucket: &str, acl: S3ObjectAcl) {
        self.pca
            .update_certificate_authority()
            .certificate_authority_arn(ca)
            .revocation_configuration(publishes_to(bucket, acl))
            .send()
            .await
            .expect("the CA can be updated");
    }

    /// Disables a CA.
    pub async fn disable(&self, ca: &str) {
        pca::set_status(&self.pca, ca, Status::Disabled).await;
    }

    /// Deletes a CA that is DISABLED.
    pub async fn delete_disabled(&self, ca: &str, window_days: i32) {
        self.pca
            .delete_certificate_authority()
            .certificate_authority_arn(ca)
            .permanent_deletion_time_in_days(window_days)
            .send()
            .await
            .expect("a disabled CA can be deleted");
    }

    /// `None` when the CA is gone.
    pub async fn status(&self, ca: &str) -> Option<Status> {
        let described =
            self.pca.describe_certificate_authority().certificate_authority_arn(ca).send().await;
        described.ok()?.certificate_authority?.status
    }
}

fn publishes_to(bucket: &str, acl: S3ObjectAcl) -> RevocationConfiguration {
    let crl = CrlConfiguration::builder()
        .enabled(true)
        .expiration_in_days(2)
        .s3_bucket_name(bucket)
        .s3_object_acl(acl)
        .build()
        .expect("it is complete");
    RevocationConfiguration::builder().crl_configuration(crl).build()
}
