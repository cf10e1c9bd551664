//! Changes of a CA that are noted one by one, since writing all of it down would cost too much.

use std::sync::Arc;

use time::OffsetDateTime;

use super::Authority;
use crate::{
    model::{
        audit_report::AuditReport,
        change::Change,
        issued_certificates::{IssuedCertificate, Revocation},
        pending_work::UnissuedCertificate,
        record::{KeyRecord, Made, StateRecord},
        tokens,
    },
    x509::{
        crl::CrlEntry,
        key::{CaKey, KeyError},
    },
};

impl Authority {
    pub(crate) fn set_key(&mut self, key: CaKey, csr: Vec<u8>) -> Result<(), KeyError> {
        let (ca, pkcs8) = (self.ordinal, key.to_pkcs8()?);
        self.journal.note(|| {
            let key = KeyRecord { pkcs8: pkcs8.as_bytes().to_vec(), csr: csr.clone() };
            Change::Put(StateRecord::Key { ca, key })
        });
        self.key = Some((Arc::new(key), csr));
        Ok(())
    }

    /// The key and the request for its certificate, to be written down.
    pub(crate) fn key_record(&self) -> Result<Option<KeyRecord>, KeyError> {
        let Some((key, csr)) = &self.key else { return Ok(None) };
        let pkcs8 = key.to_pkcs8()?.as_bytes().to_vec();
        Ok(Some(KeyRecord { pkcs8, csr: csr.clone() }))
    }

    /// Takes an issued certificate in, and plans the CRL that answers for it.
    pub(crate) fn admit(&mut self, issued: IssuedCertificate, now: OffsetDateTime) {
        let (binding, is_self_signed) = (issued.crl, issued.is_self_signed);
        let (ca, place) = (self.ordinal, self.issued.insert(&issued));
        self.journal.note(|| Change::Put(StateRecord::Certificate { ca, place, issued }));
        if !is_self_signed {
            self.refer_to_crl(binding, now);
        }
    }

    /// Marks a certificate revoked. Does nothing if there is none with the serial.
    pub(crate) fn revoke(&mut self, serial: [u8; 16], revocation: Revocation) {
        let Some((place, binding, not_after)) =
            self.issued.get(&serial).map(|entry| (entry.place, entry.crl, entry.not_after))
        else {
            return;
        };
        self.issued.revoke(&serial, revocation);
        let ca = self.ordinal;
        self.journal.note(|| {
            Change::Put(StateRecord::Revocation { ca, place, revocation, is_listed: true })
        });
        let entry = CrlEntry { serial, revoked_at: revocation.at, reason: revocation.reason };
        self.list_revocation(binding, entry, not_after);
    }

    /// What the token made within its window, if it has been used.
    pub(crate) fn issued_with(&self, token: &str, now: OffsetDateTime) -> Option<String> {
        tokens::fresh(&self.issue_tokens, token, now)
    }

    pub(crate) fn remember(&mut self, token: String, arn: String, now: OffsetDateTime) {
        let ca = self.ordinal;
        if let Some(before) = tokens::prune(&mut self.issue_tokens, now) {
            self.journal.note(|| Change::ForgetTokens { ca: Some(ca), before });
        }
        let made = || Made { arn: arn.clone(), at: now };
        self.journal.note(|| {
            Change::Put(StateRecord::IssueToken { ca, token: token.clone(), made: made() })
        });
        self.issue_tokens.insert(token, (arn, now));
    }

    /// Keeps a certificate that was answered for and is not there.
    pub(crate) fn hold(&mut self, serial: [u8; 16], unissued: UnissuedCertificate) {
        self.unissued.insert(serial, unissued);
        self.note_unissued(serial);
    }

    /// Takes a certificate out that was answered for and is not there.
    pub(crate) fn release(&mut self, serial: [u8; 16]) -> Option<UnissuedCertificate> {
        let ca = self.ordinal;
        let unissued = self.unissued.remove(&serial)?;
        self.journal.note(|| Change::Issued { ca, serial });
        Some(unissued)
    }

    /// The end of an issuance: the certificate, or the reason why there is none.
    pub(crate) fn conclude(
        &mut self,
        issued: IssuedCertificate,
        failure: Option<String>,
        at: OffsetDateTime,
    ) {
        match failure {
            Some(reason) => self.hold(issued.serial, UnissuedCertificate::Failed { reason }),
            None => self.admit(issued, at),
        }
    }

    /// A wait has become shorter.
    pub(crate) fn note_unissued(&mut self, serial: [u8; 16]) {
        let (ca, unissued) = (self.ordinal, self.unissued.get(&serial));
        if let Some(unissued) = unissued {
            self.journal.note(|| {
                Change::Put(StateRecord::Unissued { ca, serial, unissued: unissued.clone() })
            });
        }
    }

    /// A wait has become shorter, or the report is written.
    pub(crate) fn note_report(&mut self, id: &str) {
        let (ca, report) = (self.ordinal, self.reports.get(id));
        if let Some(report) = report {
            self.journal.note(|| {
                Change::Put(StateRecord::Report { ca, id: id.to_owned(), report: report.clone() })
            });
        }
    }

    /// Keeps a report as it stands now.
    pub(crate) fn keep_report(&mut self, id: &str, report: AuditReport) {
        self.reports.insert(id.to_owned(), report);
        self.note_report(id);
    }

    /// These revoked certificates are on no CRL any more.
    pub(crate) fn unlist(&mut self, serials: &[[u8; 16]]) {
        let ca = self.ordinal;
        let issued = &self.issued;
        let place = |serial| issued.get(serial).map(|entry| entry.place);
        self.journal
            .note(|| Change::Unlisted { ca, places: serials.iter().filter_map(place).collect() });
    }

    /// Notes everything that is in no record of its own.
    pub(crate) fn note_all(&mut self) {
        if self.journal.is_kept() {
            let record = Box::new(self.record());
            self.journal.note(|| Change::Put(StateRecord::Authority(record)));
        }
    }
}
