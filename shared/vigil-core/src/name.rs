//! A distinguished name as text, for readers (after RFC 4514, with the attributes in their own order),
//! and whether it is one.

use std::hash::{BuildHasher, RandomState};

use crate::{
    der::{DerError, Element, Reader, tag, value},
    extension::SeenOids,
};

mod string;

/// What can be read of it. The author of a CRL chose the characters.
pub fn readable(name: &[u8]) -> String {
    attributes(name).unwrap_or_default().join(", ")
}

/// What is wrong with the form of a Name whose elements are all in their places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameForm {
    /// A string has characters that its type does not have (X.680 §41, RFC 5280 §4.1.2.4).
    pub(crate) characters: bool,
    /// A set of several attributes is not in the order of DER (X.690 §11.6), or has one twice.
    pub(crate) order: bool,
}

/// Whether a Name is one (RFC 5280 §4.1.2.4), and in the form that DER gives it.
///
/// # Errors
///
/// [`DerError`] names the first element that is not in its place.
pub(crate) fn check(name: Element<'_>) -> Result<NameForm, DerError> {
    let mut sets = name.tagged(tag::SEQUENCE)?.open()?;
    let mut form = NameForm::default();
    while !sets.is_empty() {
        let of_set = check_relative(sets.expect(tag::SET)?)?;
        form.characters |= of_set.characters;
        form.order |= of_set.order;
    }
    Ok(form)
}

/// The same of a RelativeDistinguishedName, whose own tag is the caller's business.
///
/// # Errors
///
/// As [`check`].
pub(crate) fn check_relative(set: Element<'_>) -> Result<NameForm, DerError> {
    let mut pairs = set.open()?;
    if pairs.is_empty() {
        return Err(set.invalid("RelativeDistinguishedName"));
    }
    let (mut form, mut before): (_, &[u8]) = (NameForm::default(), &[]);
    let mut types = SeenOids::default();
    while !pairs.is_empty() {
        let pair = pairs.expect(tag::SEQUENCE)?;
        form.order |= before > pair.raw;
        before = pair.raw;
        let mut parts = pair.open()?;
        let of = parts.expect(tag::OBJECT_IDENTIFIER)?;
        value::oid(of)?;
        form.order |= types.see(of.content);
        form.characters |= !string::has_its_characters(parts.element()?);
        parts.finish()?;
    }
    Ok(form)
}

/// Whether two Names are the same by RFC 5280 §7.1: types and strings are compared, and neither case,
/// nor white space, nor the type of a string makes a difference. RFC 4518's normalization of Unicode is
/// left out.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one == other
        || comparable(one).is_ok_and(|one| comparable(other).is_ok_and(|other| one == other))
}

/// The same of Names that are the same by [`is_same`].
pub(crate) fn hash(name: &[u8], by: &RandomState) -> u64 {
    comparable(name).map_or_else(|_| by.hash_one(name), |folded| by.hash_one(folded))
}

/// Type and folded value of each attribute of a set.
type Folded = Vec<(String, Vec<u8>)>;

/// By set; within a set the order means nothing.
fn comparable(name: &[u8]) -> Result<Vec<Folded>, DerError> {
    let mut sets = Reader::new(name).expect(tag::SEQUENCE)?.open()?;
    let mut all = Vec::new();
    while !sets.is_empty() {
        let (mut set, mut pairs) = (Vec::new(), sets.expect(tag::SET)?.open()?);
        while !pairs.is_empty() {
            let mut pair = pairs.expect(tag::SEQUENCE)?.open()?;
            let oid = value::oid(pair.expect(tag::OBJECT_IDENTIFIER)?)?;
            set.push((oid, string::folded(pair.element()?)));
            pair.finish()?;
        }
        set.sort();
        all.push(set);
    }
    Ok(all)
}

fn attributes(name: &[u8]) -> Option<Vec<String>> {
    let mut sets = Reader::new(name).expect(tag::SEQUENCE).ok()?.open().ok()?;
    let mut shown = Vec::new();
    while !sets.is_empty() && shown.len() < 16 {
        let mut set = sets.expect(tag::SET).ok()?.open().ok()?;
        while !set.is_empty() {
            let mut pair = set.expect(tag::SEQUENCE).ok()?.open().ok()?;
            let oid = value::oid(pair.expect(tag::OBJECT_IDENTIFIER).ok()?).ok()?;
            let text = pair.element().ok()?.content;
            let text: String = String::from_utf8_lossy(text).chars().take(128).collect();
            shown.push(format!("{}={text}", short(&oid)));
        }
    }
    Some(shown)
}

