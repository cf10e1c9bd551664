//! The adapter on pca-local as a world.

use aws_sdk_acmpca::{
    Client,
    types::{CertificateAuthorityType as Kind, Tag},
};
use pca_local::PcaLocal;
use testkit::pca;
use time::Duration;
use vigil_aws::authorities::AcmPca;
use vigil_core::arn::CaArn;

use super::World;

pub(crate) struct Real {
    service: PcaLocal,
    client: Client,
    port: AcmPca,
}

impl Real {
    pub(crate) async fn start() -> Self {
        let service = pca::service();
        let client = pca::client(&service, "alice");
        let port = AcmPca::new(client.clone());
        Self { service, client, port }
    }
}

impl World for Real {
    type Port = AcmPca;

    fn port(&self) -> &AcmPca {
        &self.port
    }

    async fn create(&self, kind: Kind) -> CaArn {
        pca::create(&self.client, kind, "Root").await.parse().unwrap()
    }

    async fn activate(&self, root: &CaArn) {
        pca::activate_root(&self.client, root.as_str()).await;
    }

    async fn issue(&self, ca: &CaArn) -> String {
        let csr = pca::csr(&self.client, ca.as_str()).await;
        let template = "EndEntityCertificate";
        let arn = pca::issue(&self.client, ca.as_str(), csr, template, pca::days(30)).await;
        arn.rsplit('/').next().unwrap().to_owned()
    }

    async fn delete(&self, ca: &CaArn) {
        pca::delete(&self.client, ca.as_str()).await;
    }

    async fn tag(&self, ca: &CaArn, key: &str, value: Option<&str>) {
        let tag = Tag::builder().key(key).set_value(value.map(str::to_owned)).build().unwrap();
        let call = self.client.tag_certificate_authority().certificate_authority_arn(ca.as_str());
        call.tags(tag).send().await.unwrap();
    }

    async fn advance(&self, by: Duration) {
        let timeline = self.service.timeline();
        timeline.advance_to(timeline.clock().now() + by).await;
    }
}
