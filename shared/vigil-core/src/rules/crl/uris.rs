//! URIs that relying parties are to fetch from must be ones that they can fetch from.

use super::{CrlSubject, Profile};
use crate::{
    crl::{FaultKind, OF_CERTIFICATES, OF_NAMES},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
    uri,
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.uris",
        holds: "URIs in the CRL's extensions and in certificateIssuer are absolute and can be parsed. Those \
                to fetch from have a scheme that relying parties fetch. authorityInfoAccess names \
                nothing but the CA's certificates.",
        cites: "RFC 5280 §4.2.1.6, §5.2.1, §5.2.2, §5.2.7, §4.2.1.13, §4.2.2.1, §8; RFC 3986 §2, §3; \
                RFC 4516 §2; RFC 1123 §2.1; RFC 6761 §6.3, §6.4",
        kinds: &[ACCESS_METHOD, NOT_FETCHED, NOT_VALID],
    },
    check,
};

const ACCESS_METHOD: Kind = Kind {
    id: "access-method",
    severity: Severity::Medium,
    title: "authorityInfoAccess in the CRL of {ca} names more than the CA's certificates",
    what_happened: "{object} names access methods other than caIssuers, which RFC 5280 §5.2.7 forbids in a \
                    CRL: {parts}. Checked at {as_of}.",
    impact: "Relying parties that look for the certificate of the CRL's signer may not find it.",
    what_to_do: "Configure the CA to name caIssuers alone in its CRLs. Show what the CRL says now:",
    first_command: super::SHOW_CRL,
};

const NOT_FETCHED: Kind = Kind {
    id: "not-fetched",
    severity: Severity::Medium,
    title: "The CRL of {ca} names {named} that relying parties do not fetch",
    what_happened: "{object} names URIs that do not begin with http: {uris}. Checked at {as_of}.",
    impact: "Relying parties do not fetch from https, because its certificate would have to be checked \
             first, and many know no scheme but http.",
    what_to_do: "Configure the CA with http URIs. Show what the CRL says now:",
    first_command: super::SHOW_CRL,
};

const NOT_VALID: Kind = Kind {
    id: "not-valid",
    severity: Severity::High,
    title: "The CRL of {ca} names {named} that nothing can be fetched from",
    what_happened: "{object} names URIs that are not absolute, or of no host or entry that relying \
                    parties can reach: {uris}. Checked at {as_of}.",
    impact: "Some relying parties, Java among them, reject the whole CRL. Others cannot match it with \
             the certificate, and refuse every certificate of {ca}.",
    what_to_do: "Correct the CA's configuration, and let the CA make a new CRL. Show what the CRL says \
                 now:",
    first_command: super::SHOW_CRL,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let (mut not_fetched, mut not_valid) = (Vec::new(), Vec::new());
    for named in &facts.uris {
        let shown: String = named.uri.chars().take(256).collect();
        if OF_NAMES.contains(&named.part) {
            if let Err(error) = uri::is_name(&named.uri) {
                not_valid.push(format!("{} {shown:?}: {error}", named.part));
            }
            continue;
        }
        let is_of_certificates = named.part == OF_CERTIFICATES;
        let fetched = if is_of_certificates { uri::certificates_fetched } else { uri::fetched };
        match fetched(&named.uri) {
            Err(error) => not_valid.push(format!("{} {shown:?}: {error}", named.part)),
            Ok(scheme) if !is_fetched(scheme, subject.profile) => {
                not_fetched.push(format!("{} {shown:?}", named.part));
            }
            Ok(_) => {}
        }
    }
    let of_entries = facts.faults.iter().filter(|fault| fault.kind == FaultKind::Uri);
    not_valid.extend(of_entries.map(|fault| {
        let entries = super::counted(fault.count, "entry", "entries");
        format!("{} of {entries}: it names nothing", fault.part)
    }));
    let kinds = [(NOT_FETCHED, not_fetched), (NOT_VALID, not_valid)];
    let seen = kinds.into_iter().filter(|(_, uris)| !uris.is_empty()).map(|(kind, uris)| {
        let named = super::counted(uris.len(), "URI", "URIs");
        Observation::new(kind).with("count", uris.len()).with("uris", uris).name("named", named)
    });
    let access = super::of_fault(facts, ACCESS_METHOD, FaultKind::AccessMethod);
    Ok(access.into_iter().chain(seen).collect())
}

/// RFC 5280 §4.2.1.13 has HTTP and LDAP (and §4.2.2.1 the same); browsers fetch HTTP only.
fn is_fetched(scheme: &str, profile: Profile) -> bool {
    scheme.eq_ignore_ascii_case("http")
        || profile == Profile::Rfc5280
            && ["ldap", "ftp"].iter().any(|other| scheme.eq_ignore_ascii_case(other))
}
