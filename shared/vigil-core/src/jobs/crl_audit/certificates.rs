//! The certificates of the CAs, within the service's quota.
//!
//! GetCertificateAuthorityCertificate may be called 20 times a second (AWS General Reference, AWS
//! Private CA endpoints and quotas). What a CA's description shows to be unchanged is kept, and not
//! fetched again.

use time::Duration;

use super::{CheckError, Ports, work_items::WorkItem};
use crate::{
    jobs::in_order::in_order,
    ports::{PortError, TimeIsUp},
};

/// Below the quota: others call, too.
const A_SECOND: usize = 15;

/// Gives each turn its certificate, in order, and says how many got that far before time was up.
pub(super) async fn fetch(ports: &Ports<'_>, work_items: &mut [WorkItem<'_>]) -> usize {
    let missing: Vec<usize> =
        (0..work_items.len()).filter(|at| work_items[*at].lacks_certificate()).collect();
    for (nth, at_once) in missing.chunks(A_SECOND).enumerate() {
        if nth > 0 && ports.pace.pause(Duration::SECOND).await.is_err() {
            return at_once[0];
        }
        let fetches = at_once.iter().map(|at| patiently(ports, &work_items[*at]));
        let fetched = in_order(A_SECOND, fetches).await;
        for (at, certificate) in at_once.iter().zip(fetched) {
            work_items[*at].certificate = Some(certificate);
        }
    }
    work_items.len()
}

/// Asks again, for as long as there is time, what was refused for having been asked too often.
async fn patiently(ports: &Ports<'_>, work_item: &WorkItem<'_>) -> Result<String, CheckError> {
    loop {
        match ports.authorities.certificate(&work_item.ca.arn).await {
            Ok(answer) => return Ok(answer.certificate),
            Err(error @ PortError::Throttled { .. }) => {
                let waited = ports.pace.pause(Duration::SECOND).await;
                waited.map_err(|TimeIsUp| CheckError::Certificate(error))?;
            }
            Err(error) => return Err(CheckError::Certificate(error)),
        }
    }
}
