//! Records as the service writes them: the documented fields, each once, with texts that need no
//! unescaping. Nearly all are. Whatever else there may be is left to the slow way, which decides.

use memchr::memchr2;

use super::white_space;
use crate::audit_report::{
    MAX_RECORD,
    fields::{Columns, DOCUMENTED},
};

/// The columns that a record can be without.
const OPTIONAL: [usize; 4] = [1, 8, 9, 10];

/// The texts of a record in the order of [`DOCUMENTED`], empty where there is none; and how many bytes
/// it has. `bytes` begins with its brace.
pub(super) fn plain(bytes: &[u8]) -> Option<([&[u8]; DOCUMENTED.len()], usize)> {
    let bytes = &bytes[..bytes.len().min(MAX_RECORD)];
    let mut texts = [&bytes[..0]; DOCUMENTED.len()];
    let (mut seen, mut expected, mut at) = (0_u16, 0, 1);
    loop {
        let (name, after) = text(bytes, at)?;
        let column = column(name, expected)?;
        let (value, after) = text(bytes, token(bytes, after, b':')?)?;
        if seen & 1 << column != 0 || value.is_empty() || !is_plain(value) {
            return None;
        }
        seen |= 1 << column;
        texts[column] = value;
        expected = column + 1;
        at = after + white_space(bytes.get(after..)?);
        match bytes.get(at)? {
            b',' => at += 1,
            b'}' => break,
            _ => return None,
        }
    }
    let is_there = |column: &usize| seen & 1 << column != 0 || OPTIONAL.contains(column);
    (0..DOCUMENTED.len()).all(|column| is_there(&column)).then_some((texts, at + 1))
}

/// Where [`plain`] puts each text.
pub(super) fn columns() -> Columns {
    Columns::documented()
}

/// Mostly the one that follows.
fn column(name: &[u8], expected: usize) -> Option<usize> {
    let is_it = |at: &usize| DOCUMENTED[*at].as_bytes() == name;
    (expected..DOCUMENTED.len()).chain(0..expected).find(is_it)
}

/// A string that begins there, white space aside, and the place behind it.
fn text(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let start = token(bytes, at, b'"')?;
    let end = start + memchr2(b'"', b'\\', bytes.get(start..)?)?;
    (bytes[end] == b'"').then(|| (&bytes[start..end], end + 1))
}

/// The place behind a token, before which white space may stand.
fn token(bytes: &[u8], at: usize, wanted: u8) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let spaces = white_space(rest);
    (*rest.get(spaces)? == wanted).then_some(at + spaces + 1)
}

/// JSON has no control characters in a string, and is UTF-8; and a brace at a string's end may open the next record.
fn is_plain(value: &[u8]) -> bool {
    // Without an early end, so that the compiler compares many at once.
    let all = |(least, bits): (u8, u8), byte: &u8| (least.min(*byte), bits | byte);
    let (least, bits) = value.iter().fold((u8::MAX, 0), all);
    least >= b' '
        && (bits.is_ascii() || std::str::from_utf8(value).is_ok())
        && !matches!(value.last(), Some(b'{' | b' '))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit_report::{
        Brief, Fields, Form, Record,
        json::scan::{End, scan},
    };

    const RECORD: &str = r#"{ "awsAccountId":"111122223333", "requestedByServicePrincipal":"acm.amazonaws.com",
  "certificateArn":"arn:aws:acm-pca:a:b/certificate/01", "serial":"00:11", "subject":"CN=ä\u00e4,O={x} ",
  "notBefore":"2020-02-26T18:39:57+0000","notAfter" : "2021-02-26T19:39:57+0000",
  "issuedAt":"2020-02-26T19:39:58+0000","revokedAt":"2020-02-26T20:00:36+0000",
  "revocationReason":"SUPERSEDED", "templateArn":"arn:aws:acm-pca:::template/EndEntityCertificate/V1"}, {"#;

    /// What is taken the quick way is what the slow one takes.
    fn agrees(bytes: &[u8]) -> bool {
        // What does not begin with a brace is not tried.
        if bytes.first() != Some(&b'{') {
            return false;
        }
        let Some((texts, end)) = plain(bytes) else { return false };
        assert_eq!(scan(bytes, false), End::At(end), "{}", String::from_utf8_lossy(bytes));
        let fields = Fields { columns: &columns(), fields: &texts };
        let element = &bytes[..end];
        let slow: Option<Record<'_>> = serde_json::from_slice(element).ok();
        let quick = Record::of_fields(&fields).ok();
        assert_eq!(quick, slow, "{}", String::from_utf8_lossy(bytes));
        let slow: Option<Brief<'_>> = serde_json::from_slice(element).ok();
        if let Ok(quick) = Brief::of_fields(&fields) {
            assert_eq!(Some(quick), slow, "{}", String::from_utf8_lossy(bytes));
        }
        true
    }

    #[test]
    fn a_record_as_the_service_writes_it_is_plain() {
        assert!(!agrees(RECORD.as_bytes()), "it has an escape");
        let plain = RECORD.replace(r"\u00e4", "").replace("{x} ", "x");
        assert!(agrees(plain.as_bytes()));
        let short = plain.replace(r#""revokedAt":"2020-02-26T20:00:36+0000","#, "");
        assert!(agrees(short.as_bytes()));
        assert!(
            !agrees(plain.replace("SUPERSEDED", "").as_bytes()),
            "an empty text is left to the slow way"
        );
        assert!(!agrees(plain.replace("awsAccountId", "account").as_bytes()));
        let mut no_text = plain.into_bytes();
        let reason = no_text.windows(10).position(|ten| ten == b"SUPERSEDED").unwrap();
        no_text[reason] = 0xff;
        assert!(!agrees(&no_text), "a text that few forms read is text all the same");
    }

    proptest! {
        #[test]
        fn a_changed_record_is_read_as_the_slow_way_reads_it(
            changes in prop::collection::vec((0..900_usize, prop::sample::select(
                b"\"\\{}[]:, \nax\0\xff".to_vec(),
            )), 0..3),
            cut in 0..900_usize,
        ) {
            let text = RECORD.replace(r"\u00e4", "").replace("{x} ", "x");
            let mut bytes = text.into_bytes();
            for (at, byte) in changes {
                let length = bytes.len();
                bytes[at % length] = byte;
            }
            agrees(&bytes);
            bytes.truncate(cut);
            agrees(&bytes);
        }
    }
}
