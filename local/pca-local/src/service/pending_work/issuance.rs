//! The end of an issuance: a certificate, or the reason why there is none, and its events.

use time::{Duration, OffsetDateTime};

use crate::{
    model::{arn::CaArn, authority::Authority, issued_certificates::IssuedCertificate},
    service::{
        cloudtrail::{Act, Details},
        core::Service,
        events::ServiceEvent,
    },
};

/// An issuance that is about to end.
pub(crate) struct Ending<'a> {
    pub(crate) issued: IssuedCertificate,
    pub(crate) failure: Option<String>,
    /// The ARN of who asked for it.
    pub(crate) requester: Option<&'a str>,
    pub(crate) at: OffsetDateTime,
}

/// An issuance that has ended, with what its events need.
pub(crate) struct Over {
    serial: [u8; 16],
    succeeded: bool,
    at: OffsetDateTime,
    /// Since it was asked for.
    took: Duration,
    /// `None` without an event sink.
    details: Option<Box<Details>>,
}

impl Ending<'_> {
    /// Puts the certificate among the issued ones, or keeps why there is none.
    pub(crate) fn conclude(self, service: &Service, authority: &mut Authority) -> Over {
        let Self { issued, failure, requester, at } = self;
        let details = service.events.is_heard().then(|| {
            let issuer = authority.certificate.as_ref().filter(|_| !issued.is_self_signed);
            Box::new(Details {
                issued: issued.clone(),
                failure: failure.clone(),
                requester_arn: requester.map(str::to_owned),
                issuer_serial: issuer.map(|held| held.certificate.serial.clone()),
            })
        });
        let (serial, took) = (issued.serial, at - issued.issued_at);
        let over = Over { serial, succeeded: failure.is_none(), at, took, details };
        authority.conclude(issued, failure, at);
        over
    }
}

impl Over {
    /// Announces it, without the CA's lock.
    pub(crate) fn announce(self, service: &Service, ca: &CaArn) {
        let Self { serial, succeeded, at, took, details } = self;
        service.metrics.issuance(ca, succeeded, took);
        if succeeded {
            service.events.trail(ca, || Act::SignCertificate { serial }, at);
        }
        let certificate_arn = ca.certificate_with(serial);
        service.events.announce(
            ca,
            ServiceEvent::CertificateIssuance { certificate_arn, succeeded },
            at,
        );
        if let Some(details) = details {
            service.events.trail(ca, || Act::IssueCertificateDetails(details), at);
        }
    }
}
