//! No lifecycle rule may take a CRL away from relying parties.

use super::BucketSubject;
use crate::{
    bucket::LifecycleRule,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.lifecycle",
        holds: "No lifecycle rule expires or archives CRLs.",
        cites: "Amazon S3 User Guide, Expiring objects; Storage classes for archiving objects",
        kinds: &[ARCHIVES, MAY_ARCHIVE, EXPIRES, MAY_EXPIRE],
    },
    check,
};

const ARCHIVES: Kind = Kind {
    id: "archives",
    severity: Severity::High,
    title: "Lifecycle rule '{rule}' of bucket {bucket} archives CRLs of {ca}",
    what_happened: "Lifecycle rule '{rule}' of bucket {bucket} moves {key} to {storage_class}. Checked at \
                    {as_of}.",
    impact: "Relying parties cannot download an archived CRL. A CRL that is no longer renewed is archived \
             first.",
    what_to_do: CHANGE,
    first_command: EDIT,
};

/// The rule also asks for tags or a size. ACM PCA tags nothing, and sizes differ.
const MAY_ARCHIVE: Kind = Kind {
    id: "may-archive",
    severity: Severity::Low,
    title: "Lifecycle rule '{rule}' of bucket {bucket} may archive CRLs of {ca}",
    what_happened: "Lifecycle rule '{rule}' of bucket {bucket} moves {key} to {storage_class} if its tags \
                    and size match the rule's filter. Checked at {as_of}.",
    ..ARCHIVES
};

const EXPIRES: Kind = Kind {
    id: "expires",
    severity: Severity::High,
    title: "Lifecycle rule '{rule}' of bucket {bucket} deletes CRLs of {ca}",
    what_happened: "Lifecycle rule '{rule}' of bucket {bucket} expires {key}. Checked at {as_of}.",
    impact: "Relying parties cannot download a deleted CRL. A CRL that is no longer renewed is deleted \
             first.",
    what_to_do: CHANGE,
    first_command: EDIT,
};

const MAY_EXPIRE: Kind = Kind {
    id: "may-expire",
    severity: Severity::Low,
    title: "Lifecycle rule '{rule}' of bucket {bucket} may delete CRLs of {ca}",
    what_happened: "Lifecycle rule '{rule}' of bucket {bucket} expires {key} if its tags and size match \
                    the rule's filter. Checked at {as_of}.",
    ..EXPIRES
};

const CHANGE: &str =
    "Give the rule a prefix or filter that excludes CRLs, or disable it. Save the rules:";
/// What else the answer has is no part of the rules.
const EDIT: &str = "aws s3api get-bucket-lifecycle-configuration --bucket {bucket} --query '{Rules:Rules}' > rules.json\n\
    Make the change in rules.json. Then set the rules:\n  \
    aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration file://rules.json";

/// Objects in these have to be restored before they can be read.
const ARCHIVE_CLASSES: [&str; 2] = ["DEEP_ARCHIVE", "GLACIER"];

/// ACM PCA often writes a CRL anew, which makes it young again. A CRL that it does not write, because
/// the CA is EXPIRED or writing fails, is the one that is needed longest.
fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    let rules = subject.facts.lifecycle.known();
    let rules =
        rules.map_err(|why| NotJudged::unknown(format!("the lifecycle is not known: {why}")))?;
    Ok(rules.iter().flat_map(|rule| judge(subject, rule)).collect())
}

fn judge(subject: &BucketSubject, rule: &LifecycleRule) -> Vec<Observation> {
    let Some(user) = subject.users.iter().find(|user| user.key.starts_with(&rule.prefix)) else {
        return Vec::new();
    };
    let observe = |certain: Kind, possible: Kind| {
        let seen = Observation::new(if rule.narrowed { possible } else { certain });
        seen.about(&rule.id).with("rule", rule.id.as_str()).with("key", user.key.as_str())
    };
    let mut seen = Vec::new();
    if rule.expires {
        seen.push(observe(EXPIRES, MAY_EXPIRE));
    }
    let archive = rule.moves_to.iter().find(|class| ARCHIVE_CLASSES.contains(&class.as_str()));
    if let Some(class) = archive {
        seen.push(observe(ARCHIVES, MAY_ARCHIVE).with("storage_class", class.as_str()));
    }
    seen
}
