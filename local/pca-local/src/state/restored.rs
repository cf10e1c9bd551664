//! Records back into CAs, whatever they come from: the data directory or a file from somewhere.

use std::collections::BTreeMap;

use crate::{
    model::{
        arn::AccountRegion,
        authority::Authority,
        clock::ClockMode,
        issued_certificates::IssuedCertificates,
        pending_work::UnissuedCertificate,
        record::{AuthorityRecord, KeyRecord, StateRecord},
        record_error::RecordError,
        tokens::Tokens,
    },
    x509::key::CaKey,
};

/// Numbers of CAs and places of certificates make up one 64-bit number on disk.
const MAX_CAS: u64 = 1 << 31;

/// Everything that the records said so far.
#[derive(Default)]
pub(crate) struct Restored {
    /// Certificates stay where the records came from; only what is needed to find them is kept.
    pub(crate) leaves_bodies: bool,
    pub(crate) authorities: BTreeMap<u64, Authority>,
    pub(crate) create_tokens: BTreeMap<AccountRegion, Tokens>,
    pub(crate) clock: Option<ClockMode>,
}

/// What can be made anew from records.
pub(crate) trait Restorable: Send + Sync {
    /// Takes the place of everything that is there.
    fn go_back_to(&self, restored: Restored);
}

impl Restored {
    /// Takes one record in. What belongs to a CA comes after it.
    pub(crate) fn take(&mut self, record: StateRecord) -> Result<(), RecordError> {
        match record {
            StateRecord::Authority(record) => return self.take_authority(*record),
            StateRecord::Certificate { ca, place, issued } => {
                let authority = self.authority(ca)?;
                let next = authority.issued.len();
                if next != place as usize {
                    return Err(RecordError::OutOfOrder { ca, place, next });
                }
                if authority.issued.get(&issued.serial).is_some() {
                    return Err(RecordError::CertificateTwice { ca, place });
                }
                if !authority.crl.bind(issued.crl) {
                    return Err(RecordError::NoSuchPartition { ca, place });
                }
                authority.issued.insert(&issued);
            }
            StateRecord::Clock { mode } => self.clock = Some(mode),
            StateRecord::CreateToken { account, region, token, made } => {
                let tokens =
                    self.create_tokens.entry(AccountRegion { account, region }).or_default();
                tokens.insert(token, (made.arn, made.at));
            }
            StateRecord::IssueToken { ca, token, made } => {
                self.authority(ca)?.issue_tokens.insert(token, (made.arn, made.at));
            }
            StateRecord::Key { ca, key } => {
                let KeyRecord { pkcs8, csr } = key;
                let authority = self.authority(ca)?;
                let key = CaKey::from_pkcs8(authority.configuration.key_algorithm(), &pkcs8)
                    .map_err(|source| RecordError::Key { ca, source })?;
                authority.set_key(key, csr).map_err(|source| RecordError::Key { ca, source })?;
            }
            StateRecord::Report { ca, id, report } => {
                self.authority(ca)?.reports.insert(id, report);
            }
            StateRecord::Revocation { ca, place, revocation, is_listed } => {
                let authority = self.authority(ca)?;
                if !authority.restore_revocation(place, revocation, is_listed) {
                    return Err(RecordError::NoSuchCertificate { ca, place });
                }
            }
            StateRecord::Unissued { ca, serial, unissued } => {
                let authority = self.authority(ca)?;
                if let UnissuedCertificate::Waiting { issued, .. } = &unissued {
                    authority.crl.bind(issued.crl);
                }
                authority.unissued.insert(serial, unissued);
            }
        }
        Ok(())
    }

    /// After the last record: whether all that belongs together is there. Work that was under way
    /// when the records were written is made due again.
    pub(crate) fn finish(mut self) -> Result<Self, RecordError> {
        for (&ca, authority) in &mut self.authorities {
            let (needs_key, needs_certificate) = authority.state.needs();
            if needs_key && authority.key().is_err() {
                return Err(RecordError::KeyMissing { ca });
            }
            if needs_certificate && authority.certificate.is_none() {
                return Err(RecordError::CertificateMissing { ca });
            }
            authority.take_up_again();
        }
        Ok(self)
    }

    fn take_authority(&mut self, record: AuthorityRecord) -> Result<(), RecordError> {
        let ca = record.ca;
        if ca >= MAX_CAS {
            return Err(RecordError::Number { ca });
        }
        let issued = if self.leaves_bodies {
            IssuedCertificates::without_bodies()
        } else {
            IssuedCertificates::default()
        };
        let authority = Authority::from_record(record, issued)?;
        let is_known = |held: &Authority| held.arn.id == authority.arn.id;
        if self.authorities.contains_key(&ca) || self.authorities.values().any(is_known) {
            return Err(RecordError::Twice { ca });
        }
        self.authorities.insert(ca, authority);
        Ok(())
    }

    fn authority(&mut self, ca: u64) -> Result<&mut Authority, RecordError> {
        self.authorities.get_mut(&ca).ok_or(RecordError::NoSuchAuthority { ca })
    }
}
