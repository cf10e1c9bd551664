//! What people are told of a window that is running out, and how loudly.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::{Background, thresholds::Due};
use crate::{
    ca::{Ca, UsageMode},
    commands,
    finding::{Finding, Severity},
    instant::{in_key, rfc3339},
    jobs::Impact,
    span::in_words,
};

pub(super) const RULE: &str = "restore-deadline.threshold";

/// An hourly schedule is later than its threshold by less than this.
const LATE: Duration = Duration::minutes(90);

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
    let title = title(ca, until, delay, now);
    let discriminator = format!("{}/{}", in_key(until), due.threshold);
    let severity = severity(ca, due.threshold.duration());
    let time_of = |at: Option<OffsetDateTime>| at.map_or(Value::Null, |at| rfc3339(at).into());
    let Background { impact, deletion } = background;
    let (certificates, subordinates) = (impact.certificates.as_ref(), impact.subordinates.as_ref());
    let (lost, cost) = (lost(ca, impact, now), cost(ca, now));
    let account = deletion.as_ref().map_or_else(String::new, |of| format!(" {}", of.in_words()));
    Finding::new(RULE, severity, ca.arn.as_str(), &discriminator, title, now)
        .with_evidence("threshold", due.threshold.to_string())
        .with_evidence("restorable_until", rfc3339(until))
        .with_evidence("left_seconds", (until - now).whole_seconds())
        .with_evidence("deleted_at", time_of(ca.last_state_change_at))
        .with_evidence("delay_seconds", delay.whole_seconds())
        .with_evidence("missed_thresholds", missed.to_vec())
        .with_evidence("ca_type", ca.ca_type.as_str())
        .with_evidence("common_name", ca.common_name.as_deref().map_or(Value::Null, Value::from))
        .with_evidence("ca_not_after", time_of(ca.not_after))
        .with_evidence("audience", audience(severity).to_vec())
        .with_evidence("deleted_by", deletion.as_ref().map(|of| of.by.as_str()))
        .with_evidence("why_it_stands", deletion.as_ref().map(|of| of.why_it_stands.as_str()))
        .with_evidence("valid_certificates", certificates.map(|of| of.live(now)))
        .with_evidence(
            "last_certificate_ends",
            time_of(certificates.and_then(|of| of.last_not_after)),
        )
        .with_evidence("living_subordinates", subordinates.map(|of| of.living))
        .with_evidence("subordinates", subordinates.map(|of| of.names.clone()))
        .with_evidence("unknown", impact.unknown.clone())
        .with_evidence("restoring_costs", cost.as_str())
        .with_evidence("lost", lost.as_str())
        .with_remediation(format!(
            "If the CA is still needed, take it back before {}: {} ({cost}). What is lost \
             otherwise: {lost}{account}",
            rfc3339(until),
            commands::restore(&ca.arn),
        ))
}

/// Who is to hear of it; rules of infra/template.yaml send the urgent ones further.
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

fn title(ca: &Ca, until: OffsetDateTime, delay: Duration, now: OffsetDateTime) -> String {
    let name = match &ca.common_name {
        Some(common_name) => format!("CA '{common_name}' ({})", ca.arn.id()),
        None => format!("CA {}", ca.arn.id()),
    };
    let left = until - now;
    let mut title = if left.is_positive() {
        format!("Deleted {name} is lost for good in {}", in_words(left))
    } else {
        format!("The window of deleted {name} ended {} ago", in_words(-left))
    };
    if delay > LATE {
        title.push_str(&format!(" (this alert is {} late)", in_words(delay)));
    }
    title
}

/// Rises as the end comes nearer. A CA that never had a certificate is no loss.
fn severity(ca: &Ca, threshold: Duration) -> Severity {
    if !ca.had_certificate() {
        Severity::Informational
    } else if threshold > Duration::days(7) {
        Severity::Low
    } else if threshold > Duration::days(1) {
        Severity::Medium
    } else if threshold > Duration::hours(6) {
        Severity::High
    } else {
        Severity::Critical
    }
}

fn lost(ca: &Ca, impact: &Impact, now: OffsetDateTime) -> String {
    if !ca.had_certificate() {
        return "nothing that is in use; the CA never had a certificate of its own.".to_owned();
    }
    if let Some(not_after) = ca.not_after.filter(|not_after| *not_after <= now) {
        return format!(
            "the key. The CA's certificate ran out at {}; a new one for the same key can only be \
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
        Some(of) => format!(", {} living subordinate CAs ({}).", of.living, of.names.join(", ")),
        None => ", and whatever subordinate CAs there are.".to_owned(),
    });
    lost
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{fakes, inventory::Subordinates, jobs::Certificates};

    const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    #[test]
    fn severity_rises_with_every_default_threshold_or_stays() {
        let ca = fakes::deleted_ca(AT);
        let severities = ["14d", "7d", "3d", "1d", "6h", "1h"]
            .map(|text| severity(&ca, text.parse::<crate::span::Span>().unwrap().duration()));
        use Severity::{Critical, High, Low, Medium};
        assert_eq!(severities, [Low, Medium, Medium, High, Critical, Critical]);
    }

    #[test]
    fn what_is_lost_depends_on_the_cas_certificate() {
        let ca = fakes::deleted_ca(AT);
        let unknown = Impact::default();
        let words = lost(&ca, &unknown, AT);
        assert!(words.contains("unknown number") && words.contains("2027-09-16"), "{words}");
        assert!(lost(&ca, &unknown, AT + Duration::days(300)).contains("ran out"));
        let certificates = Certificates { valid: 7, last_not_after: Some(AT), as_of: AT };
        let subordinates = Subordinates {
            living: 1,
            active: 1,
            last_not_after: None,
            names: vec!["Payments".to_owned()],
            as_of: AT,
        };
        let known = Impact {
            certificates: Some(certificates),
            subordinates: Some(subordinates),
            unknown: Vec::new(),
        };
        let words = lost(&ca, &known, AT);
        for part in [
            "7 valid certificates, the last until 2026-11-20",
            "1 living subordinate CAs (Payments)",
        ] {
            assert!(words.contains(part), "{words}");
        }
        let never = Ca { serial: None, not_before: None, not_after: None, ..ca };
        assert!(lost(&never, &known, AT).contains("never had"));
        assert_eq!(severity(&never, Duration::HOUR), Severity::Informational);
    }
}
