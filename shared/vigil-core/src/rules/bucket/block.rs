//! Block Public Access as it is in force: a setting is on if it is for the bucket or for the account
//! that owns it (Amazon S3 User Guide, Blocking public access: the most restrictive combination).

use serde::Serialize;

use super::BucketSubject;
use crate::bucket::PublicAccessBlock;

pub(super) type Setting = fn(&PublicAccessBlock) -> bool;

/// Where a setting is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    Account,
    Both,
    Bucket,
}

impl Level {
    pub(super) fn of_whom(self) -> &'static str {
        match self {
            Self::Account => "the account",
            Self::Both => "the account and of the bucket",
            Self::Bucket => "the bucket",
        }
    }
}

impl BucketSubject {
    /// `None` if it is off. One level that has it on is enough to know; that it is off, both must say.
    pub(super) fn blocked(&self, setting: Setting) -> Result<Option<Level>, String> {
        let bucket = self.facts.public_access_block.known().map(setting);
        let account = self.account_block.known().map(setting);
        Ok(match (account, bucket) {
            (Ok(true), Ok(true)) => Some(Level::Both),
            (Ok(true), Ok(false) | Err(_)) => Some(Level::Account),
            (Ok(false) | Err(_), Ok(true)) => Some(Level::Bucket),
            (Ok(false), Ok(false)) => None,
            (_, Err(why)) => return Err(format!("Block Public Access is not known: {why}")),
            (Err(why), _) => {
                return Err(format!("the account's Block Public Access is not known: {why}"));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bucket::Fact, rules::bucket::tests::clean};

    #[test]
    fn either_level_blocks_and_only_both_together_leave_open() {
        let (on, off) = (Some(true), Some(false));
        let fact = |known: Option<bool>, why: &str| match known {
            Some(block_public_acls) => {
                Fact::Known(PublicAccessBlock { block_public_acls, ..Default::default() })
            }
            None => Fact::Unknown(why.to_owned()),
        };
        let unknown = |why: &str| Err(format!("{why} denied"));
        let of_bucket = "Block Public Access is not known:";
        let of_account = "the account's Block Public Access is not known:";
        for (account, bucket, want) in [
            (on, on, Ok(Some(Level::Both))),
            (on, off, Ok(Some(Level::Account))),
            (on, None, Ok(Some(Level::Account))),
            (off, on, Ok(Some(Level::Bucket))),
            (None, on, Ok(Some(Level::Bucket))),
            (off, off, Ok(None)),
            (off, None, unknown(of_bucket)),
            (None, off, unknown(of_account)),
            (None, None, unknown(of_bucket)),
        ] {
            let mut subject = clean();
            subject.account_block = fact(account, "denied");
            subject.facts.public_access_block = fact(bucket, "denied");
            let got = subject.blocked(|block| block.block_public_acls);
            assert_eq!(got, want, "account {account:?}, bucket {bucket:?}");
        }
    }
}
