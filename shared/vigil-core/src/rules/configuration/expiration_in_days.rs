//! A CRL must be valid long enough to repair a failure, and not so long that it hides revocations.

use super::enabled;
use crate::{
    ca::{Ca, CaType},
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<Ca> = Rule {
    info: RuleInfo {
        id: "ca.expiration-in-days",
        holds: "CRLs are valid for 2 to 10 days, those of a root for at most a year.",
        cites: "AWS Private CA User Guide, Create a private CA (console: 2 to 7 days are typical); \
                CA/Browser Forum Baseline Requirements §4.9.7",
        kinds: &[TOO_LONG, TOO_SHORT],
    },
    check,
};

const TOO_LONG: Kind = Kind {
    id: "too-long",
    severity: Severity::Low,
    title: "CRLs of {ca} are valid for {expiration_in_days} days, over {advised}",
    what_happened: "ExpirationInDays of {ca} is {expiration_in_days}; at most {advised} are advised. Checked at \
                    {as_of}.",
    impact: "An attacker who keeps a new CRL from a relying party hides revocations for up to \
             {expiration_in_days} days.",
    what_to_do: "Set ExpirationInDays to 7, and repeat the other members of the CrlConfiguration. Show them:",
    first_command: commands::REVOCATION_CONFIGURATION,
};

const TOO_SHORT: Kind = Kind {
    id: "too-short",
    severity: Severity::Medium,
    title: "CRLs of {ca} are valid for {expiration_in_days} day(s), under {advised}",
    what_happened: "ExpirationInDays of {ca} is {expiration_in_days}; at least {advised} are advised. Checked at \
                    {as_of}.",
    impact: "If ACM PCA cannot renew the CRL, it expires within hours. Relying parties that require a fresh CRL \
             then refuse every certificate of {ca}.",
    ..TOO_LONG
};

const MIN_DAYS: i32 = 2;
/// BR §4.9.7 for certificates of subscribers; for those of CAs it says twelve months.
const MAX_DAYS: i32 = 10;
const MAX_DAYS_OF_ROOT: i32 = 366;

fn check(ca: &Ca) -> RuleAnswer {
    let Some(days) = enabled(ca)?.expiration_in_days else {
        return Err(NotJudged::not_applicable("no ExpirationInDays is known"));
    };
    let longest = if ca.ca_type == CaType::Root { MAX_DAYS_OF_ROOT } else { MAX_DAYS };
    let (kind, advised) = if days < MIN_DAYS {
        (TOO_SHORT, MIN_DAYS)
    } else if days > longest {
        (TOO_LONG, longest)
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![Observation::new(kind).with("expiration_in_days", days).with("advised", advised)])
}
