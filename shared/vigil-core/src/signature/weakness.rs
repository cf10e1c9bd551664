//! Whether anyone can sign as a key's owner, as far as the public key shows it.

use num_bigint::BigUint;

use super::Key;

/// Octets of a modulus. To search a longer one for factors takes seconds.
const MAX_MODULUS: usize = 8 * 1024 / 8;
/// CA/Browser Forum Baseline Requirements §6.1.6: a modulus has no smaller factor.
const SMALLEST_FACTOR: u32 = 752;
/// Of Fermat's method (Baseline Requirements §6.1.1.3).
const ROUNDS: u32 = 100;

impl Key<'_> {
    /// Why the key keeps no secret; `None` if nothing shows that.
    pub fn weakness(&self) -> Option<String> {
        if self.is_ed25519() && is_of_small_order(self.bits) {
            return Some("its point has a small order".to_owned());
        }
        let (modulus, _) = self.rsa()?;
        (modulus.len() <= MAX_MODULUS).then(|| of_modulus(&BigUint::from_bytes_be(modulus)))?
    }

    /// No RSA key has an even exponent (RFC 8017 §3.1), and some readers refuse one.
    pub fn is_rsa_exponent_even(&self) -> bool {
        self.rsa().is_some_and(|(_, exponent)| exponent.last().is_some_and(|last| last & 1 == 0))
    }
}

/// The points of Ed25519 whose order divides eight, in both signs, and the encodings of the same that RFC
/// 8032 §5.1.3 does not allow. Of each, anyone can make signatures.
fn is_of_small_order(point: &[u8]) -> bool {
    /// The y of those of order eight.
    const OF_ORDER_EIGHT: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let Ok(mut y) = <[u8; 32]>::try_from(point) else { return false };
    // The last bit is the sign of x.
    y[31] &= 0x7f;
    match y {
        // 0 and 1.
        [0 | 1, rest @ ..] if rest == [0; 31] => true,
        // 2^255 - 19, and the numbers beside it.
        [0xec..=0xee, rest @ .., 0x7f] if rest == [0xff; 30] => true,
        _ => OF_ORDER_EIGHT.contains(&y),
    }
}

fn of_modulus(modulus: &BigUint) -> Option<String> {
    let one = BigUint::from(1_u32);
    if *modulus <= one {
        return Some("its modulus is one".to_owned());
    }
    let divides = |factor: &u32| modulus % *factor == BigUint::ZERO;
    if let Some(factor) = (2..SMALLEST_FACTOR).find(divides) {
        return Some(format!("its modulus has the factor {factor}"));
    }
    // Fermat's little theorem: 2^p is 2 modulo each prime p, and so is 2 to a power of p.
    let two = BigUint::from(2_u32);
    let rest = (two.modpow(modulus, modulus) + modulus - &two) % modulus;
    if greatest_divisor(rest, modulus.clone()) != one {
        return Some("its modulus is a prime, a power of one, or of related primes".to_owned());
    }
    are_close(modulus).then(|| "the factors of its modulus are close to each other".to_owned())
}

fn greatest_divisor(mut one: BigUint, mut other: BigUint) -> BigUint {
    while other != BigUint::ZERO {
        let rest = &one % &other;
        one = other;
        other = rest;
    }
    one
}

/// Whether Fermat's method finds two factors soon: the modulus is a difference of two squares.
fn are_close(modulus: &BigUint) -> bool {
    let mut root = modulus.sqrt();
    if &root * &root < *modulus {
        root += 1_u32;
    }
    (0..ROUNDS).any(|_| {
        let rest = &root * &root - modulus;
        root += 1_u32;
        is_square(&rest)
    })
}

/// The last six bits of a square are one of twelve, which spares most roots.
fn is_square(number: &BigUint) -> bool {
    const ENDINGS: u64 = 0x0202_0212_0203_0213;
    let ending = number.iter_u64_digits().next().unwrap_or_default() & 0x3f;
    if ENDINGS >> ending & 1 == 0 {
        return false;
    }
    let root = number.sqrt();
    &root * &root == *number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(modulus: &str) -> Option<String> {
        of_modulus(&BigUint::from_bytes_be(&hex::decode(modulus).unwrap()))
    }

    #[test]
    fn a_modulus_that_can_be_factored_is_found() {
        let related = "its modulus is a prime, a power of one, or of related primes";
        for (name, modulus, want) in [
            ("good", "cb8914b09e95f2e4fe25995c06cd8f48e2202dfed4b24bf4d8ae2f4742b4c209", None),
            (
                "a prime",
                "de7d6b377936d536243d35702c1eea1f265974a7cc966f46c6aa7d550101b811",
                Some(related),
            ),
            (
                "a square",
                "b0d2cc05c0d6d60e2895ece5b250cf6e4df512d309bb7ff2e77145d5e50f9db9",
                Some(related),
            ),
            (
                "a cube",
                "0858c3da1b1deb24a43019b6106b6349fbedf6d0a8ada5bcca7ed0af55b53935",
                Some(related),
            ),
            (
                "close primes",
                "b0d2cc05c0d6d60e2895ece5b250cfa1d51306151b0f96b5a6e84c285c9244a3",
                Some("the factors of its modulus are close to each other"),
            ),
            (
                "743",
                "94c15c3b53ff3f1b678f5818d04088d04e3c71140b2c5e736357b39ce342f625",
                Some("its modulus has the factor 743"),
            ),
            ("757", "b01ceaa7db65f8d0ce082e156745658efd4a8008cbf705ec7175b824ec540fc9", None),
            ("even", "0a", Some("its modulus has the factor 2")),
            ("one", "01", Some("its modulus is one")),
        ] {
            assert_eq!(found(modulus).as_deref(), want, "{name}");
        }
    }

    #[test]
    fn a_point_of_small_order_is_found_in_each_encoding() {
        let end = |first: u8, fill: u8, last: u8| {
            let mut point = [fill; 32];
            (point[0], point[31]) = (first, last);
            point
        };
        for (point, want) in [
            (end(0, 0, 0), true),
            (end(1, 0, 0), true),
            (end(0, 0, 0x80), true),
            (end(1, 0, 0x80), true),
            (end(0xec, 0xff, 0x7f), true),
            (end(0xed, 0xff, 0xff), true),
            (end(0xee, 0xff, 0x7f), true),
            (end(2, 0, 0), false),
            (end(0xeb, 0xff, 0x7f), false),
            (end(0xef, 0xff, 0x7f), false),
            (end(1, 0, 1), false),
        ] {
            assert_eq!(is_of_small_order(&point), want, "{point:02x?}");
        }
        for y in [
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        ] {
            assert!(is_of_small_order(&hex::decode(y).unwrap()), "{y}");
        }
        assert!(!is_of_small_order(&[0; 31]));
    }
}
