//! One revoked certificate in a CRL.

use aws_sdk_acmpca::types::RevocationReason;
use time::OffsetDateTime;

use crate::x509::moment;

/// One revoked certificate in a CRL (RFC 5280 §5.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlEntry {
    /// The serial number, as an unsigned number in big-endian order.
    pub serial: [u8; 16],
    /// The moment of revocation.
    pub revoked_at: OffsetDateTime,
    /// Why it was revoked.
    pub reason: Reason,
}

/// CRLReason of RFC 5280 §5.3.1, as far as the service has it: neither holds nor removals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "RFC 5280 §5.3.1 names them")]
pub enum Reason {
    Unspecified = 0,
    KeyCompromise = 1,
    CaCompromise = 2,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    PrivilegeWithdrawn = 9,
    AaCompromise = 10,
}

impl Reason {
    /// `None` for a reason that the API model does not list.
    pub fn from_api(reason: &RevocationReason) -> Option<Self> {
        Some(match reason {
            RevocationReason::AaCompromise => Self::AaCompromise,
            RevocationReason::AffiliationChanged => Self::AffiliationChanged,
            RevocationReason::CertificateAuthorityCompromise => Self::CaCompromise,
            RevocationReason::CessationOfOperation => Self::CessationOfOperation,
            RevocationReason::KeyCompromise => Self::KeyCompromise,
            RevocationReason::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
            RevocationReason::Superseded => Self::Superseded,
            RevocationReason::Unspecified => Self::Unspecified,
            _ => return None,
        })
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [
            Self::Unspecified,
            Self::KeyCompromise,
            Self::CaCompromise,
            Self::AffiliationChanged,
            Self::Superseded,
            Self::CessationOfOperation,
            Self::PrivilegeWithdrawn,
            Self::AaCompromise,
        ]
        .into_iter()
        .find(|reason| *reason as u8 == code)
    }

    /// The API's name for it.
    pub fn to_api(self) -> RevocationReason {
        match self {
            Self::AaCompromise => RevocationReason::AaCompromise,
            Self::AffiliationChanged => RevocationReason::AffiliationChanged,
            Self::CaCompromise => RevocationReason::CertificateAuthorityCompromise,
            Self::CessationOfOperation => RevocationReason::CessationOfOperation,
            Self::KeyCompromise => RevocationReason::KeyCompromise,
            Self::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
            Self::Superseded => RevocationReason::Superseded,
            Self::Unspecified => RevocationReason::Unspecified,
        }
    }
}

/// crlEntryExtensions with a reasonCode alone, up to the code itself:
/// SEQUENCE { SEQUENCE { OID 2.5.29.21, OCTET STRING { ENUMERATED } } }.
const REASON_CODE: [u8; 13] =
    [0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01];

impl CrlEntry {
    /// Appends the entry. A million of them have to be written in a fraction of a second, so this
    /// is done octet by octet into the one buffer. An entry is far shorter than the 128 octets from
    /// which on DER lengths take more than one.
    ///
    /// RFC 5280 §5.3.1: reason 0 SHOULD be left out rather than written.
    pub(super) fn write(&self, crl: &mut Vec<u8>) -> der::Result<()> {
        let start = crl.len();
        crl.extend([0x30, 0]);
        write_unsigned(&self.serial, crl);
        moment::write(self.revoked_at, crl)?;
        if self.reason != Reason::Unspecified {
            crl.extend(REASON_CODE);
            crl.push(self.reason as u8);
        }
        // At most 2 + 17 octets of serial, 2 + 15 of date, 14 of reason.
        crl[start + 1] = (crl.len() - start - 2) as u8;
        Ok(())
    }
}

/// X.690 §8.3: the shortest form that is not taken for a negative number.
fn write_unsigned(magnitude: &[u8; 16], out: &mut Vec<u8>) {
    let zeros = magnitude.iter().take_while(|&&octet| octet == 0).count().min(15);
    let significant = &magnitude[zeros..];
    let sign = significant[0] >= 0x80;
    out.extend([0x02, significant.len() as u8 + u8::from(sign)]);
    if sign {
        out.push(0);
    }
    out.extend_from_slice(significant);
}
