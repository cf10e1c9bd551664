//! A CRL that was there once must still be there.

use super::{CrlLocation, CrlState, CrlSubject, References};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.object-present",
        holds: "The CRL is where certificates say it is.",
        cites: "AWS Private CA User Guide, Set up a CRL; RFC 5280 §6.3.3",
        kinds: &[MISSING],
    },
    check,
};

const MISSING: Kind = Kind {
    id: "missing",
    severity: Severity::High,
    title: "The CRL of {ca} was deleted from bucket {bucket}",
    what_happened: "{object} does not exist at {as_of}. It was last seen at {seen_at}. It is still \
                    needed: {needed_because}.",
    impact: "Relying parties cannot download the CRL. Those that require one refuse every certificate \
             that names it; others accept revoked certificates.",
    what_to_do: "If the bucket is versioned, remove the delete marker. Otherwise check that the bucket \
                 policy lets ACM PCA write, then issue a test certificate and revoke it: a CRL follows \
                 after about 30 minutes. CloudTrail data events of the bucket show who deleted the \
                 object. List its versions and delete markers:",
    first_command: super::LIST_VERSIONS,
};

/// ACM PCA writes the first CRL only after a certificate that refers to it was issued, so an object
/// that was never seen may rightly not be there.
fn check(subject: &CrlSubject) -> RuleAnswer {
    match &subject.crl {
        CrlState::Read { .. } | CrlState::TooLarge { .. } | CrlState::Unreadable(_) => {
            return Ok(Vec::new());
        }
        CrlState::NotChecked(reason) => return Err(NotJudged::unknown(reason)),
        CrlState::Missing => {}
    }
    let Some(seen_at) = subject.history.seen_at else {
        let reason = "no CRL was ever seen, and no certificate is known to refer to one";
        return Err(NotJudged::not_applicable(reason));
    };
    let because = match &subject.references {
        References::Named(because) | References::Unknown(because) => because,
        References::NotNamed(because) => return Err(NotJudged::not_applicable(because)),
    };
    let CrlLocation::Bucket { bucket, key } = &subject.location else {
        return Err(NotJudged::not_applicable("a missing file is not judged"));
    };
    let seen = Observation::new(MISSING)
        .with("bucket", bucket.as_str())
        .with("key", key.as_str())
        .with("seen_at", rfc3339(seen_at))
        .with("needed_because", because.as_str());
    Ok(vec![seen])
}
