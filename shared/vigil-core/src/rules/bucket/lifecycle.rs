//! No lifecycle rule may take a CRL away from relying parties.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    bucket::LifecycleRule,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.lifecycle",
    holds: "No lifecycle rule expires or archives CRLs.",
    cites: "Amazon S3 User Guide, Expiring objects; Storage classes for archiving objects",
    finds: &[
        ("archives", Severity::High),
        ("archives", Severity::Low),
        ("expires", Severity::High),
        ("expires", Severity::Low),
    ],
    remedy: "Take the CRLs' prefix out of the lifecycle rule.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Archives { rule: &'a str, key: &'a str, storage_class: &'a str },
    Expires { rule: &'a str, key: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |rule: &str| rule.chars().take(40).collect::<String>();
        match self {
            Self::Archives { rule, storage_class, .. } => write!(
                f,
                "Lifecycle rule {:?} moves CRLs to {storage_class}, from where nobody can fetch them",
                short(rule)
            ),
            Self::Expires { rule, .. } => {
                write!(f, "Lifecycle rule {:?} deletes CRLs", short(rule))
            }
        }
    }
}

/// Objects in these have to be restored before they can be read.
const ARCHIVES: [&str; 2] = ["DEEP_ARCHIVE", "GLACIER"];

/// A CRL is written anew often, which makes it young again; but one that is not, because the CA is
/// EXPIRED or the service fails, is when it is needed longest.
fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let rules = match subject.facts.lifecycle.known() {
        Err(why) => return Verdict::unknown(format!("the lifecycle is not known: {why}")),
        Ok(rules) => rules,
    };
    let seen = rules.iter().flat_map(|rule| judge(subject, rule));
    Verdict::from_observations(seen.collect())
}

fn judge(subject: &BucketSubject, rule: &LifecycleRule) -> Vec<Observation> {
    let Some(user) = subject.users.iter().find(|user| user.key.starts_with(&rule.prefix)) else {
        return Vec::new();
    };
    // The service tags nothing, and sizes differ.
    let severity = if rule.narrowed { Severity::Low } else { Severity::High };
    let remedy = format!(
        "Give the rule a prefix or filter that leaves CRLs out, or disable it: aws s3api \
         get-bucket-lifecycle-configuration --bucket {bucket}; aws s3api \
         put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration \
         file://lifecycle.json",
        bucket = subject.facts.name
    );
    let (id, key) = (rule.id.as_str(), user.key.as_str());
    let mut details = Vec::new();
    if rule.expires {
        details.push(Detail::Expires { rule: id, key });
    }
    let archive = rule.moves_to.iter().find(|class| ARCHIVES.contains(&class.as_str()));
    if let Some(storage_class) = archive {
        details.push(Detail::Archives { rule: id, key, storage_class });
    }
    let observe =
        |detail: &Detail<'_>| Observation::new(severity, detail).about(id).remedy(remedy.clone());
    details.iter().map(observe).collect()
}
