//! What kind of key a SubjectPublicKeyInfo holds, and which signatures can come from such a key.

use std::fmt;

use super::AlgorithmIdentifier;
use crate::der::{DerError, Element, Reader, tag, value};

/// A public key, as far as it says which signatures it can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// The dotted OID of the key's algorithm.
    oid: String,
    /// The dotted OID of a named curve.
    curve: Option<String>,
    pub(super) parameters: Option<Element<'a>>,
    /// The content of subjectPublicKey.
    pub(super) bits: &'a [u8],
}

pub(super) const RSA: &str = "1.2.840.113549.1.1.1";
pub(super) const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const EC: &str = "1.2.840.10045.2.1";
const DSA: &str = "1.2.840.10040.4.1";
const ED25519: &str = "1.3.101.112";

/// Of RSA's own OIDs, these encrypt, or are parameters.
const SIGNS_NOTHING: [&str; 4] =
    [RSA, "1.2.840.113549.1.1.7", "1.2.840.113549.1.1.8", "1.2.840.113549.1.1.9"];

impl<'a> Key<'a> {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1).
    ///
    /// # Errors
    ///
    /// It is not one.
    pub fn read(spki: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(spki).expect(tag::SEQUENCE)?.open()?;
        let mut algorithm = outer.expect(tag::SEQUENCE)?.open()?;
        let oid = value::oid(algorithm.expect(tag::OBJECT_IDENTIFIER)?)?;
        let parameters = if algorithm.is_empty() { None } else { Some(algorithm.element()?) };
        algorithm.finish()?;
        let (bits, _) = value::bit_string(outer.expect(tag::BIT_STRING)?)?;
        let curve = match parameters {
            Some(named) if oid == EC && named.tag == tag::OBJECT_IDENTIFIER => {
                Some(value::oid(named)?)
            }
            _ => None,
        };
        Ok(Self { oid, curve, parameters, bits })
    }

    pub(super) fn is_rsa(&self) -> bool {
        self.oid == RSA || self.oid == RSA_PSS
    }

    pub(super) fn is_ed25519(&self) -> bool {
        self.oid == ED25519
    }

    /// A key that may make no signatures but RSASSA-PSS (RFC 4055 §1.2).
    pub(super) fn is_pss_only(&self) -> bool {
        self.oid == RSA_PSS
    }

    /// The length of an RSA modulus in bits.
    pub fn rsa_bits(&self) -> Option<usize> {
        let (modulus, _) = self.rsa()?;
        Some(modulus.len() * 8 - modulus.first()?.leading_zeros() as usize)
    }

    /// Whether anyone can forge what the key signs: with an exponent of one, a signature is what it signs.
    pub fn is_rsa_exponent_one(&self) -> bool {
        self.rsa().is_some_and(|(_, exponent)| exponent == [1])
    }

    /// The name of a curve that RFC 5480 §2.1.1.1 does not have.
    pub fn unusual_curve(&self) -> Option<String> {
        const USUAL: &[&str] =
            &["1.2.840.10045.3.1.7", "1.3.132.0.33", "1.3.132.0.34", "1.3.132.0.35"];
        let curve = self.curve.as_deref()?;
        (!USUAL.contains(&curve)).then(|| self.to_string())
    }

    /// Whether its point is in the hybrid form, which RFC 5480 §2.2 forbids.
    pub fn is_hybrid(&self) -> bool {
        self.oid == EC && matches!(self.bits.first(), Some(6 | 7))
    }

    /// Modulus and public exponent, without leading zeros (RFC 8017 §A.1.1).
    pub(super) fn rsa(&self) -> Option<(&'a [u8], &'a [u8])> {
        if !self.is_rsa() {
            return None;
        }
        let mut parts = Reader::new(self.bits).expect(tag::SEQUENCE).ok()?.open().ok()?;
        let mut positive = || {
            let octets = value::integer(parts.expect(tag::INTEGER).ok()?).ok()?;
            (octets[0] & 0x80 == 0 && octets != [0]).then(|| value::magnitude(octets))
        };
        Some((positive()?, positive()?))
    }

    /// Whether a key of this kind can make signatures of the algorithm. What neither is known of can.
    pub(super) fn can_make(&self, algorithm: &AlgorithmIdentifier) -> bool {
        let key = match self.oid.as_str() {
            RSA | RSA_PSS => RSA,
            other => other,
        };
        if SIGNS_NOTHING.contains(&algorithm.oid.as_str()) {
            return false;
        }
        match family(&algorithm.oid) {
            Some(made_by) => made_by == key,
            // The keys whose algorithms are all known make no other.
            None => ![RSA, EC, DSA].contains(&key) && family(key).is_none(),
        }
    }
}