fn short(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crl::fixture;

    #[test]
    fn a_name_is_sets_of_pairs() {
        use crate::crl::fixture::{seq, tlv};
        assert_eq!(check(&fixture::name("Root")), Ok(NameForm::default()));
        assert_eq!(check(&seq(&[vec![]])), Ok(NameForm::default()), "the empty name");
        for (what, wrong) in [
            ("an empty set", seq(&[tlv(tag::SET, &[])])),
            ("no set", seq(&[seq(&[vec![]])])),
            ("no pair", seq(&[tlv(tag::SET, &tlv(tag::INTEGER, &[1]))])),
        ] {
            assert!(check(&wrong).is_err(), "{what}");
        }
        for at in 0..fixture::name("Root").len() {
            assert!(check(&fixture::name("Root")[..at]).is_err(), "{at}");
        }
    }

    fn check(name: &[u8]) -> Result<NameForm, DerError> {
        super::check(Reader::new(name).element()?)
    }

    /// `(attribute, tag, octets)`
    type Pair<'a> = (u8, u8, &'a [u8]);

    /// A Name of sets.
    fn name_of(sets: &[&[Pair<'_>]]) -> Vec<u8> {
        use crate::crl::fixture::{seq, tlv};
        let set = |pairs: &&[Pair<'_>]| {
            let pair = |(oid, tag, octets): &Pair<'_>| {
                seq(&[tlv(tag::OBJECT_IDENTIFIER, &[0x55, 4, *oid]), tlv(*tag, octets)])
            };
            tlv(tag::SET, &pairs.iter().map(pair).collect::<Vec<_>>().concat())
        };
        seq(&sets.iter().map(set).collect::<Vec<_>>())
    }

    #[test]
    fn a_string_has_the_characters_of_its_type() {
        for (of, text, is_right) in [
            (0x0c_u8, &b"\xc3\xbc"[..], true),
            (0x0c, b"\xff", false),
            (0x12, b"12 3", true),
            (0x12, b"12a", false),
            (0x13, b"AZaz09 '()+,-./:=?", true),
            (0x13, b"a@b", false),
            (0x13, b"*", false),
            (0x14, b"\xff", true),
            (0x16, b"a@b", true),
            (0x16, b"\xfc", false),
            (0x1a, b"a\n", false),
            (0x1c, &[0, 0, 0, 0x41], true),
            (0x1c, &[0, 0x11, 0, 0], false),
            (0x1e, &[0, 0x41], true),
            (0x1e, &[0x41], false),
            (0x1e, &[0xd8, 0], false),
            (0x2c, &[0x0c, 1, 0x41], false),
            (0x03, &[0, 1], true),
            (0x04, b"abc", true),
            (0x04, &[0xff], false),
            (0x18, b"19700101000000.5Z", true),
            (0x18, b"today", false),
            (0x02, &[1], false),
            (0x01, &[0xff], false),
            (0x0d, b"A", false),
        ] {
            let form = check(&name_of(&[&[(3, of, text)]])).unwrap();
            assert_eq!(!form.characters, is_right, "0x{of:02x} {text:02x?}");
        }
    }

    #[test]
    fn a_set_is_in_the_order_of_der() {
        let (o, cn): (Pair<'_>, Pair<'_>) = ((10, 0x0c, b"x"), (3, 0x0c, b"x"));
        assert!(!check(&name_of(&[&[cn, o]])).unwrap().order);
        assert!(check(&name_of(&[&[o, cn]])).unwrap().order);
        assert!(check(&name_of(&[&[cn, (3, 0x0c, b"y")]])).unwrap().order, "one type twice");
        assert!(!check(&name_of(&[&[o], &[cn]])).unwrap().order, "sets have any order");
    }

    #[test]
    fn names_are_the_same_whatever_encodes_them() {
        let utf8 = name_of(&[&[(3, 0x0c, b"My  Root ")]]);
        for other in [
            name_of(&[&[(3, 0x13, b"my root")]]),
            name_of(&[&[(3, 0x1e, b"\0m\0Y\0 \0R\0o\0o\0t")]]),
            name_of(&[&[(3, 0x0c, b" MY ROOT")]]),
        ] {
            assert!(is_same(&utf8, &other));
        }
        for other in [
            name_of(&[&[(3, 0x0c, b"MyRoot")]]),
            name_of(&[&[(10, 0x0c, b"My Root")]]),
            name_of(&[&[(3, 0x0c, b"My Root")], &[(3, 0x0c, b"My Root")]]),
            name_of(&[]),
            vec![0x30, 1],
        ] {
            assert!(!is_same(&utf8, &other));
        }
    }

    #[test]
    fn a_name_is_shown_by_its_attributes() {
        assert_eq!(readable(&fixture::name("Root")), "CN=Root");
        assert_eq!(readable(&[0x30, 1]), "");
    }
}
