//! PEM text, read leniently as tools write it and written strictly as RFC 7468 §2 wants it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The label of a certificate (RFC 7468 §5).
pub const CERTIFICATE: &str = "CERTIFICATE";
/// The label of a request (RFC 7468 §7).
pub const CERTIFICATE_REQUEST: &str = "CERTIFICATE REQUEST";

/// More blocks than any real bundle has: the longest chain that fits in the API's 2 MB.
const MAX_BLOCKS: usize = 4096;
/// The API takes no more in any member.
const MAX_OCTETS: usize = 2 * 1024 * 1024;
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Why a text is not PEM of the wanted kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum PemError {
    #[error("the base64 of PEM block {block} is not valid")]
    Base64 {
        block: usize,
        #[source]
        source: base64::DecodeError,
    },
    #[error("the text holds {found} PEM blocks where exactly one is expected")]
    Count { found: usize },
    #[error("PEM block {block} is labelled {found:?} where {wanted:?} is expected")]
    Label { block: usize, found: String, wanted: String },
    #[error("the text holds no PEM block")]
    None,
    #[error("the text is not ASCII")]
    NotText,
    #[error("the text is longer than {MAX_OCTETS} octets")]
    TooLong,
    #[error("the text holds more than {MAX_BLOCKS} PEM blocks")]
    TooMany,
    #[error("PEM block {block} does not end with its own END line")]
    Unterminated { block: usize },
}

/// The DER of every block, all of which must carry one of `labels`. Text around the blocks is
/// skipped (RFC 7468 §5.2 allows explanatory text); lines may have any length and line ending.
///
/// A line may also hold a whole block, with blanks for its line ends: `echo $CSR` makes such text,
/// and the service takes it (aws/aws-app-mesh-examples#318, #319, and AWS's walkthroughs there).
///
/// # Errors
/// If the text has no block, too many, or one with another label or without its end.
pub fn decode_all(text: &[u8], labels: &[&str]) -> Result<Vec<Vec<u8>>, PemError> {
    if text.len() > MAX_OCTETS {
        return Err(PemError::TooLong);
    }
    if !text.is_ascii() {
        return Err(PemError::NotText);
    }
    let text = std::str::from_utf8(text).map_err(|_| PemError::NotText)?;
    let mut lines = Lines::of(text);
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        let Some(label) = between(line, BEGIN) else { continue };
        let block = blocks.len() + 1;
        if block > MAX_BLOCKS {
            return Err(PemError::TooMany);
        }
        if !labels.contains(&label) {
            let wanted = labels.first().copied().unwrap_or_default().to_owned();
            return Err(PemError::Label { block, found: label.to_owned(), wanted });
        }
        blocks.push(decode_body(&mut lines, label, block)?);
    }
    if blocks.is_empty() { Err(PemError::None) } else { Ok(blocks) }
}

/// As [`decode_all`], for text that must hold exactly one block.
///
/// # Errors
/// The same, and if there is more than one block.
pub fn decode_one(text: &[u8], labels: &[&str]) -> Result<Vec<u8>, PemError> {
    let mut blocks = decode_all(text, labels)?;
    match (blocks.len(), blocks.pop()) {
        (1, Some(block)) => Ok(block),
        (found, _) => Err(PemError::Count { found }),
    }
}

/// The lines of a text. A line that begins with a BEGIN line and goes on is taken as several.
struct Lines<'a> {
    lines: std::str::Lines<'a>,
    rest: &'a str,
    is_several: bool,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self { lines: text.lines(), rest: "", is_several: false }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            self.rest = self.lines.next()?.trim();
            self.is_several = self.rest.starts_with(BEGIN);
        }
        let end = match self.rest.strip_prefix(DASHES) {
            _ if !self.is_several => None,
            Some(label) => label.find(DASHES).map(|at| at + 2 * DASHES.len()),
            None => self.rest.find(DASHES),
        };
        let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        Some(line.trim_end())
    }
}

fn decode_body<'a>(
    lines: &mut impl Iterator<Item = &'a str>,
    label: &str,
    block: usize,
) -> Result<Vec<u8>, PemError> {
    let mut body = String::new();
    for line in lines {
        if line.starts_with(DASHES) {
            if between(line, END) != Some(label) {
                break;
            }
            return STANDARD.decode(&body).map_err(|source| PemError::Base64 { block, source });
        }
        body.extend(line.split_ascii_whitespace());
    }
    Err(PemError::Unterminated { block })
}

