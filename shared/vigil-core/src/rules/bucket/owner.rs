//! The owner of the bucket controls the CRLs in it.

use super::BucketSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.owner",
        holds: "The bucket belongs to the CA's own account.",
        cites: "Amazon S3 User Guide, Verifying bucket ownership with bucket owner condition",
        kinds: &[ANOTHER_ACCOUNT],
    },
    check,
};

/// High, because another account can take a bucket name that was given up, and then serves the CRL.
const ANOTHER_ACCOUNT: Kind = Kind {
    id: "another-account",
    severity: Severity::High,
    title: "CRL bucket {bucket} of {ca} belongs to another account",
    what_happened: "Bucket {bucket} does not belong to account {account}, the account of {ca}. Checked at {as_of}.",
    impact: "The owner of the bucket can replace or remove the CRLs of {ca}. If your organisation does not \
             own it, a stranger has taken its name.",
    what_to_do: "Find out which account owns the bucket. If that is not intended, change the CRL \
                 configuration of the CA to a bucket of account {account}. If it is, run crl-audit in the \
                 owning account. Test an account, with its id in place of ACCOUNT. Call it with credentials \
                 of the suspected account: success means yes:",
    first_command: "aws s3api head-bucket --bucket {bucket} --expected-bucket-owner ACCOUNT",
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    match subject.facts.owned.known() {
        Err(why) => Err(NotJudged::unknown(format!("the bucket's owner is not known: {why}"))),
        Ok(true) => Ok(Vec::new()),
        Ok(false) => {
            let bucket = subject.facts.name.as_str();
            Ok(vec![Observation::new(ANOTHER_ACCOUNT).with("bucket", bucket)])
        }
    }
}
