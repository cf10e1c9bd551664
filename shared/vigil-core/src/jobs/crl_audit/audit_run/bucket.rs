//! A bucket's turn: how it is set up, and what lies in it beside the CRLs.

use std::collections::BTreeSet;

use super::{
    super::{CheckError, gather, orphans},
    AuditRun, Checked, Scopes,
};
use crate::{
    bucket::{Fact, PublicAccessBlock},
    evidence::keys,
    failure::chain,
    ports::PortError,
    rules::{
        self,
        bucket::{BucketSubject, BucketUser, Orphans},
    },
};

/// Of one folder: a page is a thousand, and a bucket may hold anything.
const MAX_KEYS: usize = 10_000;

impl AuditRun<'_> {
    pub(super) async fn audit_bucket(
        &self,
        (name, users): (String, Vec<BucketUser>),
        account_block: &Fact<PublicAccessBlock>,
        scopes: &Scopes<'_>,
    ) -> Checked {
        let facts = self.ports.buckets.facts(&name).await;
        let mut failures = gather::unknown(&facts);
        let orphans = match self.keys_beside(&name, &users).await {
            // What lies in a bucket that is gone, or another account's, does not matter.
            _ if !facts.exists() || facts.owned == Fact::Known(false) => Ok(Orphans::default()),
            Ok(keys) => Ok(orphans::of(&name, keys, scopes)),
            Err(error) => {
                let step = CheckError::Objects(error);
                let why = chain(&step);
                failures.push(step);
                Err(why)
            }
        };
        let account_block = gather::account::over(&facts, account_block);
        let administrators = self.settings.administrators.clone();
        let as_of = self.now;
        let subject = BucketSubject { facts, account_block, users, orphans, administrators, as_of };
        let resource = subject.arn();
        let judgements = rules::judge(rules::bucket::RULES, &subject, &resource, self.now);
        self.settle(&resource, &keys::audited_bucket(&name), judgements, failures, |_| ()).await
    }

    /// The keys in every folder in which one of the users has its CRL.
    async fn keys_beside(
        &self,
        bucket: &str,
        users: &[BucketUser],
    ) -> Result<BTreeSet<String>, PortError> {
        let folders: BTreeSet<&str> = users.iter().map(BucketUser::folder).collect();
        let mut keys = BTreeSet::new();
        for folder in folders {
            keys.extend(self.ports.objects.list(bucket, folder, MAX_KEYS).await?);
        }
        Ok(keys)
    }
}
