//! Verifies ECDSA on the brainpool curves, which aws-lc-rs does not have.
//!
//! Only public values are computed with, so nothing has to take the same time.

use num_bigint::BigUint;

use super::Key;
use crate::der::{Reader, tag, value};

/// A curve over a prime field (RFC 5639 §3), in hexadecimal.
struct Parameters {
    oid: &'static str,
    p: &'static str,
    a: &'static str,
    b: &'static str,
    /// The base point.
    x: &'static str,
    y: &'static str,
    /// Its order; the cofactor is 1.
    n: &'static str,
}

/// RFC 5639 §3.4, §3.6, §3.7: brainpoolP256r1, brainpoolP384r1, brainpoolP512r1.
const CURVES: &[Parameters] = &[
    Parameters {
        oid: "1.3.36.3.3.2.8.1.1.7",
        p: "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
        a: "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
        b: "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
        x: "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
        y: "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
        n: "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
    },
    Parameters {
        oid: "1.3.36.3.3.2.8.1.1.11",
        p: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71\
            874700133107ec53",
        a: "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb\
            04a8c7dd22ce2826",
        b: "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc994\
            3ab78696fa504c11",
        x: "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aa\
            ef87b2e247d4af1e",
        y: "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e46462177918111\
            42820341263c5315",
        n: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc310\
            3b883202e9046565",
    },
    Parameters {
        oid: "1.3.36.3.3.2.8.1.1.13",
        p: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842\
            aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
        a: "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa1\
            0a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
        b: "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d\
            77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
        x: "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d\
            50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
        y: "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e\
            5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
        n: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619\
            418661197fac10471db1d381085ddaddb58796829ca90069",
    },
];

/// `None` is the point at infinity.
type Point = Option<(BigUint, BigUint)>;

struct Curve {
    p: BigUint,
    a: BigUint,
    b: BigUint,
    base: Point,
    n: BigUint,
    /// Octets of a coordinate.
    length: usize,
}

fn parameters(key: &Key<'_>) -> Option<&'static Parameters> {
    CURVES.iter().find(|curve| key.curve.as_deref() == Some(curve.oid))
}

/// Whether the key is on one of the curves.
pub(super) fn is_known(key: &Key<'_>) -> bool {
    parameters(key).is_some()
}

/// Whether the key made the signature over what has this digest (FIPS 186-5 §6.4.2).
pub(super) fn is_ecdsa(key: &Key<'_>, digest: &[u8], signature: &[u8]) -> bool {
    verify(key, digest, signature).unwrap_or(false)
}

fn verify(key: &Key<'_>, digest: &[u8], signature: &[u8]) -> Option<bool> {
    let curve = Curve::of(parameters(key)?)?;
    let public = curve.point(key.bits)?;
    let (r, s) = pair(signature)?;
    let is_scalar = |number: &BigUint| *number != BigUint::ZERO && *number < curve.n;
    if !is_scalar(&r) || !is_scalar(&s) {
        return None;
    }
    // The leftmost bits of the digest, as many as the order has.
    let excess = (digest.len() as u64 * 8).saturating_sub(curve.n.bits());
    let e = BigUint::from_bytes_be(digest) >> excess;
    let w = s.modinv(&curve.n)?;
    let sum = curve.add(
        curve.times(&(&e * &w % &curve.n), &curve.base),
        curve.times(&(&r * &w % &curve.n), &public),
    );
    let (x, _) = sum?;
    Some(x % &curve.n == r)
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3).
fn pair(signature: &[u8]) -> Option<(BigUint, BigUint)> {
    let mut outer = Reader::new(signature);
    let mut both = outer.expect(tag::SEQUENCE).ok()?.open().ok()?;
    outer.finish().ok()?;
    let mut positive = || {
        let octets = value::integer(both.expect(tag::INTEGER).ok()?).ok()?;
        (octets[0] & 0x80 == 0).then(|| BigUint::from_bytes_be(octets))
    };
    let (r, s) = (positive()?, positive()?);
    both.finish().ok()?;
    Some((r, s))
}

impl Curve {
    fn of(parameters: &Parameters) -> Option<Self> {
        let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16);
        let Parameters { p, a, b, x, y, n, .. } = parameters;
        Some(Self {
            length: p.len() / 2,
            p: number(p)?,
            a: number(a)?,
            b: number(b)?,
            base: Some((number(x)?, number(y)?)),
            n: number(n)?,
        })
    }

    /// An uncompressed point of the curve (SEC 1 §2.3.4). RFC 5480 §2.2 leaves others to choice.
    fn point(&self, octets: &[u8]) -> Option<Point> {
        let coordinates = octets.strip_prefix(&[4])?;
        if coordinates.len() != 2 * self.length {
            return None;
        }
        let (x, y) = coordinates.split_at(self.length);
        let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
        let right = (&x * &x * &x + &self.a * &x + &self.b) % &self.p;
        let is_on_curve = x < self.p && y < self.p && &y * &y % &self.p == right;
        is_on_curve.then_some(Some((x, y)))
    }

    fn minus(&self, one: &BigUint, other: &BigUint) -> BigUint {
        (one + &self.p - other % &self.p) % &self.p
    }

    fn add(&self, one: Point, other: Point) -> Point {
        let ((x1, y1), (x2, y2)) = match (one, other) {
            (None, point) | (point, None) => return point,
            (Some(one), Some(other)) => (one, other),
        };
        let (rise, run) = if x1 != x2 {
            (self.minus(&y2, &y1), self.minus(&x2, &x1))
        } else if y1 == y2 {
            (&x1 * &x1 * 3_u8 + &self.a, &y1 * 2_u8)
        } else {
            return None;
        };
        let slope = rise * run.modinv(&self.p)? % &self.p;
        let x = self.minus(&self.minus(&(&slope * &slope % &self.p), &x1), &x2);
        let y = self.minus(&(slope * self.minus(&x1, &x) % &self.p), &y1);
        Some((x, y))
    }

    fn times(&self, factor: &BigUint, point: &Point) -> Point {
        let mut sum = None;
        for at in (0..factor.bits()).rev() {
            sum = self.add(sum.clone(), sum);
            if factor.bit(at) {
                sum = self.add(sum, point.clone());
            }
        }
        sum
    }
}
