//! A CRL is valid as long as its CA is configured to make it.

use time::Duration;

use super::CrlSubject;
use crate::{
    crl::comparison::BACKDATED,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
    span::in_words,
};

/// Both ends are written in whole seconds.
const ROUNDED: Duration = Duration::MINUTE;

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.validity",
        holds: "nextUpdate lies ExpirationInDays after the CRL was made.",
        cites: "AWS Private CA API Reference, CrlConfiguration (ExpirationInDays)",
        kinds: &[DIFFERS],
    },
    check,
};

const DIFFERS: Kind = Kind {
    id: "differs-from-configuration",
    severity: Severity::Low,
    title: "The CRL of {ca} is valid for {validity}, not {expiration_in_days} days",
    what_happened: "{object} is valid for {validity}. {ca} is configured for {expiration_in_days} days. \
                    Checked at {as_of}.",
    impact: "If the configuration was changed after this CRL was made, none: the next CRL follows it. \
             Otherwise another party may have made this CRL.",
    what_to_do: "If the configuration was changed, wait for the next CRL, which comes at half of this \
                 one's validity. Otherwise find out who wrote the object, and restore the last version \
                 that ACM PCA wrote. List the versions:",
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let configured = subject.ca.as_ref().and_then(|ca| ca.crl.as_ref()?.expiration_in_days);
    let Some(expiration_in_days) = configured else {
        return Err(NotJudged::not_applicable("no ExpirationInDays is known"));
    };
    let (Some(this_update), Some(next_update)) = (facts.this_update, facts.next_update) else {
        return Err(NotJudged::not_applicable("the CRL's validity is not known"));
    };
    let validity = next_update - this_update;
    let expected = Duration::days(i64::from(expiration_in_days)) + BACKDATED;
    if (validity - expected).abs() <= ROUNDED {
        return Ok(Vec::new());
    }
    let seen = Observation::new(DIFFERS)
        .with("validity_in_seconds", validity.whole_seconds())
        .with("expiration_in_days", expiration_in_days)
        .name("validity", in_words(validity));
    Ok(vec![seen])
}
