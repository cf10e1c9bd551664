//! Large CRLs and audit reports, written by pca-local's library: not by what is measured.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use aws_sdk_acmpca::types::SigningAlgorithm;
use pca_local::x509::crl::{CrlEntry, CrlHeader, Reason, sign_crl};
use pca_local::x509::issue::Issuer;
use pca_local::x509::pem;
use time::{Duration, OffsetDateTime};

use crate::{BenchResult, bare};

/// 1 March 2026, 00:00 UTC.
const MADE: i64 = 1_772_323_200;

/// In which order the entries stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As certificates happened to be revoked.
    Random,
    /// By serial, ascending.
    BySerial,
}

/// A CA, of which these are the files.
pub struct Ca(Issuer);

fn made() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(MADE)
}

/// Serials of sixteen octets, the same in every run.
pub fn serials(count: usize) -> Vec<[u8; 16]> {
    let mut state = 0x5eed_u64;
    // SplitMix64 (Steele, Lea, Flood 2014).
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut serial = || {
        let number = u128::from(next()) << 64 | u128::from(next());
        // Positive and not short: 49 bytes an entry.
        (number >> 1 | 1 << 126).to_be_bytes()
    };
    (0..count).map(|_| serial()).collect()
}

impl Ca {
    /// Writes its certificate as well.
    pub fn create(certificate: &Path) -> BenchResult<Self> {
        let (issuer, der) = bare::root(made() - Duration::days(365))?;
        fs::write(certificate, pem::encode(pem::CERTIFICATE, &der))
            .map_err(|error| error.to_string())?;
        Ok(Self(issuer))
    }

    /// `number` sets versions apart.
    pub fn crl(
        &self,
        path: &Path,
        serials: &[[u8; 16]],
        order: Order,
        number: u64,
    ) -> BenchResult<()> {
        let mut serials = serials.to_vec();
        if order == Order::BySerial {
            serials.sort_unstable();
        }
        let header = CrlHeader {
            signing_algorithm: &SigningAlgorithm::Sha256Withecdsa,
            number,
            this_update: made(),
            next_update: made() + Duration::days(7) + Duration::HOUR,
            issuing_distribution_point: None,
        };
        let entries = serials.iter().map(|serial| CrlEntry {
            serial: *serial,
            revoked_at: made() - Duration::DAY,
            reason: Reason::KeyCompromise,
        });
        let der = sign_crl(&self.0, &header, entries).map_err(|error| error.to_string())?;
        fs::write(path, der).map_err(|error| error.to_string())
    }
}

/// An audit report in CSV that shows all of these certificates as revoked.
pub fn audit_report(path: &Path, serials: &[[u8; 16]]) -> BenchResult<()> {
    let file = File::create(path).map_err(|error| error.to_string())?;
    let mut out = BufWriter::new(file);
    let mut write = |text: &str| out.write_all(text.as_bytes()).map_err(|error| error.to_string());
    write(
        "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,\
         issuedAt,revokedAt,revocationReason,templateArn\n",
    )?;
    for serial in serials {
        let pairs: Vec<String> = serial.iter().map(|octet| format!("{octet:02x}")).collect();
        write(&format!(
            "111122223333,acm.amazonaws.com,arn:aws:acm-pca:us-east-1:111122223333:\
             certificate-authority/11223344-1234-1122-2233-112233445566/certificate/{hex},{colons},\
             \"CN=www.example.com,OU=Sales,O=Example Company,L=Seattle,ST=Washington,C=US\",\
             2026-01-01T00:00:00+0000,2027-01-01T00:00:00+0000,2026-01-01T01:00:00+0000,\
             2026-02-28T00:00:00+0000,KEY_COMPROMISE,\
             arn:aws:acm-pca:::template/EndEntityCertificate/V1\n",
            hex = pairs.concat(),
            colons = pairs.join(":"),
        ))?;
    }
    out.flush().map_err(|error| error.to_string())
}
