//! The finding of a window that is running out: which kind, and what its texts name.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::{Background, end_permit::alternatives, thresholds::Due};
use crate::{
    ca::{Ca, UsageMode},
    evidence::keys,
    finding::{Finding, Kind, Names, Observation, Severity},
    instant::{in_key, rfc3339},
    jobs::{Impact, case::reactivation::OBSERVES},
    rules::{
        restore_deadline::{THRESHOLD, THRESHOLD_KINDS},
        window,
    },
    span::in_words,
};

/// An hourly schedule is later than its threshold by less than this.
const MAX_DELAY: Duration = Duration::minutes(90);

/// The finding for a threshold that has passed.
pub(super) fn finding(
    ca: &Ca,
    until: OffsetDateTime,
    due: &Due,
    missed: &[String],
    background: &Background,
    now: OffsetDateTime,
) -> Finding {
    let delay = now - due.at;
    let kind = with_title(
        window::kind(&THRESHOLD_KINDS, ca, due.threshold.duration()),
        until - now,
        delay,
    );
    let time_of = |at: Option<OffsetDateTime>| at.map_or(Value::Null, |at| rfc3339(at).into());
    let Background { impact, deletion, permit } = background;
    let (certificates, subordinates) = (impact.certificates.as_ref(), impact.subordinates.as_ref());
    let last = certificates.and_then(|of| of.last_not_after);
    let key = keys::alert(&ca.arn, until, due.threshold);
    let names = Names::new(format!("{key} in the evidence bucket"))
        .of_ca(&ca.arn, ca.common_name.as_deref())
        .with("account", account(ca, deletion.as_ref().map(|of| of.in_words())))
        .with("left", in_words((until - now).abs()))
        .with("late", in_words(delay));
    let seen = Observation::new(kind);
    let seen = if due.withheld.is_empty() {
        seen
    } else {
        seen.also(format!(
            "Policy has the CA restored now ({}), but {OBSERVES}. Restore it yourself if it is needed.",
            due.withheld.join(", ")
        ))
    };
    let seen = match alternatives(ca, until, *permit, due.is_last, now) {
        Some(paragraph) => seen.also(paragraph),
        None => seen,
    };
    seen.discriminator(format!("{}/{}", in_key(until), due.threshold))
        .with("threshold", due.threshold.to_string())
        .with("restorable_until", rfc3339(until))
        .with("left_seconds", (until - now).whole_seconds())
        .with("deleted_at", time_of(ca.last_state_change_at))
        .with("delay_seconds", delay.whole_seconds())
        .with("missed_thresholds", missed.to_vec())
        .with("ca_type", ca.ca_type.as_str())
        .with("common_name", ca.common_name.as_deref())
        .with("ca_not_after", time_of(ca.not_after))
        .with("audience", audience(kind.severity).to_vec())
        .with("deleted_by", deletion.as_ref().map(|of| of.by.as_str()))
        .with("why_it_stands", deletion.as_ref().map(|of| of.why_it_stands.as_str()))
        .with("valid_certificates", certificates.map(|of| of.live(now)))
        .with("last_certificate_ends", time_of(last))
        .with("living_subordinates", subordinates.map(|of| of.living))
        .with("subordinates", subordinates.map(|of| of.names.clone()))
        .with("unknown", impact.unknown.clone())
        .with("restoring_costs", cost(ca, now))
        .with("lost", lost(ca, impact, now))
        .finding(&THRESHOLD, &names, ca.arn.as_str(), now)
}

/// Who deleted it and why it was not restored, as far as that is known.
fn account(ca: &Ca, known: Option<String>) -> String {
    known.unwrap_or_else(|| match ca.last_state_change_at {
        Some(at) => format!("The CA was deleted at {}.", rfc3339(at)),
        None => "The CA was deleted at an unknown time.".to_owned(),
    })
}

