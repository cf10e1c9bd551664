//! CRLs in PEM, with whatever stands around them (RFC 7468 §2), and text in base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};

const BEGIN: &str = "-----BEGIN X509 CRL-----";

/// Whether the bytes have a CRL in PEM, or the beginning of one.
pub(super) fn has_pem_crl(bytes: &[u8]) -> bool {
    bytes.windows(BEGIN.len()).any(|some| some == BEGIN.as_bytes())
}

pub(super) fn pem_crls(text: &str) -> Option<Vec<Vec<u8>>> {
    const END: &str = "-----END X509 CRL-----";
    let blocks = text.split(BEGIN).skip(1);
    blocks.map(|block| base64(block.split_once(END)?.0)).collect()
}

pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(text).ok()
}