fn between<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix(DASHES)
}

/// One block of 64-column lines, with no line feed after the last: clients of the service add their
/// own before what follows (aws-privateca-issuer, moto's tests).
pub fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = String::with_capacity(body.len() + body.len() / 64 + 2 * label.len() + 40);
    text.extend([BEGIN, label, DASHES, "\n"]);
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().map(|&octet| char::from(octet)));
        text.push('\n');
    }
    text.extend([END, label, DASHES]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_survives_the_round_trip_at_every_length() {
        for length in 0..200 {
            let der: Vec<u8> = (0..length).collect();
            let text = encode(CERTIFICATE, &der);
            assert!(text.lines().all(|line| line.len() <= 64));
            assert_eq!(decode_one(text.as_bytes(), &[CERTIFICATE]), Ok(der));
        }
    }

    #[test]
    fn blocks_are_found_in_other_text_with_any_line_ending() {
        let text = "Bag Attributes\r\n-----BEGIN CERTIFICATE-----\r\nAAEC\r\nAwQF\r\n\
                    -----END CERTIFICATE-----\r\nsubject=x\n  -----BEGIN CERTIFICATE-----\n\
                    BgcICQoL AA==\n-----END CERTIFICATE-----";
        let blocks = decode_all(text.as_bytes(), &[CERTIFICATE]).unwrap();
        assert_eq!(blocks, [vec![0, 1, 2, 3, 4, 5], vec![6, 7, 8, 9, 10, 11, 0]]);
    }

    /// aws/aws-app-mesh-examples#318: the service's walkthroughs send what `echo $CSR` prints.
    #[test]
    fn blanks_may_stand_for_the_line_ends_of_a_block() {
        let lines = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n";
        let blanks = lines.replace('\n', " ");
        let blocks = [blanks.repeat(2), format!("{blanks}\n{lines}"), blanks.replace(' ', "")];
        for (text, count) in blocks.iter().zip([2, 2, 0]) {
            let read = decode_all(text.as_bytes(), &[CERTIFICATE]).unwrap_or_default();
            assert_eq!(read, vec![vec![0, 1, 2, 3, 4, 5]; count], "{text}");
        }
        for wrong in ["Bag ", "key: "] {
            let text = format!("{wrong}{blanks}");
            assert_eq!(decode_all(text.as_bytes(), &[CERTIFICATE]), Err(PemError::None), "{text}");
        }
    }

    #[test]
    fn what_is_not_pem_is_refused_for_what_it_is() {
        let block = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
        let twice = block.repeat(2);
        let long = " ".repeat(MAX_OCTETS + 1);
        let many = block.repeat(MAX_BLOCKS + 1);
        for (name, text, want) in [
            ("empty", "", "the text holds no PEM block"),
            ("prose", "hello", "the text holds no PEM block"),
            ("umlaut", "ä", "the text is not ASCII"),
            ("two", &twice, "the text holds 2 PEM blocks where exactly one is expected"),
            ("long", &long, "the text is longer than 2097152 octets"),
            ("many", &many, "the text holds more than 4096 PEM blocks"),
            (
                "key",
                "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----",
                "PEM block 1 is labelled \"PRIVATE KEY\" where \"CERTIFICATE\" is expected",
            ),
            (
                "cut",
                "-----BEGIN CERTIFICATE-----\nAAEC\n",
                "PEM block 1 does not end with its own END line",
            ),
            (
                "crossed",
                "-----BEGIN CERTIFICATE-----\nAAEC\n-----END X-----",
                "PEM block 1 does not end with its own END line",
            ),
            (
                "alphabet",
                "-----BEGIN CERTIFICATE-----\nA*EC\n-----END CERTIFICATE-----",
                "the base64 of PEM block 1 is not valid",
            ),
        ] {
            let error = decode_one(text.as_bytes(), &[CERTIFICATE]).unwrap_err();
            assert_eq!(error.to_string(), want, "{name}");
        }
    }
}