/// The OID of the keys that make signatures of this algorithm.
fn family(algorithm: &str) -> Option<&str> {
    const FAMILIES: &[(&str, &[&str])] = &[
        (RSA, &["1.2.840.113549.1.1.", "1.3.36.3.3.1."]),
        // X9.62; SM2 (GB/T 32918); the plain format of BSI TR-03111; TeleTrusT.
        (
            EC,
            &["1.2.840.10045.4.", "1.2.156.10197.1.50", "0.4.0.127.0.7.1.1.4.1.", "1.3.36.3.3.2."],
        ),
        (DSA, &["1.2.840.10040.4."]),
    ];
    let family = |(key, prefixes): &(&'static str, &[&str])| {
        prefixes.iter().any(|prefix| algorithm.starts_with(prefix)).then_some(*key)
    };
    if let Some(key) = FAMILIES.iter().find_map(family) {
        return Some(key);
    }
    // OIW's secsig.
    if let Some(of_oiw) = algorithm.strip_prefix("1.3.14.3.2.") {
        return match of_oiw {
            "2" | "3" | "4" | "11" | "14" | "15" | "24" | "25" | "29" => Some(RSA),
            "12" | "13" | "20" | "21" | "27" | "28" => Some(DSA),
            _ => None,
        };
    }
    // RFC 8692 §3: RSASSA-PSS and ECDSA with SHAKE128 and SHAKE256.
    if let Some(with_shake) = algorithm.strip_prefix("1.3.6.1.5.5.7.6.") {
        return match with_shake {
            "30" | "31" => Some(RSA),
            "32" | "33" => Some(EC),
            _ => None,
        };
    }
    // NIST's sigAlgs: DSA, ECDSA and RSA by number; of ML-DSA and SLH-DSA the key has the same OID.
    if let Some(of_nist) = algorithm.strip_prefix("2.16.840.1.101.3.4.3.") {
        return match of_nist.parse().ok()? {
            1..=8 => Some(DSA),
            9..=12 => Some(EC),
            13..=16 => Some(RSA),
            17..=46_u32 => Some(algorithm),
            _ => None,
        };
    }
    // Ed25519 and Ed448 (RFC 8410).
    [ED25519, "1.3.101.113"].contains(&algorithm).then_some(algorithm)
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.oid.as_str() {
            RSA => "RSA",
            RSA_PSS => "RSASSA-PSS",
            DSA => "DSA",
            EC => match self.curve.as_deref() {
                Some("1.2.840.10045.3.1.7") => "P-256",
                Some("1.3.132.0.34") => "P-384",
                Some("1.3.132.0.35") => "P-521",
                Some("1.3.132.0.10") => "secp256k1",
                // RFC 5639 §4.1
                Some("1.3.36.3.3.2.8.1.1.7") => "brainpoolP256r1",
                Some("1.3.36.3.3.2.8.1.1.8") => "brainpoolP256t1",
                Some("1.3.36.3.3.2.8.1.1.9") => "brainpoolP320r1",
                Some("1.3.36.3.3.2.8.1.1.10") => "brainpoolP320t1",
                Some("1.3.36.3.3.2.8.1.1.11") => "brainpoolP384r1",
                Some("1.3.36.3.3.2.8.1.1.12") => "brainpoolP384t1",
                Some("1.3.36.3.3.2.8.1.1.13") => "brainpoolP512r1",
                Some("1.3.36.3.3.2.8.1.1.14") => "brainpoolP512t1",
                Some(curve) => return write!(f, "elliptic curve {curve}"),
                None => "elliptic curve without a name",
            },
            ED25519 => "Ed25519",
            "1.3.101.113" => "Ed448",
            "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
            "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
            "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        crl::fixture::{algorithm, rsa_spki, secp256k1_spki},
        signature::SignatureError,
    };

    /// Whether a signature of the algorithm may be of the key, although it is not verified here.
    fn may_be(oid: &[u8], spki: &[u8]) -> bool {
        let der = algorithm(oid);
        let read = AlgorithmIdentifier::read(Reader::new(&der).element().unwrap()).unwrap();
        matches!(SignatureError::of_unknown(&read, spki), SignatureError::Unsupported { .. })
    }

    #[test]
    fn shake_is_of_rsa_and_ec_and_rsa_encryption_signs_nothing() {
        let (rsa, ec) = (rsa_spki(2048), secp256k1_spki());
        let shake = |last: u8| [0x2b, 6, 1, 5, 5, 7, 6, last];
        let pkcs1 = |last: u8| [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last];
        for (oid, is_of_rsa, is_of_ec) in [
            (&shake(30)[..], true, false),
            (&shake(31), true, false),
            (&shake(32), false, true),
            (&shake(33), false, true),
            (&shake(29), false, false),
            (&pkcs1(1), false, false),
            (&pkcs1(8), false, false),
            (&pkcs1(15), true, false),
        ] {
            let found = (may_be(oid, &rsa), may_be(oid, &ec));
            assert_eq!(found, (is_of_rsa, is_of_ec), "{oid:02x?}");
        }
    }
}
