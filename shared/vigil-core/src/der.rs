//! Reads DER without copying it and without trusting it: what element comes next, and where is it wrong?
//!
//! Own code on purpose. A CRL of a million entries is walked element by element while it arrives, in
//! memory that does not grow with it; the DER libraries of the ecosystem want the whole structure in
//! memory and build an object per entry. What is read here is hostile until a signature says otherwise:
//! only definite lengths in their shortest form, one-byte tags, and bounded lengths and depth pass.

pub mod value;

/// Deeper than anything in RFC 5280 that we open; reached only by input made to nest.
const MAX_DEPTH: u8 = 24;
/// Four length octets: 4 GiB, beyond any object that is worth reading.
const MAX_LENGTH_OCTETS: usize = 4;

/// The identifier octets of the types that certificates and CRLs use (X.690 §8.1.2).
pub mod tag {
    /// `BOOLEAN`.
    pub const BOOLEAN: u8 = 0x01;
    /// `INTEGER`.
    pub const INTEGER: u8 = 0x02;
    /// `BIT STRING`, primitive.
    pub const BIT_STRING: u8 = 0x03;
    /// `OCTET STRING`, primitive.
    pub const OCTET_STRING: u8 = 0x04;
    /// `NULL`.
    pub const NULL: u8 = 0x05;
    /// `OBJECT IDENTIFIER`.
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// `ENUMERATED`.
    pub const ENUMERATED: u8 = 0x0a;
    /// `UTCTime`.
    pub const UTC_TIME: u8 = 0x17;
    /// `GeneralizedTime`.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// `SEQUENCE` and `SEQUENCE OF`.
    pub const SEQUENCE: u8 = 0x30;
    /// `SET` and `SET OF`.
    pub const SET: u8 = 0x31;

    /// Context-specific, primitive: `[n] IMPLICIT` of a primitive type.
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// Context-specific, constructed: `[n] EXPLICIT`, or `[n] IMPLICIT` of a constructed type.
    pub const fn context_constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Every variant names the offset, counted from the start of the object that is being read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum DerError {
    #[error("element at offset {offset} nests more than {MAX_DEPTH} deep")]
    TooDeep { offset: u64 },
    #[error("length at offset {offset} has {octets} octets, more than {MAX_LENGTH_OCTETS}")]
    LengthTooLarge { offset: u64, octets: usize },
    #[error("length at offset {offset} is indefinite, which DER forbids")]
    IndefiniteLength { offset: u64 },
    #[error("length at offset {offset} is not in its shortest form, which DER demands")]
    NonMinimalLength { offset: u64 },
    #[error("tag at offset {offset} has a number over 30, which no CRL or certificate uses")]
    HighTagNumber { offset: u64 },
    #[error("element at offset {offset} has tag 0x{found:02x} where 0x{expected:02x} belongs")]
    UnexpectedTag { offset: u64, expected: u8, found: u8 },
    #[error("truncated at offset {offset}")]
    Truncated { offset: u64 },
    #[error("{count} bytes are left over at offset {offset}")]
    LeftOver { offset: u64, count: usize },
    #[error("{what} at offset {offset} is not valid")]
    Value { offset: u64, what: &'static str },
}

/// Tag and length of one element, before its content has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The identifier octet.
    pub tag: u8,
    /// Octets of tag and length.
    pub header_len: usize,
    /// Octets of the content.
    pub content_len: u64,
}

impl Header {
    /// Octets of the whole element.
    pub fn total_len(self) -> u64 {
        self.header_len as u64 + self.content_len
    }

    /// Reads a header at the start of `bytes`, which lie at `offset` of the object.
    /// `None`: it is fine so far, and more bytes are needed.
    ///
    /// # Errors
    ///
    /// [`DerError`] if the bytes cannot begin an element of DER.
    pub fn read(bytes: &[u8], offset: u64) -> Result<Option<Self>, DerError> {
        let Some((&tag, rest)) = bytes.split_first() else { return Ok(None) };
        if tag & 0x1f == 0x1f {
            return Err(DerError::HighTagNumber { offset });
        }
        let at = offset + 1;
        let Some((&first, rest)) = rest.split_first() else { return Ok(None) };
        if first < 0x80 {
            return Ok(Some(Self { tag, header_len: 2, content_len: u64::from(first) }));
        }
        let octets = usize::from(first & 0x7f);
        if octets == 0 {
            return Err(DerError::IndefiniteLength { offset: at });
        }
        if octets > MAX_LENGTH_OCTETS {
            return Err(DerError::LengthTooLarge { offset: at, octets });
        }
        let Some(length) = rest.get(..octets) else { return Ok(None) };
        let content_len = length.iter().fold(0, |value: u64, &octet| value << 8 | u64::from(octet));
        if length[0] == 0 || content_len < 0x80 {
            return Err(DerError::NonMinimalLength { offset: at });
        }
        Ok(Some(Self { tag, header_len: 2 + octets, content_len }))
    }
}

/// One whole element: its content, and its bytes with tag and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// Tag, length and content.
    pub raw: &'a [u8],
    /// The content alone.
    pub content: &'a [u8],
    /// Where it begins in the object.
    pub offset: u64,
    depth: u8,
}

