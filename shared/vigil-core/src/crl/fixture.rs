//! Writes the CRLs and certificates that libraries refuse to write: each part can be spoilt alone.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use time::{OffsetDateTime, format_description::FormatItem, macros::format_description};

use crate::{certificate::Certificate, der::tag};

pub(crate) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
pub(crate) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    if length < 0x80 {
        bytes.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let octets = &octets[octets.iter().position(|octet| *octet != 0).unwrap()..];
        bytes.push(0x80 | octets.len() as u8);
        bytes.extend_from_slice(octets);
    }
    bytes.extend_from_slice(content);
    bytes
}

pub(crate) fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag::SEQUENCE, &parts.concat())
}

pub(crate) fn algorithm(oid: &[u8]) -> Vec<u8> {
    seq(&[tlv(tag::OBJECT_IDENTIFIER, oid)])
}

pub(crate) fn name(common_name: &str) -> Vec<u8> {
    let value = tlv(0x0c, common_name.as_bytes());
    let attribute = seq(&[tlv(tag::OBJECT_IDENTIFIER, &[0x55, 4, 3]), value]);
    seq(&[tlv(tag::SET, &attribute)])
}

pub(crate) fn utc(at: OffsetDateTime) -> Vec<u8> {
    const FORM: &[FormatItem<'_>] =
        format_description!("[year repr:last_two][month][day][hour][minute][second]Z");
    tlv(tag::UTC_TIME, at.format(FORM).unwrap().as_bytes())
}

pub(crate) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![tlv(tag::OBJECT_IDENTIFIER, oid)];
    if critical {
        parts.push(tlv(tag::BOOLEAN, &[0xff]));
    }
    parts.push(tlv(tag::OCTET_STRING, value));
    seq(&parts)
}

pub(crate) fn crl_number(octets: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 20], false, &tlv(tag::INTEGER, octets))
}

pub(crate) fn authority_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 35], false, &seq(&[tlv(0x80, identifier)]))
}

/// IssuingDistributionPoint with one URI as fullName, and whatever flags follow it.
pub(crate) fn distribution_point(critical: bool, uri: &str, flags: &[Vec<u8>]) -> Vec<u8> {
    let full_name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, uri.as_bytes())));
    let value = seq(&[vec![full_name], flags.to_vec()].concat());
    extension(&[0x55, 0x1d, 28], critical, &value)
}

pub(crate) fn entry(serial: &[u8], revoked_at: OffsetDateTime, reason: Option<u8>) -> Vec<u8> {
    let mut parts = vec![tlv(tag::INTEGER, serial), utc(revoked_at)];
    if let Some(reason) = reason {
        let value = tlv(tag::ENUMERATED, &[reason]);
        parts.push(seq(&[extension(&[0x55, 0x1d, 21], false, &value)]));
    }
    seq(&parts)
}

