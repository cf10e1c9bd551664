//! Whether two CRLs are two versions of one.

use crate::crl::{CrlFacts, IssuingDistributionPoint};

/// Whether two CRLs of an issuer are of one kind and of one scope.
///
/// # Errors
///
/// Why they are not. Then neither their numbers nor their entries say anything of each other: a delta CRL
/// has the number of the complete one that is made with it (RFC 5280 §5.2.3).
pub fn are_versions(now: &CrlFacts, before: &CrlFacts) -> Result<(), &'static str> {
    match (now.delta_base.is_some(), before.delta_base.is_some()) {
        (true, false) => return Err("the CRL is a delta CRL, and the version before is complete"),
        (false, true) => return Err("the version before is a delta CRL, and the CRL is complete"),
        _ => {}
    }
    if scope(now) != scope(before) {
        return Err("the version before has another scope (issuingDistributionPoint)");
    }
    // After a rollover, the CA makes a CRL by each key for the certificates of that key.
    let keys = (&now.authority_key_identifier, &before.authority_key_identifier);
    if let (Some(now), Some(before)) = keys
        && now != before
    {
        return Err("the version before is by another key (authorityKeyIdentifier)");
    }
    Ok(())
}

/// Whether the entries of two versions can be compared.
///
/// # Errors
///
/// Why they cannot.
pub fn have_comparable_entries(now: &CrlFacts, before: &CrlFacts) -> Result<(), &'static str> {
    // RFC 5280 §5.2.4: a delta CRL lists what changed since its base.
    if now.delta_base != before.delta_base {
        return Err("the version before is a delta CRL on another base");
    }
    if now.entries.malformed > 0 || before.entries.malformed > 0 {
        return Err("entries that cannot be read are not compared");
    }
    // Their serials belong to the numbering of other issuers, and are not kept.
    if now.entries.indirect > 0 || before.entries.indirect > 0 {
        return Err("entries for certificates of other issuers are not compared");
    }
    Ok(())
}

/// Which certificates and reasons a CRL is for.
fn scope(facts: &CrlFacts) -> Option<IssuingDistributionPoint> {
    let point = facts.issuing_distribution_point.clone()?;
    Some(IssuingDistributionPoint { critical: true, ..point })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{
        crl::{
            Crl,
            fixture::{Draft, Issuer, distribution_point, extension, name, seq, tlv, utc},
        },
        der::tag,
    };

    /// With these extensions, too, and with an entry of another issuer.
    fn facts(issuer: &Issuer, more: &[Vec<u8>], is_indirect: bool) -> CrlFacts {
        let at = datetime!(2026-03-01 12:00 UTC);
        let mut draft = Draft::good(issuer, at);
        draft.extensions.as_mut().unwrap().extend_from_slice(more);
        if is_indirect {
            let names = seq(&[tlv(0xa4, &name("Other"))]);
            let extensions = seq(&[extension(&[0x55, 0x1d, 29], true, &names)]);
            let entry = seq(&[tlv(tag::INTEGER, &[1]), utc(at), extensions]);
            draft.entries.as_mut().unwrap().push(entry);
        }
        Crl::read(&draft.sign(issuer)).unwrap().facts
    }

    #[test]
    fn only_crls_of_one_kind_and_scope_are_versions() {
        let issuer = Issuer::new("Root");
        let delta = |base| vec![extension(&[0x55, 0x1d, 27], true, &tlv(tag::INTEGER, &[base]))];
        let point = |uri| vec![distribution_point(true, uri, &[])];
        let of = |more: Vec<Vec<u8>>| facts(&issuer, &more, false);
        let whole = || of(Vec::new());
        let directory = |of: &str| {
            let full = tlv(0xa0, &tlv(0xa0, &tlv(0xa4, &name(of))));
            vec![extension(&[0x55, 0x1d, 28], true, &seq(&[full]))]
        };
        let with_odd_entry = || {
            let mut facts = whole();
            facts.entries.malformed = 1;
            facts
        };
        let other_key = || {
            let mut facts = whole();
            facts.authority_key_identifier = Some(vec![9; 20]);
            facts
        };
        for (name, now, before, versions, entries) in [
            ("complete", whole(), whole(), true, true),
            ("delta of complete", of(delta(6)), whole(), false, false),
            ("complete of delta", whole(), of(delta(6)), false, false),
            ("one base", of(delta(6)), of(delta(6)), true, true),
            ("another base", of(delta(7)), of(delta(6)), true, false),
            ("a partition", of(point("http://a/1")), whole(), false, true),
            ("one partition", of(point("http://a/1")), of(point("http://a/1")), true, true),
            ("another partition", of(point("http://a/1")), of(point("http://a/2")), false, true),
            ("another key", other_key(), whole(), false, true),
            ("an odd entry", with_odd_entry(), whole(), true, false),
            ("an odd entry before", whole(), with_odd_entry(), true, false),
            ("a directory", of(directory("1")), of(directory("1")), true, true),
            ("another directory", of(directory("1")), of(directory("2")), false, true),
            ("indirect now", facts(&issuer, &[], true), whole(), true, false),
            ("indirect before", whole(), facts(&issuer, &[], true), true, false),
        ] {
            let found = (are_versions(&now, &before), have_comparable_entries(&now, &before));
            assert_eq!((found.0.is_ok(), found.1.is_ok()), (versions, entries), "{name}");
        }
    }
}