impl<'a> Element<'a> {
    /// A reader over the elements inside this one.
    ///
    /// # Errors
    ///
    /// [`DerError::TooDeep`] if elements nest more than 24 deep.
    pub fn open(self) -> Result<Reader<'a>, DerError> {
        if self.depth >= MAX_DEPTH {
            return Err(DerError::TooDeep { offset: self.offset });
        }
        Ok(Reader { bytes: self.content, offset: self.content_offset(), depth: self.depth + 1 })
    }

    /// This element, if it carries this tag.
    ///
    /// # Errors
    ///
    /// [`DerError::UnexpectedTag`] if it carries another one.
    pub fn tagged(self, expected: u8) -> Result<Self, DerError> {
        if self.tag == expected {
            return Ok(self);
        }
        Err(DerError::UnexpectedTag { offset: self.offset, expected, found: self.tag })
    }

    /// Where the content begins in the object.
    pub fn content_offset(self) -> u64 {
        self.offset + (self.raw.len() - self.content.len()) as u64
    }

    pub(crate) fn invalid(self, what: &'static str) -> DerError {
        DerError::Value { offset: self.offset, what }
    }
}

/// Reads one element after another.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: u64,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// A reader over a whole object.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, 0)
    }

    /// `bytes` that lie at `offset` of a larger object, so that errors name the place in that object.
    pub fn at(bytes: &'a [u8], offset: u64) -> Self {
        Self { bytes, offset, depth: 0 }
    }

    /// Whether no octet is left.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next identifier octet, if any octet is left.
    pub fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    /// The next element, whatever it is.
    ///
    /// # Errors
    ///
    /// [`DerError`] if no whole element of DER is left.
    pub fn element(&mut self) -> Result<Element<'a>, DerError> {
        let truncated = DerError::Truncated { offset: self.offset + self.bytes.len() as u64 };
        let Some(header) = Header::read(self.bytes, self.offset)? else { return Err(truncated) };
        // On a 32-bit target a length that does not fit is longer than any slice: truncated.
        let Ok(total) = usize::try_from(header.total_len()) else { return Err(truncated) };
        let Some(raw) = self.bytes.get(..total) else { return Err(truncated) };
        let element = Element {
            tag: header.tag,
            raw,
            content: &raw[header.header_len..],
            offset: self.offset,
            depth: self.depth,
        };
        self.bytes = &self.bytes[total..];
        self.offset += total as u64;
        Ok(element)
    }

    /// The next element, which must carry this tag.
    ///
    /// # Errors
    ///
    /// As [`Self::element`], and if its tag is another one.
    pub fn expect(&mut self, expected: u8) -> Result<Element<'a>, DerError> {
        match self.peek() {
            Some(found) if found != expected => {
                Err(DerError::UnexpectedTag { offset: self.offset, expected, found })
            }
            _ => self.element(),
        }
    }

    /// The next element if it carries this tag.
    ///
    /// # Errors
    ///
    /// As [`Self::element`], if the tag is the one asked for.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.peek() == Some(tag) { self.element().map(Some) } else { Ok(None) }
    }

    /// Nothing may follow.
    ///
    /// # Errors
    ///
    /// [`DerError::LeftOver`] if octets are left.
    pub fn finish(self) -> Result<(), DerError> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        Err(DerError::LeftOver { offset: self.offset, count: self.bytes.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_in_its_shortest_form_only() {
        use DerError::{HighTagNumber, IndefiniteLength, LengthTooLarge, NonMinimalLength};
        let header =
            |tag, header_len, content_len| Ok(Some(Header { tag, header_len, content_len }));
        for (name, bytes, want) in [
            ("nothing", &[][..], Ok(None)),
            ("tag only", &[0x30], Ok(None)),
            ("short", &[0x30, 0x7f], header(0x30, 2, 127)),
            ("long", &[0x30, 0x81, 0x80], header(0x30, 3, 128)),
            ("half a length", &[0x30, 0x82, 0x01], Ok(None)),
            ("longest", &[4, 0x84, 0xff, 0xff, 0xff, 0xff], header(4, 6, 0xffff_ffff)),
            ("indefinite", &[0x30, 0x80], Err(IndefiniteLength { offset: 8 })),
            ("long form of 127", &[0x30, 0x81, 0x7f], Err(NonMinimalLength { offset: 8 })),
            ("leading zero", &[0x30, 0x82, 0, 0xff], Err(NonMinimalLength { offset: 8 })),
            ("five octets", &[0x30, 0x85], Err(LengthTooLarge { offset: 8, octets: 5 })),
            ("high tag", &[0x1f, 0x01], Err(HighTagNumber { offset: 7 })),
        ] {
            assert_eq!(Header::read(bytes, 7), want, "{name}");
        }
    }

    #[test]
    fn an_element_longer_than_its_parent_is_truncated() {
        let mut outer = Reader::new(&[0x30, 0x03, 0x02, 0x02, 0x01]);
        let mut inner = outer.element().unwrap().open().unwrap();
        assert_eq!(inner.element(), Err(DerError::Truncated { offset: 5 }));
    }

    #[test]
    fn nesting_stops_at_the_limit() {
        let mut bytes = vec![0x30, 0x00];
        for _ in 0..60 {
            bytes.splice(0..0, [0x30, bytes.len() as u8]);
        }
        let mut reader = Reader::new(&bytes);
        let error = loop {
            match reader.element().and_then(Element::open) {
                Ok(inner) => reader = inner,
                Err(error) => break error,
            }
        };
        assert_eq!(error, DerError::TooDeep { offset: 2 * u64::from(MAX_DEPTH) });
    }

    #[test]
    fn what_is_left_over_is_counted() {
        let mut reader = Reader::at(&[0x05, 0x00, 0xff, 0xff], 100);
        reader.expect(tag::NULL).unwrap();
        assert_eq!(reader.finish(), Err(DerError::LeftOver { offset: 102, count: 2 }));
    }
}