/// An entry with an invalidityDate.
pub(crate) fn entry_invalid_since(
    serial: &[u8],
    revoked_at: OffsetDateTime,
    since: OffsetDateTime,
) -> Vec<u8> {
    const FORM: &[FormatItem<'_>] =
        format_description!("[year][month][day][hour][minute][second]Z");
    let date = tlv(tag::GENERALIZED_TIME, since.format(FORM).unwrap().as_bytes());
    let extensions = seq(&[extension(&[0x55, 0x1d, 24], false, &date)]);
    seq(&[tlv(tag::INTEGER, serial), utc(revoked_at), extensions])
}

/// The SubjectPublicKeyInfo of an RSA key of 1,024 or 2,048 bits. It verifies nothing, and its modulus has no
/// small factor.
pub(crate) fn rsa_spki(bits: usize) -> Vec<u8> {
    let modulus = [&[0, 0x80][..], &vec![23; bits / 8 - 1]].concat();
    let key = seq(&[tlv(tag::INTEGER, &modulus), tlv(tag::INTEGER, &[1, 0, 1])]);
    let rsa = tlv(tag::OBJECT_IDENTIFIER, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
    seq(&[seq(&[rsa, vec![tag::NULL, 0]]), tlv(tag::BIT_STRING, &[&[0], &key[..]].concat())])
}

/// The same on a curve that RFC 5480 does not have.
pub(crate) fn secp256k1_spki() -> Vec<u8> {
    let ec = seq(&[
        tlv(tag::OBJECT_IDENTIFIER, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]),
        tlv(tag::OBJECT_IDENTIFIER, &[0x2b, 0x81, 4, 0, 10]),
    ]);
    seq(&[ec, tlv(tag::BIT_STRING, &[0, 4])])
}

/// A CA with a P-256 key.
pub(crate) struct Issuer {
    key: EcdsaKeyPair,
    pub(crate) name: Vec<u8>,
    pub(crate) key_identifier: Vec<u8>,
}

impl Issuer {
    pub(crate) fn new(common_name: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { key, name: name(common_name), key_identifier: vec![0xa5; 20] }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.key.sign(&SystemRandom::new(), message).unwrap();
        tlv(tag::BIT_STRING, &[&[0], signature.as_ref()].concat())
    }

    fn spki(&self) -> Vec<u8> {
        let ec = seq(&[
            tlv(tag::OBJECT_IDENTIFIER, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]),
            tlv(tag::OBJECT_IDENTIFIER, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
        ]);
        seq(&[ec, tlv(tag::BIT_STRING, &[&[0], self.key.public_key().as_ref()].concat())])
    }

    /// A certificate that names its CRL by this URI, valid until 2035.
    pub(crate) fn leaf_pem(&self, crl: &str) -> String {
        let full_name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, crl.as_bytes())));
        let points = seq(&[seq(&[full_name])]);
        pem(&self.certificate_with(&[extension(&[0x55, 0x1d, 31], false, &points)]))
    }

    /// A certificate with these subjectAltNames, each by the number of its context tag; with none, without
    /// the extension.
    pub(crate) fn named_der(&self, names: &[(u8, &[u8])]) -> Vec<u8> {
        let names: Vec<_> = names.iter().map(|(tag, name)| tlv(0x80 | tag, name)).collect();
        let all = seq(&names);
        let extensions = [extension(&[0x55, 0x1d, 17], false, &all)];
        self.certificate_with(if names.is_empty() { &[] } else { &extensions })
    }

    /// A self-signed certificate with this keyUsage (`[unused, bits]`), or with none.
    pub(crate) fn certificate_der(&self, key_usage: Option<[u8; 2]>) -> Vec<u8> {
        let mut extensions = vec![
            extension(&[0x55, 0x1d, 19], true, &seq(&[tlv(tag::BOOLEAN, &[0xff])])),
            extension(&[0x55, 0x1d, 14], false, &tlv(tag::OCTET_STRING, &self.key_identifier)),
        ];
        if let Some(bits) = key_usage {
            extensions.push(extension(&[0x55, 0x1d, 15], true, &tlv(tag::BIT_STRING, &bits)));
        }
        self.certificate_with(&extensions)
    }

    pub(crate) fn certificate_with(&self, extensions: &[Vec<u8>]) -> Vec<u8> {
        let day = |text: &[u8]| tlv(tag::UTC_TIME, text);
        let tbs = seq(&[
            tlv(0xa0, &tlv(tag::INTEGER, &[2])),
            tlv(tag::INTEGER, &[0x42]),
            algorithm(ECDSA_SHA256),
            self.name.clone(),
            seq(&[day(b"250101000000Z"), day(b"350101000000Z")]),
            self.name.clone(),
            self.spki(),
            tlv(0xa3, &seq(extensions)),
        ]);
        let signature = self.sign(&tbs);
        seq(&[tbs, algorithm(ECDSA_SHA256), signature])
    }

    /// keyCertSign and cRLSign.
    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_der(&self.certificate_der(Some([1, 0x06]))).unwrap()
    }

    pub(crate) fn certificate_pem(&self) -> String {
        pem(&self.certificate_der(Some([1, 0x06])))
    }
}

fn pem(der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

/// A CRL in its parts. Each is encoded already, so that a test can put anything in its place.
pub(crate) struct Draft {
    pub(crate) version: Option<Vec<u8>>,
    pub(crate) inner_algorithm: Vec<u8>,
    pub(crate) outer_algorithm: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) this_update: Vec<u8>,
    pub(crate) next_update: Option<Vec<u8>>,
    pub(crate) entries: Option<Vec<Vec<u8>>>,
    pub(crate) extensions: Option<Vec<Vec<u8>>>,
    pub(crate) trailing: Vec<u8>,
}

impl Draft {
    /// As ACM PCA writes it at `at` for seven days: thisUpdate an hour before, the number in
    /// milliseconds.
    pub(crate) fn good(issuer: &Issuer, at: OffsetDateTime) -> Self {
        let number = (at.unix_timestamp() * 1000).to_be_bytes();
        let number = &number[number.iter().position(|octet| *octet != 0).unwrap()..];
        Self {
            version: Some(tlv(tag::INTEGER, &[1])),
            inner_algorithm: algorithm(ECDSA_SHA256),
            outer_algorithm: algorithm(ECDSA_SHA256),
            issuer: issuer.name.clone(),
            this_update: utc(at - time::Duration::HOUR),
            next_update: Some(utc(at + time::Duration::days(7))),
            entries: Some(vec![
                entry(&[0x11], at, Some(1)),
                entry(&[0x00, 0xee, 0x22], at - time::Duration::DAY, Some(4)),
            ]),
            extensions: Some(vec![
                authority_key_identifier(&issuer.key_identifier),
                crl_number(number),
            ]),
            trailing: Vec::new(),
        }
    }

    /// As another CA writes it, which dates it when it makes it.
    pub(crate) fn of_any_ca(issuer: &Issuer, at: OffsetDateTime) -> Self {
        Self { this_update: utc(at), ..Self::good(issuer, at) }
    }

    pub(crate) fn tbs(&self) -> Vec<u8> {
        let parts = [
            self.version.clone().unwrap_or_default(),
            self.inner_algorithm.clone(),
            self.issuer.clone(),
            self.this_update.clone(),
            self.next_update.clone().unwrap_or_default(),
            self.entries.as_ref().map(|entries| seq(entries)).unwrap_or_default(),
            self.extensions.as_ref().map(|some| tlv(0xa0, &seq(some))).unwrap_or_default(),
        ];
        seq(&parts)
    }

    pub(crate) fn sign(&self, issuer: &Issuer) -> Vec<u8> {
        let tbs = self.tbs();
        let signature = issuer.sign(&tbs);
        let mut der = seq(&[tbs, self.outer_algorithm.clone(), signature]);
        der.extend_from_slice(&self.trailing);
        der
    }
}
