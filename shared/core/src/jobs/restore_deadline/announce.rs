//! What people are told of a window that is running out, and how loudly.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::thresholds::Due;
use crate::{
    ca::Ca,
    commands,
    finding::{Finding, Severity},
    instant::{in_key, rfc3339},
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
    now: OffsetDateTime,
) -> Finding {
    let delay = now - due.at;
    let title = title(ca, until, delay, now);
    let discriminator = format!("{}/{}", in_key(until), due.threshold);
    let severity = severity(ca, due.threshold.duration());
    let time_of = |at: Option<OffsetDateTime>| at.map_or(Value::Null, |at| rfc3339(at).into());
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
        .with_evidence("lost", lost(ca, now))
        .with_remediation(format!(
            "If the CA is still needed, take it back before {}: {} \
             (AWS then charges for the time it was deleted). What is lost otherwise: {}",
            rfc3339(until),
            commands::restore(&ca.arn),
            lost(ca, now),
        ))
}

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

fn lost(ca: &Ca, now: OffsetDateTime) -> String {
    match ca.not_after {
        _ if !ca.had_certificate() => {
            "nothing that is in use; the CA never had a certificate of its own.".to_owned()
        }
        Some(not_after) if not_after <= now => format!(
            "the key. The CA's certificate ran out at {}; a new one for the same key can only be \
             imported while the CA exists.",
            rfc3339(not_after)
        ),
        not_after => format!(
            "the key, and with it CRLs, OCSP answers, revocation and renewal for everything below \
             the CA, some of which may be valid until {}.",
            not_after.map_or_else(|| "its own end".to_owned(), rfc3339)
        ),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::fakes;

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
        assert!(lost(&ca, AT).contains("2027-09-16"), "{}", lost(&ca, AT));
        assert!(lost(&ca, AT + Duration::days(300)).contains("ran out"));
        let never = Ca { serial: None, not_before: None, not_after: None, ..ca };
        assert!(lost(&never, AT).contains("never had"));
        assert_eq!(severity(&never, Duration::HOUR), Severity::Informational);
    }
}
