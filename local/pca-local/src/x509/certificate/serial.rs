//! Certificate serial numbers in the forms in which the service prints and takes them.

use hex::FromHex as _;

/// The length of the serials that the service gives out.
const OCTETS: usize = 16;

/// An unsigned serial number. Equal numbers are equal, however many leading zeros they came with.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// Takes the big-endian magnitude. A shorter one is filled up to the 16 octets of the
    /// service's own; imported certificates may have up to 20.
    pub fn new(magnitude: &[u8]) -> Self {
        let significant = magnitude.iter().position(|&octet| octet != 0).unwrap_or(magnitude.len());
        let significant = &magnitude[significant..];
        let mut octets = vec![0; OCTETS.saturating_sub(significant.len())];
        octets.extend_from_slice(significant);
        Self(octets)
    }

    /// Reads hex digits of either case, with or without colons between the octets.
    pub fn from_hex(text: &str) -> Option<Self> {
        let octets = if text.contains(':') {
            let octet = |pair| <[u8; 1]>::from_hex(pair).ok();
            text.split(':').map(octet).collect::<Option<Vec<_>>>().map(|octets| octets.concat())
        } else {
            hex::decode(text).ok()
        };
        octets.filter(|octets| !octets.is_empty()).map(|octets| Self::new(&octets))
    }

    /// At least 16 octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `None` for the longer serials of foreign certificates.
    pub fn to_array(&self) -> Option<[u8; OCTETS]> {
        self.0.as_slice().try_into().ok()
    }

    /// Lower-case digits without separators, as in certificate ARNs.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }

    /// Lower-case pairs between colons, as in audit reports.
    pub fn to_colon_hex(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|octet| format!("{octet:02x}")).collect();
        pairs.join(":")
    }

    /// In decimal digits, as DescribeCertificateAuthority has it.
    pub fn to_decimal(&self) -> String {
        // Least significant digit first; each octet shifts the number by 256.
        let mut digits = vec![0_u8];
        for octet in &self.0 {
            let mut carry = u16::from(*octet);
            for digit in &mut digits {
                let sum = u16::from(*digit) * 256 + carry;
                // A remainder of ten fits an octet.
                *digit = (sum % 10) as u8;
                carry = sum / 10;
            }
            while carry > 0 {
                digits.push((carry % 10) as u8);
                carry /= 10;
            }
        }
        digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
    }
}

impl From<[u8; OCTETS]> for Serial {
    fn from(octets: [u8; OCTETS]) -> Self {
        Self(octets.to_vec())
    }
}

impl std::fmt::Debug for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Serial({})", self.to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_many_spellings() {
        let serial = Serial::new(&[0x01, 0xff]);
        assert_eq!(serial.to_hex(), "000000000000000000000000000001ff");
        assert_eq!(serial.to_colon_hex(), "00:00:00:00:00:00:00:00:00:00:00:00:00:00:01:ff");
        assert_eq!(serial.to_decimal(), "511");
        for spelling in ["01ff", "01FF", "01:ff", "00:01:Ff", &serial.to_hex()] {
            assert_eq!(Serial::from_hex(spelling), Some(serial.clone()), "{spelling}");
        }
    }

    #[test]
    fn the_largest_serials_are_unsigned() {
        let serial = Serial::from([0xff; 16]);
        assert_eq!(serial.to_decimal(), u128::MAX.to_string());
        let longer = Serial::new(&[0xff; 20]);
        assert_eq!(longer.to_decimal(), "1461501637330902918203684832716283019655932542975");
        assert_eq!((longer.to_hex().len(), longer.to_array()), (40, None));
        assert_eq!(Serial::new(&[]).to_decimal(), "0");
    }

    #[test]
    fn what_is_not_hex_is_no_serial() {
        for text in ["", ":", "0", "012", "01:2", "0x01", "+1", "gg", "01::02", "01:ff:", "é"] {
            assert_eq!(Serial::from_hex(text), None, "{text}");
        }
    }
}
