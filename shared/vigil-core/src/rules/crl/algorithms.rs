//! The algorithm must be the same inside and outside of what is signed, strong, and the CA's own.

use super::{CrlSubject, Profile};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
    signature::{AlgorithmIdentifier, Hash, Key, SignatureAlgorithm},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.algorithms",
        holds: "Both signature algorithms of the CRL are equal, strong, and the one that the CA is \
                configured with.",
        cites: "RFC 5280 §5.1.1.2; RFC 4055 §3, §5; RFC 5758 §3.2; RFC 8410 §3; RFC 8032 §5.1.3; RFC 8017 §3.1; NIST SP 800-131A; CA/Browser Forum Baseline Requirements §6.1.1.3, §6.1.6, §7.1.3.2; AWS Private CA API Reference, CertificateAuthorityConfiguration",
        kinds: &[
            BROKEN_KEY,
            DIFFERS,
            MISMATCH,
            NOT_ALLOWED,
            NOT_OF_THE_CURVE,
            PARAMETERS,
            UNUSUAL_CURVE,
            WEAK,
            WEAK_EXPONENT,
            WEAK_KEY,
        ],
    },
    check,
};

const BROKEN_KEY: Kind = Kind {
    id: "broken-key",
    title: "Anyone can sign as {ca}: {reason}",
    what_happened: "{object} is to be verified with a key that keeps no secret: {reason}. Checked at \
                    {as_of}.",
    ..WEAK_EXPONENT
};

const DIFFERS: Kind = Kind {
    id: "differs-from-configuration",
    severity: Severity::Medium,
    title: "The CRL of {ca} is signed with {algorithm}, not {configured}",
    what_happened: "{object} is signed with {algorithm}. {ca} is configured with {configured}. \
                    Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const MISMATCH: Kind = Kind {
    id: "inner-outer-mismatch",
    severity: Severity::High,
    title: "The CRL of {ca} names two different signature algorithms",
    what_happened: "{object} names {inside} in the signed part and {outside} outside of it, or \
                    their parameters differ. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const NOT_ALLOWED: Kind = Kind {
    id: "not-allowed",
    severity: Severity::Medium,
    title: "The CRL of {ca} is signed with {algorithm}, which browsers do not allow",
    what_happened: "{object} is signed with {algorithm}, which is not one of those that the Baseline \
                    Requirements list, or has other parameters. Checked at {as_of}.",
    impact: "The CRL breaks the Baseline Requirements, by which browsers judge public CAs.",
    what_to_do: "Configure the CA to sign with RSA or ECDSA, and SHA-256, SHA-384 or SHA-512. Show what \
                 the CRL says now:",
    first_command: super::SHOW_CRL,
};

const NOT_OF_THE_CURVE: Kind = Kind {
    id: "not-of-the-curve",
    severity: Severity::Medium,
    title: "The CRL of {ca} is signed with {algorithm} by a key on {curve}",
    what_happened: "{object} is signed with {algorithm}. The Baseline Requirements have a key on {curve} \
                    sign with {expected}. Checked at {as_of}.",
    impact: "The CRL breaks the Baseline Requirements, by which browsers judge public CAs.",
    what_to_do: "Configure the CA to sign with {expected}. Show what the CRL says now:",
    first_command: super::SHOW_CRL,
};

/// The one algorithm that a key on the curve may sign with.
fn of_the_curve(curve: &str) -> Option<&'static str> {
    match curve {
        "P-256" => Some("SHA256WITHECDSA"),
        "P-384" => Some("SHA384WITHECDSA"),
        "P-521" => Some("SHA512WITHECDSA"),
        _ => None,
    }
}

const PARAMETERS: Kind = Kind {
    id: "parameters",
    severity: Severity::High,
    title: "The CRL of {ca} has wrong parameters for {algorithm}",
    what_happened: "{object} names {algorithm} with parameters that the algorithm must not have, or \
                    without those that it must have. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const WEAK_EXPONENT: Kind = Kind {
    id: "weak-exponent",
    severity: Severity::Critical,
    title: "Anyone can sign as {ca}: the exponent of its RSA key is one",
    what_happened: "{object} is to be verified with an RSA key whose public exponent is one. Such a \
                    signature is what it signs. Checked at {as_of}.",
    impact: "Anyone can forge certificates and CRLs of {ca}.",
    what_to_do: "Stop trusting the CA's certificate, and move to a CA with another key. Show the CA's \
                 key:",
    first_command: super::SHOW_CERTIFICATE,
};

const WEAK_KEY: Kind = Kind {
    id: "weak-key",
    severity: Severity::High,
    title: "The key of {ca} is weak: RSA with {bits} bits",
    what_happened: "{object} is to be verified with an RSA key of {bits} bits. Keys under {minimum} bits \
                    can be broken. Checked at {as_of}.",
    impact: "An attacker who breaks the key can forge certificates and CRLs of {ca}. Many relying \
             parties reject both.",
    what_to_do: "Move to a CA with a key of 2048 bits or more, or with an elliptic curve. Show the \
                 CA's key:",
    first_command: super::SHOW_CERTIFICATE,
};

/// It is weak in another way.
const EVEN_EXPONENT: Kind = Kind {
    title: "The key of {ca} is no RSA key: its exponent is even",
    what_happened: "{object} is to be verified with an RSA key whose public exponent is even, and RFC \
                    8017 has odd ones. Checked at {as_of}.",
    impact: "Nothing is known of the security of such a key. Some relying parties reject certificates and \
             CRLs of {ca}.",
    ..WEAK_KEY
};

/// NIST SP 800-131A, CA/Browser Forum Baseline Requirements §6.1.5.
const MINIMUM_RSA_BITS: usize = 2048;

