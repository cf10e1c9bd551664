//! ACM PCA renews a CRL at half of its validity; one that is much older was not renewed.

use time::Duration;

use super::{CrlSubject, next_update::headroom};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.overdue-refresh",
        holds: "The CRL was renewed when half of its validity had passed.",
        cites: "AWS Private CA User Guide, Set up a CRL",
        kinds: &[OVERDUE],
    },
    check,
};

const OVERDUE: Kind = Kind {
    id: "overdue",
    severity: Severity::Medium,
    title: "The CRL of {ca} was due for renewal at {due}",
    what_happened: "ACM PCA was due to renew {object} at {due} and did not. The CRL was made at \
                    {this_update}. Checked at {as_of}.",
    impact: "New revocations are not published. From {next_update} on, relying parties that require a \
             fresh CRL will refuse every certificate of {ca}.",
    what_to_do: super::LET_ACM_PCA_WRITE,
    first_command: super::SHOW_POLICY,
};

/// "Around the midpoint" is all that is documented, so a tenth of the validity is granted on top. It
/// includes the retries every 15 minutes.
fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    subject.profile.only_of_acm_pca()?;
    let (Some(this_update), Some(next_update)) = (facts.this_update, facts.next_update) else {
        return Err(NotJudged::not_applicable("the CRL's validity is not known"));
    };
    let validity = next_update - this_update;
    if validity <= Duration::ZERO {
        return Err(NotJudged::not_applicable("the CRL's validity is not positive"));
    }
    // crl.next-update reports a CRL that is about to expire. It is still overdue then.
    if next_update - subject.as_of <= headroom(Some(this_update), next_update) {
        return Err(NotJudged::unknown("the CRL is about to expire, or has expired"));
    }
    let due = this_update + validity / 2;
    if subject.as_of <= due + validity / 10 {
        return Ok(Vec::new());
    }
    let seen = Observation::new(OVERDUE)
        .with("this_update", rfc3339(this_update))
        .with("due", rfc3339(due))
        .with("next_update", rfc3339(next_update));
    Ok(vec![seen])
}
