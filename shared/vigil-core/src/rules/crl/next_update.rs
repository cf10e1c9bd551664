//! A CRL must name its successor's date, and that date must not be about to pass.

use time::{Duration, OffsetDateTime};

use super::CrlSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{Rule, Verdict},
    span::in_words,
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.next-update",
        holds: "nextUpdate is there, is not past, and is not about to pass.",
        cites: "RFC 5280 §5.1.2.5",
        kinds: &[EXPIRED, EXPIRES_SOON, MISSING],
    },
    check,
};

const EXPIRED: Kind = Kind {
    id: "expired",
    severity: Severity::Critical,
    title: "The CRL of {ca} expired at {next_update}",
    what_happened: "{object} expired at {next_update}, and ACM PCA has not replaced it. Checked at \
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

/// Relying parties that fail closed stop trusting the whole CA the second nextUpdate passes. The
/// instant itself counts as passed, and the beginning of the headroom as inside it.
fn check(subject: &CrlSubject) -> Verdict {
    let facts = subject.facts()?;
    let Some(next_update) = facts.next_update else {
        return Ok(vec![Observation::new(MISSING)]);
    };
    let left = next_update - subject.as_of;
    let kind = if !left.is_positive() {
        EXPIRED
    } else if left <= headroom(facts.this_update, next_update) {
        EXPIRES_SOON
    } else {
        return Ok(Vec::new());
    };
    let seen = Observation::new(kind)
        .with("next_update", rfc3339(next_update))
        .with("seconds_left", left.whole_seconds())
        .name("left", in_words(left));
    Ok(vec![seen])
}