const UNUSUAL_CURVE: Kind = Kind {
    id: "unusual-curve",
    severity: Severity::Low,
    title: "The key of {ca} is on a curve that few relying parties know: {curve}",
    what_happened: "{object} is to be verified with a key on {curve}, which is not one of the curves of \
                    RFC 5480. Checked at {as_of}.",
    impact: "Browsers and many libraries do not verify certificates and CRLs of {ca}.",
    what_to_do: "Move to a CA with a key on P-256, P-384 or P-521, unless all relying parties know the \
                 curve. Show the CA's key:",
    first_command: super::SHOW_CERTIFICATE,
};

/// It is unusual in another way.
const HYBRID_POINT: Kind = Kind {
    title: "The key of {ca} is a hybrid point, which few relying parties read",
    what_happened: "{object} is to be verified with a key whose point is in the hybrid form, which RFC 5480 \
                    §2.2 forbids. Checked at {as_of}.",
    what_to_do: "Issue a certificate with the point in the uncompressed form. Show the CA's key:",
    ..UNUSUAL_CURVE
};

const WEAK: Kind = Kind {
    id: "weak",
    severity: Severity::High,
    title: "The CRL of {ca} is signed with the weak algorithm {algorithm}",
    what_happened: "{object} is signed with {algorithm}, for which signatures can be forged. Checked \
                    at {as_of}.",
    impact: "An attacker may forge a CRL that hides revocations by {ca}. Many relying parties reject \
             this one.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let (inside, outside) = (&facts.inner_algorithm, &facts.outer_algorithm);
    let algorithm = inside.to_string();
    let mut seen = Vec::new();
    if inside.raw != outside.raw {
        let mismatch = Observation::new(MISMATCH).with("inside", algorithm.as_str());
        seen.push(mismatch.with("outside", outside.to_string()));
    }
    if inside.odd_parameters || outside.odd_parameters {
        seen.push(Observation::new(PARAMETERS).with("algorithm", algorithm.as_str()));
    }
    let key = subject.issuer.as_ref().ok().and_then(|issuer| Key::read(&issuer.spki).ok());
    if let Some(bits) = key.as_ref().and_then(Key::rsa_bits).filter(|bits| *bits < MINIMUM_RSA_BITS)
    {
        seen.push(
            Observation::new(WEAK_KEY)
                .with("bits", bits)
                .name("minimum", MINIMUM_RSA_BITS.to_string()),
        );
    }
    if key.as_ref().is_some_and(Key::is_rsa_exponent_one) {
        seen.push(Observation::new(WEAK_EXPONENT));
    } else if let Some(reason) = key.as_ref().and_then(Key::weakness) {
        seen.push(Observation::new(BROKEN_KEY).with("reason", reason));
    }
    if key.as_ref().is_some_and(Key::is_rsa_exponent_even) {
        seen.push(Observation::new(EVEN_EXPONENT));
    }
    if let Some(curve) = key.as_ref().and_then(Key::unusual_curve) {
        seen.push(Observation::new(UNUSUAL_CURVE).with("curve", curve));
    }
    if key.as_ref().is_some_and(Key::is_hybrid) {
        seen.push(Observation::new(HYBRID_POINT));
    }
    if subject.profile == Profile::Cabf {
        seen.extend(beyond_baseline(inside, key.as_ref()));
    }
    if inside.is_weak() {
        seen.push(Observation::new(WEAK).with("algorithm", algorithm.as_str()));
    }
    let configured = subject.ca.as_ref().and_then(|ca| ca.signing_algorithm.clone());
    if let Some(configured) = configured.filter(|configured| *configured != algorithm) {
        let differs = Observation::new(DIFFERS).with("algorithm", algorithm);
        seen.push(differs.with("configured", configured));
    }
    Ok(seen)
}

/// What Baseline Requirements §7.1.3.2 exclude: another hash than the curve's, and other algorithms.
fn beyond_baseline(inside: &AlgorithmIdentifier, key: Option<&Key<'_>>) -> Option<Observation> {
    let algorithm = inside.to_string();
    let curve = key.map(ToString::to_string).unwrap_or_default();
    if let Some(expected) = of_the_curve(&curve).filter(|expected| *expected != algorithm) {
        let other = Observation::new(NOT_OF_THE_CURVE).with("algorithm", algorithm);
        return Some(other.with("curve", curve).with("expected", expected));
    }
    // A weak one is found as such.
    let is_found = inside.is_weak() || is_of_baseline(inside);
    (!is_found).then(|| Observation::new(NOT_ALLOWED).with("algorithm", algorithm))
}

fn is_of_baseline(algorithm: &AlgorithmIdentifier) -> bool {
    use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
    match algorithm.algorithm {
        Some(Ecdsa(hash) | RsaPkcs1(hash)) => {
            matches!(hash, Hash::Sha256 | Hash::Sha384 | Hash::Sha512)
        }
        Some(RsaPss(_)) => {
            let encoded = hex::encode(&algorithm.raw);
            [(1, 20), (2, 30), (3, 40)].into_iter().any(|(hash, salt)| encoded == pss(hash, salt))
        }
        _ => false,
    }
}

/// Baseline Requirements §7.1.3.2.1 give RSASSA-PSS octet by octet, with SHA-256, SHA-384 and SHA-512: both
/// hashes end in an octet that is `hash`, and the salt is as long, in hexadecimal, as the hash.
fn pss(hash: u8, salt: u8) -> String {
    format!(
        "304106092a864886f70d01010a3034a00f300d060960864801650304020{hash}0500a11c301a06092a864886\
         f70d010108300d060960864801650304020{hash}0500a2030201{salt}"
    )
}
