//! CRLs in PEM, with whatever stands around them (RFC 7468 §2), and text in base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};

const BEGIN: &str = "-----BEGIN X509 CRL-----";
const END: &str = "-----END X509 CRL-----";

/// Whether the bytes have a CRL in PEM, or the beginning of one.
pub(super) fn has_pem_crl(bytes: &[u8]) -> bool {
    let is_marker =
        |at: usize| bytes[at..].starts_with(BEGIN.as_bytes()) && begins_a_line(&bytes[..at]);
    (0..bytes.len()).any(is_marker)
}

/// Whether what follows is the first of its line: the text around may speak of CRLs (RFC 7468 §3).
fn begins_a_line(before: &[u8]) -> bool {
    // The mark of UTF-8.
    let before = before.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(before);
    let text = before.trim_ascii_end();
    text.is_empty() || before[text.len()..].iter().any(|octet| b"\r\n".contains(octet))
}

/// Each CRL in DER; `None` for one whose base64 or end is damaged.
pub(super) fn pem_crls(text: &str) -> Vec<Option<Vec<u8>>> {
    let places: Vec<usize> = text
        .match_indices(BEGIN)
        .map(|(at, _)| at)
        .filter(|at| begins_a_line(&text.as_bytes()[..*at]))
        .collect();
    let ends = places.iter().skip(1).copied().chain([text.len()]);
    let blocks = places.iter().zip(ends).map(|(from, to)| &text[from + BEGIN.len()..to]);
    blocks.map(|block| base64(block.split_once(END)?.0)).collect()
}

pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(text).ok()
}

/// Whether a file that begins so is DER. Text may begin with the digit zero, which is the tag of a SEQUENCE.
pub(super) fn is_der(beginning: &[u8]) -> bool {
    let is_of_text = |octet: &u8| !octet.is_ascii_control() || octet.is_ascii_whitespace();
    match beginning {
        // A length of more than 127 octets.
        [0x30, 0x80..=0x84, ..] => true,
        [0x30, rest @ ..] => rest.is_empty() || !rest.iter().take(16).all(is_of_text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_begins_with_a_zero_is_not_der() {
        for (beginning, want) in [
            (&b"0"[..], true),
            (b"0\x82\x01\x00", true),
            (b"0\x7f0\x0d\x06\x09", true),
            (b"0: CRL\n-----BEGIN", false),
            (b"0\n", false),
            ("0 \u{fc}".as_bytes(), false),
            (b"1", false),
            (b"", false),
        ] {
            assert_eq!(is_der(beginning), want, "{beginning:02x?}");
        }
    }

    #[test]
    fn a_damaged_block_hides_no_other() {
        let block = |body: &str| format!("{BEGIN}\n{body}\n{END}\n");
        let good = || Some(vec![0x30_u8, 0]);
        for (name, text, want) in [
            ("one", block("MAA="), vec![good()]),
            ("two", block("MAA=").repeat(2), vec![good(), good()]),
            ("base64", [block("MA!="), block("MAA=")].concat(), vec![None, good()]),
            ("no end", format!("{BEGIN}\nMAA=\n{}", block("MAA=")), vec![None, good()]),
            ("cut off", format!("{}{BEGIN}\nMA", block("MAA=")), vec![good(), None]),
            ("in a sentence", format!("It has {BEGIN} here.\n{}", block("MAA=")), vec![good()]),
            ("moved in", format!("a:\n  {}", block("MAA=")), vec![good()]),
            ("a mark", format!("\u{feff}{}", block("MAA=")), vec![good()]),
            ("none", format!("It has {BEGIN} here.\n"), vec![]),
        ] {
            assert_eq!(pem_crls(&text), want, "{name}");
            assert_eq!(has_pem_crl(text.as_bytes()), !want.is_empty(), "{name}");
        }
    }
}
