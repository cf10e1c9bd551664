//! What can be read must also be in the one form that DER and RFC 5280 give it.

use super::CrlSubject;
use crate::{
    crl::FaultKind,
    finding::{Kind, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.encoding",
        holds: "Times, defaults, lists, names and extensions of the CRL are encoded in the one form that \
                DER and RFC 5280 allow.",
        cites: "RFC 5280 §4.1, §4.2, §4.1.2.4, §4.2.1.6, §5.1.2.4 to §5.1.2.6, §5.3.3; RFC 4055 §3.1; \
                X.690 §11.5, §11.6; X.680 §41",
        kinds: &[DEFAULT_ENCODED, DUPLICATE_EXTENSION, EMPTY_LIST, NAME_FORM, TIME_FORM],
    },
    check,
};

const DEFAULT_ENCODED: Kind = Kind {
    id: "default-encoded",
    severity: Severity::Medium,
    title: "The CRL of {ca} encodes a default value",
    what_happened: "{object} encodes values that are the default, such as FALSE, and must be left out \
                    (X.690 §11.5): {parts}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const DUPLICATE_EXTENSION: Kind = Kind {
    id: "duplicate-extension",
    severity: Severity::High,
    title: "The CRL of {ca} has the same extension twice",
    what_happened: "{object} has more than one instance of an extension, which RFC 5280 §4.2 forbids: \
                    {parts}. Checked at {as_of}.",
    impact: "Some relying parties reject this CRL and refuse every certificate of {ca}. Others take the \
             first or the last instance.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const EMPTY_LIST: Kind = Kind {
    id: "empty-list",
    severity: Severity::Medium,
    title: "The CRL of {ca} has an empty list where none may be",
    what_happened: "{object} has lists without an element, where RFC 5280 wants one or no list \
                    (§4.1, §4.2.1.6, §5.1.2.6, §5.3.3): {parts}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const NAME_FORM: Kind = Kind {
    id: "name-form",
    severity: Severity::Medium,
    title: "The CRL of {ca} names its issuer in a form that DER forbids",
    what_happened: "{object} has names with characters that the string's type does not have, or with \
                    attributes of a set in another order than DER gives them (X.680 §41, X.690 §11.6): \
                    {parts}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: "The CA copies the name from its certificate. Issue a certificate with a name in the \
                 right form. Show the CA's certificate:",
    first_command: super::PARSE_CERTIFICATE,
};

const TIME_FORM: Kind = Kind {
    id: "time-form",
    severity: Severity::Medium,
    title: "The CRL of {ca} has times in the wrong ASN.1 type for their year",
    what_happened: "{object} has times before 2050 as GeneralizedTime, where RFC 5280 §5.1.2.4 to \
                    §5.1.2.6 demand UTCTime: {parts}. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let kinds = [
        (DEFAULT_ENCODED, FaultKind::DefaultEncoded),
        (DUPLICATE_EXTENSION, FaultKind::Duplicate),
        (EMPTY_LIST, FaultKind::EmptyList),
        (NAME_FORM, FaultKind::NameForm),
        (TIME_FORM, FaultKind::TimeForm),
    ];
    Ok(kinds.into_iter().filter_map(|(kind, fault)| super::of_fault(facts, kind, fault)).collect())
}
