//! Compares a CRL with the version that the bucket kept of it: what has left it?

use super::{
    super::{CheckError, Ports},
    Fetched, fetch,
};
use crate::{
    certificate::Certificate,
    crl::comparison::{Difference, Listed, Reported, difference},
    failure::chain,
    ports::{Address, PortError},
    rules::crl::CrlState,
};

/// Of an object that was tampered with, the latest versions before are not the CA's.
const MAX_VERSIONS: usize = 3;

pub(super) async fn compare(
    ports: &Ports<'_>,
    address: Address<'_>,
    limit: u64,
    issuer: Option<&Certificate>,
    current: &Listed,
    reported: Option<&Reported>,
) -> (Result<Difference, String>, Option<CheckError>) {
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
        let Fetched { reading, failure, .. } = fetch(ports.objects, address, limit, issuer).await;
        if let Some(CheckError::Object(error)) = failure {
            return failed(error);
        }
        if let (CrlState::Read { facts, signature: Some(Ok(())) }, Some(before)) =
            (&reading.state, &reading.listed)
        {
            return (Ok(difference(before, current, reported, facts.this_update)), None);
        }
    }
    let reason = if versions.is_empty() {
        "the bucket has kept no version before this one"
    } else {
        "the versions before this one are not the CA's"
    };
    (Err(reason.to_owned()), None)
}
