//! What an account blocks for all its buckets, which S3 takes together with each bucket's own settings.

use std::collections::BTreeMap;

use super::super::{CheckError, CheckFailure, Ports};
use crate::{
    bucket::{BucketFacts, Fact, PublicAccessBlock},
    rules::bucket::BucketUser,
};

/// Asked once for all buckets. The CAs are our own, so their account is ours.
pub(in super::super) async fn block(
    ports: &Ports<'_>,
    buckets: &BTreeMap<String, Vec<BucketUser>>,
) -> (Fact<PublicAccessBlock>, Option<CheckFailure>) {
    let Some(user) = buckets.values().flatten().next() else {
        return (Fact::Unknown("there is no bucket to ask it for".to_owned()), None);
    };
    let account = user.ca.account();
    let block = ports.buckets.account_block(account).await;
    let failure = block.known().err().map(|why| CheckFailure {
        resource: format!("account {account}"),
        step: CheckError::AccountBlock { why: why.to_owned() },
    });
    (block, failure)
}

/// What blocks public access to one bucket from above: `ours`, if the bucket is.
pub(in super::super) fn over(
    facts: &BucketFacts,
    ours: &Fact<PublicAccessBlock>,
) -> Fact<PublicAccessBlock> {
    match facts.owned.known() {
        Ok(true) => ours.clone(),
        Ok(false) => Fact::Unknown(
            "another account owns the bucket, and only that account can read this".to_owned(),
        ),
        Err(why) => Fact::Unknown(format!("whose bucket it is is not known: {why}")),
    }
}
