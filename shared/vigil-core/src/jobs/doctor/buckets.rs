//! The stack's own buckets: there, and of this account.

use std::collections::BTreeMap;

use super::{
    checks::{CheckResult, DEPLOY, bad},
    deployment::Deployment,
    facts::{Fetched, Functions, fetched, setting},
};

/// Whose a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This account's.
    Own,
    /// Another account's.
    Foreign,
}

/// The functions that say which buckets the stack uses, and the variables in which they do.
const NAMED_BY: &[(&str, &str)] =
    &[("auto-restore", "VIGIL_EVIDENCE_BUCKET"), ("audit-report", "VIGIL_REPORT_BUCKET")];

/// By name; `None` for a bucket that does not exist.
pub(super) type Buckets = BTreeMap<String, Fetched<Option<Owner>>>;

pub(super) async fn gather(deployment: &dyn Deployment, functions: &Functions) -> Buckets {
    let mut buckets = BTreeMap::new();
    for (function, variable) in NAMED_BY {
        if let Some(bucket) = setting(functions, function, variable) {
            let owner = fetched(deployment.owner(&bucket).await);
            buckets.insert(bucket, owner);
        }
    }
    buckets
}

pub(super) fn judge(buckets: &Buckets) -> CheckResult {
    if buckets.is_empty() {
        return CheckResult::Unknown("no function says which buckets it uses".to_owned());
    }
    let mut unknown = Vec::new();
    for (bucket, owner) in buckets {
        match owner {
            Err(why) => unknown.push(why.clone()),
            Ok(Some(Owner::Own)) => {}
            Ok(Some(Owner::Foreign)) => {
                return bad(
                    format!("the bucket {bucket} belongs to another account"),
                    format!("{DEPLOY} with another Name, or with TakeOver=false"),
                );
            }
            Ok(None) => {
                return bad(
                    format!("the bucket {bucket} does not exist"),
                    format!("{DEPLOY} with TakeOver=false, which makes the bucket"),
                );
            }
        }
    }
    if !unknown.is_empty() {
        return CheckResult::Unknown(unknown.join("; "));
    }
    CheckResult::Good(format!("{} buckets are there and this account's", buckets.len()))
}
