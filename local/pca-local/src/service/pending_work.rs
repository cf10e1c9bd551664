//! Finishes pending work: a CA's key, a certificate, an audit report.
//!
//! A client that asks, or the clock, does the work when the wait is over. The record
//! of the wait is taken out under the CA's lock, so each piece of work is done once.

mod issuance;

use aws_sdk_acmpca::types::{CertificateAuthorityConfiguration, FailureReason};
use std::sync::Arc;

use futures::future::BoxFuture;
use time::OffsetDateTime;

pub(crate) use self::issuance::Ending;
use crate::{
    model::{
        arn::CaArn,
        authority::Authority,
        error::explain,
        lifecycle::CaState,
        pending_work::{PendingCreation, UnissuedCertificate},
        wait::Wait,
    },
    service::{cloudtrail::Act, core::Service, events::ServiceEvent, reports, timeline::Timed},
    state::memory::AuthorityCell,
    x509::{csr, key::CaKey},
};

/// A client asks for what CREATING makes.
pub(crate) async fn poll_creation(service: &Arc<Service>, cell: &AuthorityCell) {
    let now = service.now();
    let creation = take_creation(cell, |wait| wait.poll(now));
    if let Some(creation) = creation {
        end_creation(service, cell, creation, now).await;
    }
}

/// A CREATING that is over for who asks is taken out, which is not written down: if the work ends
/// with the process, the next one finds it to be done.
fn take_creation(
    cell: &AuthorityCell,
    is_over: impl FnOnce(&mut Wait) -> bool,
) -> Option<PendingCreation> {
    let mut authority = cell.lock();
    authority.creation.as_ref()?;
    let authority = authority.noted();
    let taken = authority.creation.take_if(|creation| is_over(&mut creation.wait));
    if taken.is_none() {
        // There is one poll less to wait for.
        authority.note_all();
    }
    taken
}

/// A client asks for a certificate.
pub(crate) fn poll_certificate(service: &Service, cell: &AuthorityCell, serial: [u8; 16]) {
    let now = service.now();
    let is_over = {
        let mut authority = cell.lock();
        if !authority.unissued.contains_key(&serial) {
            return;
        }
        let authority = authority.noted();
        let is_over = match authority.unissued.get_mut(&serial) {
            Some(UnissuedCertificate::Waiting { wait, .. }) => wait.poll(now),
            Some(UnissuedCertificate::Failed { .. }) | None => false,
        };
        authority.note_unissued(serial);
        is_over
    };
    if is_over {
        end_issuance(service, cell, serial, now);
    }
}

/// A client asks for an audit report.
pub(crate) async fn poll_report(service: &Arc<Service>, cell: &AuthorityCell, report_id: &str) {
    let now = service.now();
    let is_over = {
        let mut authority = cell.lock();
        if authority.reports.get(report_id).is_none_or(|report| report.wait.is_none()) {
            return;
        }
        let authority = authority.noted();
        let report = authority.reports.get_mut(report_id);
        let taken = report.and_then(|report| report.wait.take_if(|wait| wait.poll(now)));
        if taken.is_none() {
            authority.note_report(report_id);
        }
        taken.is_some()
    };
    if is_over {
        let writing = reports::write(Arc::clone(service), cell.clone(), report_id.to_owned());
        service.background.finish(writing).await;
    }
}

/// Makes the key, away from the client's patience.
async fn end_creation(
    service: &Arc<Service>,
    cell: &AuthorityCell,
    creation: PendingCreation,
    now: OffsetDateTime,
) {
    let (making, service_too) = (cell.clone(), Arc::clone(service));
    let work = async move {
        let configuration = making.lock().configuration.clone();
        let made = key_of_creation(configuration, creation.fault).await;
        settle_creation(&service_too, &making, made, creation.wait.end(now));
    };
    service.background.finish(work).await;
}

/// Ends the creation of a CA that is not in the store yet: it comes there in one commit, or not at all.
/// Whether it has succeeded.
pub(crate) async fn create_at_once(authority: &mut Authority, now: OffsetDateTime) -> bool {
    let fault = authority.creation.take().and_then(|creation| creation.fault);
    let made = key_of_creation(authority.configuration.clone(), fault).await;
    conclude_creation(authority, made, now)
}

/// Away from the threads that answer requests.
async fn key_of_creation(
    configuration: CertificateAuthorityConfiguration,
    fault: Option<FailureReason>,
) -> Result<(CaKey, Vec<u8>), FailureReason> {
    if let Some(reason) = fault {
        return Err(reason);
    }
    tokio::task::spawn_blocking(move || make_key(&configuration, None))
        .await
        .unwrap_or(Err(FailureReason::Other))
}

