//! A CRL must name its successor's date, and that date must not be about to pass.

use time::{Duration, OffsetDateTime};

use super::{CrlSubject, Profile};
use crate::{
    certificate::Certificate,
    crl::comparison::BACKDATED,
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, RuleAnswer},
    span::in_words,
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.next-update",
        holds: "nextUpdate is there, is not past, is not about to pass, and is not years away.",
        cites: "RFC 5280 §5.1.2.5; AWS Private CA API Reference, CrlConfiguration (ExpirationInDays); \
                CA/Browser Forum Baseline Requirements §4.9.7; Microsoft, MS-WCCE (Next CRL Publish)",
        kinds: &[BEYOND_HABIT, EXPIRED, EXPIRES_SOON, FAR_AWAY, MISSING, PUBLISH_PAST],
    },
    check,
};

const BEYOND_HABIT: Kind = Kind {
    id: "beyond-habit",
    title: "The CRL of {ca} is valid for {validity}; the version before was for {before}",
    what_happened: "{object} says that the next CRL comes by {next_update}, {validity} after this one. \
                    The version before was valid for {before}. Checked at {as_of}.",
    ..FAR_AWAY
};

/// So many times as long as the version before, and so much longer, is beyond a CA's habit.
const HABIT_TIMES: i32 = 4;
const HABIT_BEYOND: Duration = Duration::days(30);

const EXPIRED: Kind = Kind {
    id: "expired",
    severity: Severity::Critical,
    title: "The CRL of {ca} expired at {next_update}",
    what_happened: "{object} expired at {next_update}, and {writer} has not replaced it. Checked at \
                    {as_of}.",
    impact: "Since {next_update}, relying parties that require a fresh CRL refuse every certificate of \
             {ca}. Others do not see new revocations.",
    what_to_do: super::LET_ACM_PCA_WRITE,
    first_command: super::SHOW_POLICY,
};

const EXPIRES_SOON: Kind = Kind {
    id: "expires-soon",
    severity: Severity::High,
    title: "The CRL of {ca} expires in {left} and was not renewed",
    what_happened: "{object} expires at {next_update}, in {left}. ACM PCA should have renewed it at half \
                    of its validity. Checked at {as_of}.",
    impact: "From {next_update} on, relying parties that require a fresh CRL will refuse every \
             certificate of {ca}.",
    what_to_do: super::LET_ACM_PCA_WRITE,
    first_command: super::SHOW_POLICY,
};

const FAR_AWAY: Kind = Kind {
    id: "far-away",
    severity: Severity::Medium,
    title: "The CRL of {ca} is valid for {validity}",
    what_happened: "{object} says that the next CRL comes by {next_update}, {validity} after this one. \
                    At most {limit} is usual. Checked at {as_of}.",
    impact: "Relying parties may use this CRL until then. If the CA stops publishing, they do not \
             notice, and accept certificates that were revoked since.",
    what_to_do: "Let the CA make CRLs that are valid for days or months. Show the dates of this one:",
    first_command: "aws s3 cp s3://{bucket}/{key} - | openssl crl -inform DER -noout -lastupdate \
                    -nextupdate",
};

const PUBLISH_PAST: Kind = Kind {
    id: "publish-past",
    severity: Severity::Medium,
    title: "The next CRL of {ca} was to be published at {next_publish}",
    what_happened: "The Next CRL Publish extension of {object} says {next_publish}. That time has passed. \
                    Checked at {as_of}.",
    impact: "The CA did not publish the CRL that it had planned. Relying parties do not see new \
             revocations.",
    what_to_do: "Check that the CA runs and can write to its distribution points. Publish a CRL on \
                 the Windows CA:",
    first_command: "certutil -crl",
};

const MISSING: Kind = Kind {
    id: "missing",
    severity: Severity::High,
    title: "The CRL of {ca} has no nextUpdate",
    what_happened: "{object} has no nextUpdate, which RFC 5280 requires. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

/// ACM PCA renews a CRL at half of its validity. A day before the end, or three quarters into a short
/// validity, something is wrong, and there still is time to act.
pub(super) fn headroom(
    this_update: Option<OffsetDateTime>,
    next_update: OffsetDateTime,
) -> Duration {
    let quarter = this_update.map_or(Duration::DAY, |this_update| (next_update - this_update) / 4);
    quarter.clamp(Duration::ZERO, Duration::DAY)
}

/// The longest validity that is not far away.
fn longest(profile: Profile, only_cas: bool) -> Duration {
    match profile {
        // The most that ExpirationInDays can be, and the hour before.
        Profile::AcmPca => Duration::days(5000) + BACKDATED,
        Profile::Rfc5280 => Duration::days(10 * 366),
        // Of a CRL that lists CA certificates, 12 months; of others, 10 days.
        Profile::Cabf if only_cas => Duration::days(366),
        Profile::Cabf => Duration::days(10),
    }
}

/// Relying parties that fail closed stop trusting the whole CA the second nextUpdate passes. The
/// instant itself counts as passed, and the beginning of the headroom as inside it.
fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let Some(next_update) = facts.next_update else {
        return Ok(vec![Observation::new(MISSING)]);
    };
    let mut seen = Vec::new();
    let left = next_update - subject.as_of;
    let is_soon = left <= headroom(facts.this_update, next_update);
    let kind = if !left.is_positive() {
        Some(EXPIRED)
    } else {
        // Other CAs renew shortly before.
        (is_soon && subject.profile == Profile::AcmPca).then_some(EXPIRES_SOON)
    };
    seen.extend(kind.map(|kind| {
        Observation::new(kind)
            .with("next_update", rfc3339(next_update))
            .with("seconds_left", left.whole_seconds())
            .name("left", in_words(left))
    }));
    let point = facts.issuing_distribution_point.as_ref();
    // A root issues no certificates of subscribers (Baseline Requirements §6.1.7).
    let is_of_root = subject.issuer.as_ref().is_ok_and(Certificate::is_self_issued);
    let only_cas = is_of_root || point.is_some_and(|point| point.only_contains_ca_certs);
    let limit = longest(subject.profile, only_cas);
    if let Some(validity) = facts.this_update.map(|this_update| next_update - this_update)
        && validity > limit
    {
        let far = Observation::new(FAR_AWAY).with("next_update", rfc3339(next_update));
        let far = far.with("validity_in_seconds", validity.whole_seconds());
        seen.push(far.name("validity", in_words(validity)).name("limit", in_words(limit)));
    } else if let Some(before) = subject.history.validity
        && let Some(validity) = facts.this_update.map(|this_update| next_update - this_update)
        && validity > before.saturating_mul(HABIT_TIMES)
        && validity > before.saturating_add(HABIT_BEYOND)
    {
        let beyond = Observation::new(BEYOND_HABIT).with("next_update", rfc3339(next_update));
        let beyond = beyond.with("validity_in_seconds", validity.whole_seconds());
        seen.push(beyond.name("validity", in_words(validity)).name("before", in_words(before)));
    }
    if let Some(next_publish) = facts.next_publish.filter(|at| *at < subject.as_of)
        && left.is_positive()
    {
        let past = Observation::new(PUBLISH_PAST);
        seen.push(past.with("next_publish", rfc3339(next_publish)));
    }
    Ok(seen)
}
