//! Ranges of addresses, as the operator `IpAddress` has them.

use std::net::IpAddr;

/// A range in the notation of CIDR (RFC 4632), or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    bits: u32,
}

impl AddressRange {
    /// `203.0.113.0/24`, `2001:db8::/32`, or an address alone. `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let (first, bits) = match text.split_once('/') {
            Some((first, bits)) => (first, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let first: IpAddr = first.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        Some(Self { first, bits: bits.unwrap_or(most) }).filter(|range| range.bits <= most)
    }

    /// The address that it is written with.
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// Whether S3 takes the range for everyone: wider than /8, or than /32 of version 6 (Amazon S3 User
    /// Guide, The meaning of "public").
    pub fn is_wide(&self) -> bool {
        self.bits < if self.first.is_ipv4() { 8 } else { 32 }
    }

    /// Whether the address is in it.
    pub fn has(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let host = u32::MAX.checked_shr(self.bits).unwrap_or(0);
                first.to_bits() | host == address.to_bits() | host
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let host = u128::MAX.checked_shr(self.bits).unwrap_or(0);
                first.to_bits() | host == address.to_bits() | host
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_the_addresses_of_its_first_bits() {
        for (range, address, is_in) in [
            ("0.0.0.0/0", "203.0.113.7", true),
            ("128.0.0.0/1", "127.255.255.255", false),
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.9/24", "203.0.113.1", true),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7/32", "203.0.113.8", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("::/0", "203.0.113.7", false),
        ] {
            let range = AddressRange::read(range).unwrap();
            assert_eq!(range.has(address.parse().unwrap()), is_in, "{range:?} {address}");
        }
        for text in ["", "x", "1.2.3/8", "1.2.3.4/33", "::/129", "1.2.3.4/x", "1.2.3.4/-1"] {
            assert_eq!(AddressRange::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_wide_range_is_everyone() {
        let is_wide = |text| AddressRange::read(text).unwrap().is_wide();
        assert!(is_wide("0.0.0.0/0") && is_wide("0.0.0.0/7") && is_wide("::/31"));
        assert!(!is_wide("10.0.0.0/8") && !is_wide("2001:db8::/32"));
    }
}
