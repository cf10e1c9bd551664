//! The kinds of a rule about restoration windows: the severity rises as the end comes nearer.

use time::Duration;

use crate::{
    ca::Ca,
    finding::{Kind, Severity},
};

/// With the texts of `texts`, and `no_loss` as the impact for a CA that never had a certificate.
pub(crate) const fn kinds(texts: Kind, no_loss: &'static str) -> [Kind; 5] {
    [
        Kind { id: "no-certificate", severity: Severity::Informational, impact: no_loss, ..texts },
        Kind { id: "over-7-days", severity: Severity::Low, ..texts },
        Kind { id: "within-7-days", severity: Severity::Medium, ..texts },
        Kind { id: "within-1-day", severity: Severity::High, ..texts },
        Kind { id: "within-6-hours", severity: Severity::Critical, ..texts },
    ]
}

/// Which of `kinds` fits a CA that can be restored for `left`.
pub(crate) fn kind(kinds: &[Kind; 5], ca: &Ca, left: Duration) -> Kind {
    let [no_certificate, over_7_days, within_7_days, within_1_day, within_6_hours] = *kinds;
    if !ca.had_certificate() {
        no_certificate
    } else if left > Duration::days(7) {
        over_7_days
    } else if left > Duration::days(1) {
        within_7_days
    } else if left > Duration::hours(6) {
        within_1_day
    } else {
        within_6_hours
    }
}
