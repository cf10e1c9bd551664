//! The DER values that certificates and CRLs are made of, decoded strictly.

use time::{Date, Month, OffsetDateTime, Time};

use super::{DerError, Element, tag};
use crate::instant::{number_pairs, unix_seconds};

/// DER knows one true and one false (X.690 §11.1).
///
/// # Errors
///
/// [`DerError`] if the element is not a BOOLEAN in DER.
pub fn boolean(element: Element<'_>) -> Result<bool, DerError> {
    match (element.tag, element.content) {
        (tag::BOOLEAN, [0x00]) => Ok(false),
        (tag::BOOLEAN, [0xff]) => Ok(true),
        _ => Err(element.invalid("BOOLEAN")),
    }
}

/// The octets of an INTEGER, two's complement, in their shortest form (X.690 §8.3.2).
///
/// # Errors
///
/// [`DerError`] if the element is not an INTEGER in its shortest form.
pub fn integer(element: Element<'_>) -> Result<&[u8], DerError> {
    integer_content(element.tagged(tag::INTEGER)?)
}

/// The same where an implicit tag stands in INTEGER's place.
///
/// # Errors
///
/// [`DerError`] if the element is not the shortest form of an INTEGER.
pub fn integer_content(element: Element<'_>) -> Result<&[u8], DerError> {
    match element.content {
        [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(element.invalid("INTEGER")),
        octets => Ok(octets),
    }
}

/// A non-negative INTEGER that fits 64 bits: versions, reasons, lengths.
///
/// # Errors
///
/// [`DerError`] if the element is not a non-negative INTEGER of at most 64 bits.
pub fn unsigned(element: Element<'_>) -> Result<u64, DerError> {
    let octets = integer(element)?;
    if octets[0] & 0x80 != 0 || magnitude(octets).len() > 8 {
        return Err(element.invalid("INTEGER of 64 bits"));
    }
    Ok(octets.iter().fold(0, |value, &octet| value << 8 | u64::from(octet)))
}

/// The octets of a non-negative INTEGER without the one that only carries the sign.
#[inline]
pub fn magnitude(octets: &[u8]) -> &[u8] {
    match octets {
        [0x00, rest @ ..] if !rest.is_empty() => rest,
        octets => octets,
    }
}

/// A BIT STRING and the number of unused bits in its last octet.
///
/// # Errors
///
/// [`DerError`] if the element is not a BIT STRING in DER.
pub fn bit_string(element: Element<'_>) -> Result<(&[u8], u8), DerError> {
    bits_of(element.tagged(tag::BIT_STRING)?)
}

/// The same where an implicit tag stands in BIT STRING's place.
///
/// # Errors
///
/// [`DerError`] if the element is not the content of a BIT STRING in DER.
pub fn bits_of(element: Element<'_>) -> Result<(&[u8], u8), DerError> {
    match element.content {
        [0, bits @ ..] => Ok((bits, 0)),
        [unused @ 1..=7, bits @ ..] if !bits.is_empty() => Ok((bits, *unused)),
        _ => Err(element.invalid("BIT STRING")),
    }
}

/// The content of a BIT STRING of named bits, in the one form that DER gives it: the unused bits are
/// zero, and the last used bit is one (X.690 §11.2).
///
/// # Errors
///
/// [`DerError`] if the element is not the content of one.
pub fn named_bits_of(element: Element<'_>) -> Result<&[u8], DerError> {
    let (bits, unused) = bits_of(element)?;
    match bits.last() {
        Some(last) if last.trailing_zeros() != u32::from(unused) => {
            Err(element.invalid("BIT STRING of named bits"))
        }
        _ => Ok(bits),
    }
}

/// A named bit of a BIT STRING: bit 0 is the first one (X.680 §22.2).
pub fn named_bit(bits: &[u8], number: usize) -> bool {
    bits.get(number / 8).is_some_and(|octet| octet & (0x80 >> (number % 8)) != 0)
}

/// X.690 sets no bound. pyca refuses a CRL with a longer one, or with an arc of more than 128 bits. Each
/// UUID is an arc of 128 bits (X.667).
const MAX_OID: usize = 63;

/// Whether octets are the content of an OBJECT IDENTIFIER, each arc in its shortest form (X.690 §8.19.2).
#[inline]
pub fn is_oid(content: &[u8]) -> bool {
    let is_padded = |pair: &[u8]| pair[0] & 0x80 == 0 && pair[1] == 0x80;
    matches!(content, [first, ..] if *first != 0x80)
        && content.last().is_some_and(|last| last & 0x80 == 0)
        && !content.windows(2).any(is_padded)
}

/// Whether they are one of a length that relying parties read.
#[inline]
pub fn is_usual_oid(content: &[u8]) -> bool {
    // 18 octets of seven bits, and two bits in front.
    let fits = |arc: &[u8]| arc.len() <= 18 || arc.len() == 19 && arc[0] & 0x7f <= 3;
    content.len() <= MAX_OID && is_oid(content) && arcs(content).all(fits)
}

/// The octets of each arc; the first two arcs share theirs (X.690 §8.19.4).
fn arcs(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split_inclusive(|octet| octet & 0x80 == 0)
}

/// The dotted form of an OBJECT IDENTIFIER's content.
///
/// # Errors
///
/// [`DerError`] if the element is not an OBJECT IDENTIFIER in DER, or longer than relying parties read.
pub fn oid(element: Element<'_>) -> Result<String, DerError> {
    let element = element.tagged(tag::OBJECT_IDENTIFIER)?;
    if !is_usual_oid(element.content) {
        return Err(element.invalid("OBJECT IDENTIFIER"));
    }
    let mut dotted = String::new();
    for octets in arcs(element.content) {
        let arc = octets.iter().fold(0_u128, |arc, octet| arc << 7 | u128::from(octet & 0x7f));
        if dotted.is_empty() {
            let first = (arc / 40).min(2);
            dotted = format!("{first}.{}", arc - first * 40);
        } else {
            dotted.push('.');
            dotted.push_str(&arc.to_string());
        }
    }
    Ok(dotted)
}

/// UTCTime or GeneralizedTime in the only forms of RFC 5280 §4.1.2.5: to the second, in `Z`.
///
/// # Errors
///
/// [`DerError`] if the element is not a time in one of the two forms.
pub fn time(element: Element<'_>) -> Result<OffsetDateTime, DerError> {
    let invalid = || element.invalid("time");
    let (year, rest) = match element.tag {
        tag::UTC_TIME if element.content.len() == 13 => {
            // RFC 5280 §4.1.2.5.1: 50 and more is 19YY, below it is 20YY.
            let year = digits(&element.content[..2]).ok_or_else(invalid)?;
            (if year >= 50 { 1900 + year } else { 2000 + year }, &element.content[2..])
        }
        tag::GENERALIZED_TIME if element.content.len() == 15 => {
            (digits(&element.content[..4]).ok_or_else(invalid)?, &element.content[4..])
        }
        _ => return Err(invalid()),
    };
    let field = |at: usize| {
        digits(&rest[at..at + 2]).and_then(|value| u8::try_from(value).ok()).ok_or_else(invalid)
    };
    if rest[10] != b'Z' {
        return Err(invalid());
    }
    let month = Month::try_from(field(0)?).map_err(|_| invalid())?;
    let date = Date::from_calendar_date(year, month, field(2)?).map_err(|_| invalid())?;
    let time = Time::from_hms(field(4)?, field(6)?, field(8)?).map_err(|_| invalid())?;
    Ok(date.with_time(time).assume_utc())
}

/// Whether a time that was read stands in the form of other years: UTCTime through 2049,
/// GeneralizedTime from 2050 on (RFC 5280 §5.1.2.4). A UTCTime cannot say a later year.
pub fn is_odd_form(element: Element<'_>, time: OffsetDateTime) -> bool {
    element.tag == tag::GENERALIZED_TIME && time.year() < 2050
}

/// The content of a UTCTime in seconds since 1970. The same as [`time()`], for CRLs of a million
/// entries: no date is built, only counted.
#[inline]
pub fn utc_seconds(content: &[u8; 13]) -> Option<i64> {
    let [y, y2, m, m2, d, d2, h, h2, i, i2, s, s2, b'Z'] = *content else { return None };
    let [year, month, day, hour] = number_pairs([y, y2, m, m2, d, d2, h, h2])?;
    let [minute, second, _, _] = number_pairs([i, i2, s, s2, b'0', b'0', b'0', b'0'])?;
    // RFC 5280 §4.1.2.5.1
    let year = u16::from(year) + if year >= 50 { 1900 } else { 2000 };
    unix_seconds(year, [month, day, hour, minute, second])
}

fn digits(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |value, &digit| {
        digit.is_ascii_digit().then(|| value * 10 + i32::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::Reader;
    use super::*;

    fn decode<T>(bytes: &[u8], with: impl FnOnce(Element<'_>) -> Result<T, DerError>) -> Option<T> {
        with(Reader::new(bytes).element().unwrap()).ok()
    }

    fn time_of(tag: u8, text: &str) -> Option<OffsetDateTime> {
        decode(&[&[tag, text.len() as u8], text.as_bytes()].concat(), time)
    }

    #[test]
    fn times_have_one_form_each() {
        let utc = |text| time_of(tag::UTC_TIME, text);
        let general = |text| time_of(tag::GENERALIZED_TIME, text);
        assert_eq!(utc("500101000000Z"), Some(datetime!(1950-01-01 0:00 UTC)));
        assert_eq!(utc("491231235959Z"), Some(datetime!(2049-12-31 23:59:59 UTC)));
        assert_eq!(general("99991231235959Z"), Some(datetime!(9999-12-31 23:59:59 UTC)));
        for text in
            ["5001010000Z", "500101000000+", "501301000000Z", "500230000000Z", "50010100000aZ"]
        {
            assert_eq!(utc(text), None, "{text}");
        }
        assert_eq!(utc("500101000060Z"), None, "a leap second is not a time of RFC 5280");
        assert_eq!(general("20500101000000.1Z"), None);
    }

    #[test]
    fn a_time_that_is_only_counted_is_the_time_that_is_read() {
        for year in 0..100 {
            for month in 0..=13 {
                for day in 0..=32 {
                    for rest in ["000000Z", "235959Z", "240000Z", "006000Z", "000060Z", "000000z"] {
                        let text = format!("{year:02}{month:02}{day:02}{rest}");
                        let read = time_of(tag::UTC_TIME, &text);
                        let counted = utc_seconds(text.as_bytes().try_into().unwrap());
                        assert_eq!(counted, read.map(OffsetDateTime::unix_timestamp), "{text}");
                    }
                }
            }
        }
        assert_eq!(utc_seconds(b"2601310000/0Z"), None);
        assert_eq!(utc_seconds(b"260131000:00Z"), None);
    }

    #[test]
    fn object_identifiers_are_dotted() {
        assert_eq!(decode(&[6, 3, 0x55, 0x1d, 0x14], oid).as_deref(), Some("2.5.29.20"));
        assert_eq!(decode(&[6, 3, 0x2b, 0x65, 0x70], oid).as_deref(), Some("1.3.101.112"));
        assert_eq!(
            decode(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], oid).as_deref(),
            Some("1.2.840.113549.1.1.11")
        );
        let ones = |count: u8| [vec![6, count], vec![1; usize::from(count)]].concat();
        assert!(decode(&ones(63), oid).is_some());
        assert_eq!(decode(&ones(64), oid), None, "too long");
        assert_eq!(decode(&[6, 0], oid), None, "empty");
        assert_eq!(decode(&[6, 2, 0x55, 0x9d], oid), None, "unfinished arc");
        assert_eq!(decode(&[6, 3, 0x55, 0x80, 0x01], oid), None, "padded arc");
    }

    /// X.667: the OID of a UUID is 2.25 and its number.
    #[test]
    fn an_arc_of_an_oid_has_at_most_128_bits() {
        let with = |first: u8| {
            let content = [&[0x69, first][..], &[0xff; 17], &[0x7f]].concat();
            assert!(is_oid(&content));
            (decode(&[&[6, 20][..], &content].concat(), oid), is_usual_oid(&content))
        };
        let most = "2.25.340282366920938463463374607431768211455".to_owned();
        assert_eq!(with(0x83), (Some(most), true));
        assert_eq!(with(0x84), (None, false));
        let first_two = [&[6, 19, 0x83][..], &[0xff; 17], &[0x7f]].concat();
        let dotted = decode(&first_two, oid).unwrap();
        assert_eq!(dotted, "2.340282366920938463463374607431768211375");
    }

    #[test]
    fn an_oid_that_is_valid_can_be_dotted() {
        for octets in (0..=0xff_ffff_u32).step_by(0x7f).map(|n| n.to_be_bytes()) {
            let content = &octets[1..];
            let dotted = decode(&[&[6, 3], content].concat(), oid);
            assert_eq!(is_oid(content), dotted.is_some(), "{content:02x?}");
        }
        assert!(!is_oid(&[]) && !is_oid(&[0x80]));
    }

    #[test]
    fn named_bits_have_one_form() {
        let named = |content: &[u8]| {
            let element = [&[3, content.len() as u8], content].concat();
            decode(&element, |element| named_bits_of(element).map(<[u8]>::to_vec))
        };
        assert_eq!(named(&[0]), Some(vec![]), "none of them");
        assert_eq!(named(&[6, 0x40]), Some(vec![0x40]));
        assert_eq!(named(&[0, 0x41]), Some(vec![0x41]));
        assert_eq!(named(&[6, 0x41]), None, "an unused bit is one");
        assert_eq!(named(&[0, 0x40]), None, "bits of zero at the end");
        assert_eq!(named(&[0, 0x40, 0]), None, "an octet of zeros at the end");
        assert_eq!(named(&[0, 0]), None, "nothing but zeros");
    }

    #[test]
    fn integers_are_shortest_and_small_ones_are_bounded() {
        assert_eq!(decode(&[2, 1, 0x7f], unsigned), Some(127));
        assert_eq!(decode(&[2, 2, 0x00, 0x80], unsigned), Some(128));
        assert_eq!(
            decode(&[2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255], unsigned),
            Some(u64::MAX)
        );
        assert_eq!(decode(&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0], unsigned), None, "65 bits");
        assert_eq!(decode(&[2, 1, 0x80], unsigned), None, "negative");
        assert_eq!(decode(&[2, 2, 0x00, 0x7f], unsigned), None, "padded");
        assert_eq!(decode(&[2, 0], unsigned), None, "empty");
    }

    #[test]
    fn booleans_are_all_or_nothing() {
        assert_eq!(decode(&[1, 1, 0xff], boolean), Some(true));
        assert_eq!(decode(&[1, 1, 0x00], boolean), Some(false));
        assert_eq!(decode(&[1, 1, 0x01], boolean), None);
    }
}