/// The title says what is unusual: a late alert, or a window that has ended.
fn with_title(kind: Kind, left: Duration, delay: Duration) -> Kind {
    let title = match (left.is_positive(), delay > MAX_DELAY) {
        (true, false) => return kind,
        (true, true) => "{ca} is DELETED; it can be restored for {left} (alert {late} late)",
        (false, false) => "The restoration window of {ca} ended {left} ago",
        (false, true) => "The restoration window of {ca} ended {left} ago (alert {late} late)",
    };
    if left.is_positive() {
        return Kind { title, ..kind };
    }
    Kind {
        title,
        what_happened: "{account} The restoration window of {ca} ({ca_id}) ended at \
                        {restorable_until}, {left} ago. The CA is still listed.",
        what_to_do: "If the CA is still needed, try to restore it at once: it is still listed. \
                     {restoring_costs}. Restore it:",
        ..kind
    }
}

/// For whom the finding is; rules of infra/template.yaml route the urgent ones further.
fn audience(severity: Severity) -> &'static [&'static str] {
    match severity {
        Severity::Informational | Severity::Low => &["owners"],
        Severity::Medium => &["owners", "operators"],
        Severity::High => &["owners", "operators", "on-call"],
        Severity::Critical => &["owners", "operators", "on-call", "management"],
    }
}

/// "If you restore a deleted CA, you are charged for the time between deleting it and restoring it",
/// and the list prices, as of 2026: <https://aws.amazon.com/private-ca/pricing/>.
fn cost(ca: &Ca, now: OffsetDateTime) -> String {
    let (mode, a_month) = match ca.usage_mode {
        Some(UsageMode::ShortLivedCertificate) => ("short-lived-certificate", 50),
        _ => ("general-purpose", 400),
    };
    let price = format!("the price of a {mode} CA, by AWS's list {a_month} USD a month,");
    match ca.last_state_change_at.map(|deleted_at| now - deleted_at) {
        Some(since) if since.is_positive() => {
            let usd = (since.whole_minutes() * a_month + MONTH / 2) / MONTH;
            let since = in_words(since);
            format!("AWS then charges {price} for the {since} that it was deleted: about {usd} USD")
        }
        _ => format!("AWS then charges {price} for the time that it was deleted"),
    }
}

/// In minutes: 365 days' twelfth.
const MONTH: i64 = 365 * 24 * 60 / 12;

fn lost(ca: &Ca, impact: &Impact, now: OffsetDateTime) -> String {
    if !ca.had_certificate() {
        return "nothing that is in use; the CA never had a certificate of its own.".to_owned();
    }
    if let Some(not_after) = ca.not_after.filter(|not_after| *not_after <= now) {
        return format!(
            "the key. The CA's certificate expired at {}; a new one for the same key can only be \
             imported while the CA exists.",
            rfc3339(not_after)
        );
    }
    let mut lost =
        "the key, and with it CRLs, OCSP answers, revocation and renewal for everything \
                    below the CA: "
            .to_owned();
    lost.push_str(&match &impact.certificates {
        Some(of) => {
            let last = of.last_not_after.map(|last| format!(", the last until {}", rfc3339(last)));
            let (valid, last) = (of.live(now), last.unwrap_or_default());
            format!("{valid} valid certificates{last} (as of {})", rfc3339(of.as_of))
        }
        None => format!(
            "an unknown number of certificates, some perhaps valid until {}",
            ca.not_after.map_or_else(|| "the CA's own end".to_owned(), rfc3339)
        ),
    });
    lost.push_str(&match &impact.subordinates {
        Some(of) if of.living == 0 => ", no subordinate CA.".to_owned(),
        Some(of) if of.living == 1 => {
            format!(", 1 living subordinate CA ({}).", of.names.join(", "))
        }
        Some(of) => format!(", {} living subordinate CAs ({}).", of.living, of.names.join(", ")),
        None => ", and whatever subordinate CAs there are.".to_owned(),
    });
    lost
}

#[cfg(test)]
mod tests;
