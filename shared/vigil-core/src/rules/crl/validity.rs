//! A CRL is valid as long as its CA is configured to make it.

use std::fmt;

use serde::Serialize;
use time::Duration;

use super::CrlSubject;
use crate::{
    crl::comparison::BACKDATED,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
    span::in_words,
};

/// Both ends are written in whole seconds.
const ROUNDED: Duration = Duration::MINUTE;

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.validity",
    holds: "nextUpdate lies ExpirationInDays after the CRL was made.",
    cites: "AWS Private CA API Reference, CrlConfiguration (ExpirationInDays)",
    finds: &[("not-configured", Severity::Low)],
    remedy: "Wait for the next CRL if the configuration was changed just now; else find out who made it.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    NotConfigured { validity_in_seconds: i64, expiration_in_days: i32 },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NotConfigured { validity_in_seconds, expiration_in_days } = self;
        let validity = in_words(Duration::seconds(*validity_in_seconds));
        write!(
            f,
            "The CRL is valid for {validity}, and is configured for {expiration_in_days} days"
        )
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let configured = subject.ca.as_ref().and_then(|ca| ca.crl.as_ref()?.expiration_in_days);
    let Some(expiration_in_days) = configured else {
        return Verdict::not_applicable("no ExpirationInDays is known");
    };
    let (Some(this_update), Some(next_update)) = (facts.this_update, facts.next_update) else {
        return Verdict::not_applicable("the CRL's validity is not known");
    };
    let validity = next_update - this_update;
    let expected = Duration::days(i64::from(expiration_in_days)) + BACKDATED;
    if (validity - expected).abs() <= ROUNDED {
        return Verdict::Pass;
    }
    let validity_in_seconds = validity.whole_seconds();
    let detail = Detail::NotConfigured { validity_in_seconds, expiration_in_days };
    let remedy = format!(
        "A changed configuration shows in the next CRL, at half of this one's validity. If it was \
         not changed: {}",
        subject.suspect()
    );
    Some(Observation::new(Severity::Low, &detail).remedy(remedy)).into()
}
