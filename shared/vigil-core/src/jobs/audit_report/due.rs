//! Which CAs a report is requested of, and in which order.

use super::{AuditReportError, Ports, document, request_state::RequestState};
use crate::{
    ca::{Ca, CaStatus},
    evidence::keys,
    jobs::in_order::in_order,
    ports::Listing,
};

/// How many objects are read at once.
const AT_ONCE: usize = 16;

/// A CA with what is on record of its reports.
pub(super) struct Candidate<'a> {
    pub(super) ca: &'a Ca,
    pub(super) state: Result<RequestState, AuditReportError>,
}

/// ACM PCA makes reports of ACTIVE and DISABLED CAs only.
pub(super) fn can_have_report(ca: &Ca) -> bool {
    matches!(ca.status, CaStatus::Active | CaStatus::Disabled)
}

/// All CAs that can have a report: those with the oldest attempt first, so that each gets its turn
/// also when every invocation ends early.
pub(super) async fn candidates<'a>(ports: &Ports<'_>, listing: &'a Listing) -> Vec<Candidate<'a>> {
    let cas = listing.cas.iter().filter(|ca| can_have_report(ca));
    let candidates = cas.map(async |ca| {
        let key = keys::requested_reports(ca.arn.id());
        Candidate { ca, state: document::read(ports.evidence, &key).await }
    });
    let mut candidates = in_order(AT_ONCE, candidates).await;
    candidates.sort_by(|a, b| a.order().cmp(&b.order()));
    candidates
}

impl Candidate<'_> {
    fn order(&self) -> (Option<time::OffsetDateTime>, &str) {
        let attempted = self.state.as_ref().ok().and_then(|state| state.attempted_at);
        (attempted, self.ca.arn.as_str())
    }
}
