//! ACM PCA, read only: the listing is the one that was made, and no CA is changed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use time::Duration;

use crate::{
    arn::CaArn,
    ports::{Authorities, CaCertificate, Described, Listing, PortError, Receipt, ServiceStatus},
};

pub(super) struct ReadOnly<'a> {
    authorities: &'a dyn Authorities,
    listing: Listing,
}

impl<'a> ReadOnly<'a> {
    pub(super) fn new(authorities: &'a dyn Authorities, listing: Listing) -> Self {
        Self { authorities, listing }
    }
}

fn refused(operation: &'static str, ca: &CaArn) -> PortError {
    let cause = "`vigil assess` changes nothing".into();
    PortError::Denied { operation, resource: ca.to_string(), cause }
}

#[async_trait]
impl Authorities for ReadOnly<'_> {
    /// All jobs of a run judge the same CAs at the same time, and the service is asked once.
    async fn list(&self) -> Result<Listing, PortError> {
        Ok(self.listing.clone())
    }

    async fn describe(&self, arn: &CaArn) -> Result<Described, PortError> {
        let ca = self.listing.cas.iter().find(|ca| ca.arn == *arn);
        match ca {
            Some(ca) => Ok(Described { ca: ca.clone(), as_of: self.listing.as_of }),
            None => Err(PortError::NotFound {
                operation: "ListCertificateAuthorities",
                resource: arn.to_string(),
                cause: "the CA is not listed".into(),
            }),
        }
    }

    async fn restore(&self, arn: &CaArn) -> Result<Receipt, PortError> {
        Err(refused("RestoreCertificateAuthority", arn))
    }

    async fn update_status(&self, arn: &CaArn, _: ServiceStatus) -> Result<Receipt, PortError> {
        Err(refused("UpdateCertificateAuthority", arn))
    }

    async fn tags(&self, arn: &CaArn) -> Result<BTreeMap<String, Option<String>>, PortError> {
        self.authorities.tags(arn).await
    }

    async fn certificate(&self, arn: &CaArn) -> Result<CaCertificate, PortError> {
        self.authorities.certificate(arn).await
    }

    async fn wait(&self, moment: Duration) {
        self.authorities.wait(moment).await;
    }
}
