//! Records back into CAs, whatever they come from: the data directory or a file from somewhere.

use std::collections::BTreeMap;

use super::{AuthorityRecord, KeyRecord, Record};
use crate::{
    ApiError,
    arn::CaArn,
    authority::Authority,
    clock::Mode,
    error::explain,
    ledger::Ledger,
    policy::Policy,
    store::{Place, Tokens},
    unfinished::Unissued,
    x509::{
        certificate::{Certificate, CertificateError},
        key::{CaKey, KeyError},
    },
};

/// Numbers of CAs and places of certificates make up one 64-bit number on disk.
const CAS_MAX: u64 = 1 << 31;

/// Everything that the records said so far.
#[derive(Default)]
pub(crate) struct Restored {
    /// Certificates stay where the records came from; only what is needed to find them is kept.
    pub(crate) leaves_bodies: bool,
    pub(crate) authorities: BTreeMap<u64, Authority>,
    pub(crate) create_tokens: BTreeMap<Place, Tokens>,
    pub(crate) clock: Option<Mode>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the ARN of CA {ca} cannot be used")]
    Arn {
        ca: u64,
        #[source]
        source: ApiError,
    },
    #[error("the certificate of CA {ca} cannot be read")]
    Certificate {
        ca: u64,
        #[source]
        source: CertificateError,
    },
    #[error("CA {ca} is said to have no certificate in a state that needs one")]
    CertificateMissing { ca: u64 },
    #[error("{ca} is not a number for a CA: they are counted from 0")]
    Number { ca: u64 },
    #[error("certificate {place} of CA {ca} is there twice, by its place or by its serial number")]
    CertificateTwice { ca: u64, place: u32 },
    #[error("the key of CA {ca} cannot be used")]
    Key {
        ca: u64,
        #[source]
        source: KeyError,
    },
    #[error("CA {ca} is said to have no key in a state that needs one")]
    KeyMissing { ca: u64 },
    #[error("CA {ca} is spoken of before it is there")]
    NoSuchAuthority { ca: u64 },
    #[error("certificate {place} of CA {ca} is spoken of before it is there")]
    NoSuchCertificate { ca: u64, place: u32 },
    #[error("certificate {place} of CA {ca} is bound to a partition of the CRL that is not there")]
    NoSuchPartition { ca: u64, place: u32 },
    #[error("certificate {place} of CA {ca} does not follow the one before: {next} would")]
    OutOfOrder { ca: u64, place: u32, next: usize },
    #[error("the resource policy of CA {ca} cannot be used: {reason}")]
    Policy { ca: u64, reason: String },
    #[error("CA {ca} is there twice, by its number or by its ARN")]
    Twice { ca: u64 },
}

impl Restored {
    /// Takes one record in. What belongs to a CA comes after it.
    pub(crate) fn take(&mut self, record: Record) -> Result<(), RecordError> {
        match record {
            Record::Authority(record) => return self.take_authority(*record),
            Record::Certificate { ca, place, issued } => {
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
            Record::Clock { mode } => self.clock = Some(mode),
            Record::CreateToken { account, region, token, made } => {
                let tokens = self.create_tokens.entry(Place { account, region }).or_default();
                tokens.insert(token, (made.arn, made.at));
            }
            Record::IssueToken { ca, token, made } => {
                self.authority(ca)?.issue_tokens.insert(token, (made.arn, made.at));
            }
            Record::Key { ca, key } => {
                let KeyRecord { pkcs8, csr } = key;
                let authority = self.authority(ca)?;
                let key = CaKey::from_pkcs8(authority.configuration.key_algorithm(), &pkcs8)
                    .map_err(|source| RecordError::Key { ca, source })?;
                authority.set_key(key, csr).map_err(|source| RecordError::Key { ca, source })?;
            }
            Record::Report { ca, id, report } => {
                self.authority(ca)?.reports.insert(id, report);
            }
            Record::Revocation { ca, place, revocation, is_listed } => {
                let authority = self.authority(ca)?;
                if !authority.restore_revocation(place, revocation, is_listed) {
                    return Err(RecordError::NoSuchCertificate { ca, place });
                }
            }
            Record::Unissued { ca, serial, unissued } => {
                let authority = self.authority(ca)?;
                if let Unissued::Waiting { issued, .. } = &unissued {
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
        if ca >= CAS_MAX {
            return Err(RecordError::Number { ca });
        }
        let issued = if self.leaves_bodies { Ledger::without_bodies() } else { Ledger::default() };
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

pub(crate) fn read_arn(ca: u64, arn: &str) -> Result<CaArn, RecordError> {
    CaArn::parse(arn).map_err(|source| RecordError::Arn { ca, source })
}

pub(crate) fn read_chain(ca: u64, pem: &str) -> Result<Vec<Certificate>, RecordError> {
    Certificate::parse_pem_chain(pem.as_bytes())
        .map_err(|source| RecordError::Certificate { ca, source })
}

pub(crate) fn read_policy(ca: u64, text: &str, arn: &CaArn) -> Result<Policy, RecordError> {
    Policy::parse(text, &arn.to_string())
        .map_err(|error| RecordError::Policy { ca, reason: explain(&error) })
}