/// A key, unless there is one, and the request for its certificate.
pub(crate) fn make_key(
    configuration: &CertificateAuthorityConfiguration,
    key: Option<CaKey>,
) -> Result<(CaKey, Vec<u8>), FailureReason> {
    let key = match key {
        Some(key) => key,
        None => CaKey::generate(configuration.key_algorithm()).map_err(|error| {
            tracing::error!(error = explain(&error), "no key was made");
            FailureReason::Other
        })?,
    };
    let signing = configuration.signing_algorithm();
    let subject = configuration.subject().ok_or(FailureReason::Other)?;
    let request = csr::ca_request(&key, signing, subject, configuration.csr_extensions());
    let csr = request.map_err(|error| {
        tracing::error!(error = explain(&error), "no request was made");
        FailureReason::Other
    })?;
    Ok((key, csr))
}

fn settle_creation(
    service: &Service,
    cell: &AuthorityCell,
    made: Result<(CaKey, Vec<u8>), FailureReason>,
    at: OffsetDateTime,
) {
    let (arn, succeeded) = {
        let mut authority = cell.lock();
        if authority.state != CaState::Creating {
            // It has been deleted meanwhile.
            return;
        }
        let succeeded = conclude_creation(&mut authority, made, at);
        (authority.arn.clone(), succeeded)
    };
    announce_creation(service, &arn, succeeded, at);
}

/// Gives the CA its key, or the reason why it has none. Whether it has one.
fn conclude_creation(
    authority: &mut Authority,
    made: Result<(CaKey, Vec<u8>), FailureReason>,
    at: OffsetDateTime,
) -> bool {
    let kept = made.and_then(|(key, csr)| {
        authority.set_key(key, csr).map_err(|error| {
            tracing::error!(error = explain(&error), "the key cannot be kept");
            FailureReason::Other
        })
    });
    let succeeded = kept.is_ok();
    match kept {
        Ok(()) => authority.change_state(CaState::PendingCertificate, at),
        Err(reason) => authority.change_state(CaState::Failed(reason), at),
    }
    succeeded
}

pub(crate) fn announce_creation(
    service: &Service,
    arn: &CaArn,
    succeeded: bool,
    at: OffsetDateTime,
) {
    if succeeded {
        service.events.trail(arn, || Act::SignCaCsr, at);
    }
    service.events.announce(arn, ServiceEvent::CaCreation { succeeded }, at);
}

/// Puts a certificate among the issued ones, or announces that it failed.
pub(crate) fn end_issuance(
    service: &Service,
    cell: &AuthorityCell,
    serial: [u8; 16],
    now: OffsetDateTime,
) {
    let (arn, over) = {
        let mut authority = cell.lock();
        let authority = authority.noted();
        let Some(unissued) = authority.release(serial) else { return };
        let UnissuedCertificate::Waiting { issued, failure, requester, wait } = unissued else {
            authority.hold(serial, unissued);
            return;
        };
        let requester = requester.as_deref();
        let ending = Ending { issued: *issued, failure, requester, at: wait.end(now) };
        (authority.arn.clone(), ending.conclude(service, authority))
    };
    over.announce(service, &arn);
}

/// Ends the waits that are for a moment of the clock.
pub(crate) struct Finisher(pub(crate) Arc<Service>);

impl Timed for Finisher {
    fn next_due(&self) -> Option<OffsetDateTime> {
        self.0.store.timed().iter().filter_map(|cell| next_due(&cell.lock())).min()
    }

    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for cell in self.0.store.timed() {
                self.end_due(&cell, now).await;
            }
        })
    }

    fn settled(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.background.idle())
    }
}

impl Finisher {
    async fn end_due(&self, cell: &AuthorityCell, now: OffsetDateTime) {
        let service = &self.0;
        let is_due = |wait: &Wait| wait.due().is_some_and(|due| due <= now);
        let creation = take_creation(cell, |wait| is_due(wait));
        if let Some(creation) = creation {
            end_creation(service, cell, creation, now).await;
        }
        let (certificates, due_reports) = {
            let mut authority = cell.lock();
            let authority = authority.noted();
            let certificates: Vec<[u8; 16]> = waiting_certificates(authority)
                .filter(|(_, wait)| is_due(wait))
                .map(|(serial, _)| serial)
                .collect();
            let reports: Vec<String> = authority
                .reports
                .iter_mut()
                .filter_map(|(id, report)| report.wait.take_if(|wait| is_due(wait)).map(|_| id))
                .cloned()
                .collect();
            (certificates, reports)
        };
        for serial in certificates {
            end_issuance(service, cell, serial, now);
        }
        for report_id in due_reports {
            let writing = reports::write(Arc::clone(service), cell.clone(), report_id);
            service.background.finish(writing).await;
        }
    }
}

fn waiting_certificates(authority: &Authority) -> impl Iterator<Item = ([u8; 16], &Wait)> {
    authority.unissued.iter().filter_map(|(serial, unissued)| match unissued {
        UnissuedCertificate::Failed { .. } => None,
        UnissuedCertificate::Waiting { wait, .. } => Some((*serial, wait)),
    })
}

fn next_due(authority: &Authority) -> Option<OffsetDateTime> {
    let creation = authority.creation.iter().filter_map(|creation| creation.wait.due());
    let certificates = waiting_certificates(authority).filter_map(|(_, wait)| wait.due());
    let reports = authority.reports.values().filter_map(|report| report.wait.as_ref()?.due());
    creation.chain(certificates).chain(reports).min()
}
