//! What stands in a CRL's place: often something that can be made into the CRL, or shows where it
//! is.

use std::fmt;

use crate::der::{Reader, tag};

/// A known format that is not a CRL in DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// Base64 without a PEM label.
    Base64,
    /// A certificate in DER.
    Certificate,
    /// CMS or PKCS #7 in DER.
    Cms,
    /// A CRL in PEM whose base64 or end is damaged, as who decodes it finds.
    DamagedPemCrl,
    /// Data compressed by gzip.
    Gzip,
    /// HTML or XML.
    Html,
    /// JSON.
    Json,
    /// A certificate in PEM.
    PemCertificate,
    /// A CRL in PEM.
    PemCrl,
    /// Another block in PEM.
    PemOther,
    /// A certificate request in PEM.
    PemRequest,
    /// A certificate request in DER.
    Request,
}

impl Foreign {
    /// By the beginning of the object; a few hundred bytes are enough.
    pub fn of(beginning: &[u8]) -> Option<Self> {
        let text =
            beginning.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(beginning).trim_ascii_start();
        let pem = |label: &str| text.starts_with(format!("-----BEGIN {label}").as_bytes());
        Some(match text {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [b'<', ..] => Self::Html,
            [b'{' | b'[', ..] => Self::Json,
            [b'-', ..] if pem("X509 CRL") => Self::PemCrl,
            [b'-', ..] if pem("CERTIFICATE REQUEST") || pem("NEW CERTIFICATE REQUEST") => {
                Self::PemRequest
            }
            [b'-', ..] if pem("CERTIFICATE") || pem("TRUSTED CERTIFICATE") => Self::PemCertificate,
            [b'-', ..] if pem("") => Self::PemOther,
            // The base64 of a SEQUENCE of 128 octets and more.
            [b'M', b'I' | b'E' | b'F' | b'G' | b'H', rest @ ..]
                if rest
                    .iter()
                    .all(|octet| octet.is_ascii_alphanumeric() || b"+/=\r\n".contains(octet)) =>
            {
                Self::Base64
            }
            [tag::SEQUENCE, ..] => return Self::of_der(text),
            _ => return None,
        })
    }

    /// A certificate begins with its version `[0]`, a request with version 0 and a name, CMS with an OID.
    fn of_der(bytes: &[u8]) -> Option<Self> {
        let inside = |bytes: &mut &[u8]| {
            let header = crate::der::Header::read(bytes, 0).ok()??;
            *bytes = bytes.get(header.header_len..)?;
            Some(header.tag)
        };
        let mut rest = bytes;
        inside(&mut rest)?;
        match *rest.first()? {
            tag::OBJECT_IDENTIFIER => return Some(Self::Cms),
            tag::SEQUENCE => inside(&mut rest)?,
            _ => return None,
        };
        match rest {
            [0xa0, 3, tag::INTEGER, 1, ..] => Some(Self::Certificate),
            [tag::INTEGER, 1, 0, name @ ..] => {
                let mut name = name;
                inside(&mut name)?;
                (name.first() == Some(&tag::SET)).then_some(Self::Request)
            }
            // A certificate of version 1: a serial, an algorithm and a name.
            [tag::INTEGER, ..] => {
                let mut reader = Reader::new(rest);
                reader.element().ok()?;
                let mut after = reader;
                after.expect(tag::SEQUENCE).ok()?;
                let mut name = after;
                name.expect(tag::SEQUENCE).ok()?;
                (name.peek() == Some(tag::SEQUENCE)).then_some(Self::Certificate)
            }
            _ => None,
        }
    }

    /// How the CRL is made of it, or found.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Base64 => "Decode it with `openssl base64 -d`, and publish the result.",
            Self::Certificate | Self::PemCertificate => {
                "Fetch the CRL instead: the certificate may name it (`openssl x509 -noout -ext \
                 crlDistributionPoints`)."
            }
            Self::Cms => "Take the CRL out of it with `openssl pkcs7 -inform DER -print_certs`.",
            Self::DamagedPemCrl => {
                "Fetch the CRL again: it was cut off, or changed on its way. Publish it as DER."
            }
            Self::Gzip => {
                "Decompress it with `gunzip`, and publish it without Content-Encoding: relying \
                 parties do not decompress."
            }
            Self::Html => {
                "It may be an error page: fetch the CRL again, and check the answer's status."
            }
            Self::Json => "It may be an error or an API's answer: fetch the CRL itself.",
            Self::PemCrl => "Convert it with `openssl crl -outform DER`, and publish the result.",
            Self::PemOther => "Look at its first line, and fetch the CRL instead.",
            Self::PemRequest | Self::Request => {
                "A certificate request has no CRL: fetch the CRL of the CA that is to sign it."
            }
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 => "base64 text",
            Self::Certificate => "a certificate",
            Self::Cms => "a PKCS #7 or CMS message",
            Self::DamagedPemCrl => "a CRL in PEM whose base64 or end is damaged",
            Self::Gzip => "compressed with gzip",
            Self::Html => "HTML or XML",
            Self::Json => "JSON",
            Self::PemCertificate => "a certificate in PEM",
            Self::PemCrl => "PEM text, and a CRL is published as DER",
            Self::PemOther => "PEM text of another kind",
            Self::PemRequest => "a certificate request in PEM",
            Self::Request => "a certificate request",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crl::fixture::Issuer;

    #[test]
    fn what_stands_in_a_crls_place_is_named() {
        let issuer = Issuer::new("Root");
        let certificate = issuer.certificate_der(None);
        for (bytes, want) in [
            (&b"\x1f\x8b\x08"[..], Some(Foreign::Gzip)),
            (b"\n <!doctype html>", Some(Foreign::Html)),
            (b"\xef\xbb\xbf{\"a\":1}", Some(Foreign::Json)),
            (b"-----BEGIN X509 CRL-----\n", Some(Foreign::PemCrl)),
            (b"-----BEGIN CERTIFICATE-----\n", Some(Foreign::PemCertificate)),
            (b"-----BEGIN CERTIFICATE REQUEST-----\n", Some(Foreign::PemRequest)),
            (b"-----BEGIN PKCS7-----\n", Some(Foreign::PemOther)),
            (b"MIIBCjCBsQ==\n", Some(Foreign::Base64)),
            (&certificate, Some(Foreign::Certificate)),
            (&[0x30, 9, 0x30, 7, 2, 1, 0, 0x30, 2, 0x31, 0], Some(Foreign::Request)),
            (&[0x30, 4, 6, 2, 0x2a, 3], Some(Foreign::Cms)),
            (&[0x30, 5, 0x30, 3, 2, 1, 1], None),
            (b"", None),
            (b"hello", None),
        ] {
            assert_eq!(Foreign::of(bytes), want, "{bytes:02x?}");
        }
    }
}
