//! Compares a CRL with the version that the bucket kept of it: what has left it?

use super::{
    super::{
        CheckError, Ports,
        reading::{self, End},
    },
    end_of,
};
use crate::{
    certificate::Certificate,
    crl::{
        Entry,
        comparison::{Listed, Removed, Versions},
    },
    failure::chain,
    ports::{Address, PortError},
    rules::crl::CrlState,
};

/// Of an object that was tampered with, the latest versions before are not the CA's.
const MAX_VERSIONS: usize = 3;

/// What the version before listed, and its digest.
pub(super) struct Before {
    pub(super) removed: Removed,
    pub(super) sha256: Vec<u8>,
}

pub(super) async fn compare(
    ports: &Ports<'_>,
    address: Address<'_>,
    limit: u64,
    issuer: Option<&Certificate>,
    current: &Listed,
) -> (Result<Before, String>, Option<CheckError>) {
    let failed = |error: PortError| {
        let step = CheckError::Version(error);
        (Err(chain(&step)), Some(step))
    };
    let Address { bucket, key, .. } = address;
    let versions = match ports.objects.versions_before(bucket, key, MAX_VERSIONS).await {
        Ok(versions) => versions,
        Err(error) => return failed(error),
    };
    for version in &versions {
        let address = Address { version: Some(version), ..address };
        let mut compared = Versions::new(current);
        let see = |entry: &Entry<'_>| compared.see(entry);
        let (reading, failure) = reading::walk(issuer, see, async |sink| {
            match ports.objects.read(address, limit, sink).await {
                Err(PortError::NotFound { .. }) => (End::Absent, None),
                Err(error) => (End::Failed(String::new()), Some(error)),
                Ok(delivery) => (end_of(&delivery, limit), None),
            }
        })
        .await;
        if let Some(error) = failure {
            return failed(error);
        }
        if let CrlState::Read { facts, signature: Some(Ok(())) } = &reading.state {
            let removed = compared.finish(facts.this_update);
            return (Ok(Before { removed, sha256: reading.sha256 }), None);
        }
    }
    let reason = if versions.is_empty() {
        "the bucket has kept no version before this one"
    } else {
        "the versions before this one are not the CA's"
    };
    (Err(reason.to_owned()), None)
}
