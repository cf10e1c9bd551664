//! Vigil on one machine: the AWS services it talks to, and a Lambda that runs its functions.
//!
//! One port serves S3 (`s3`), ACM PCA (the crate `pca-local`), EventBridge (`events`), KMS (`kms`),
//! Lambda (`lambda`) and STS (`sts`). A SAM template (`template`) says which functions there are, which
//! events and schedules (`schedule`) set them off, and which buckets exist. [`Stack`] puts it
//! together; its clock is pca-local's, and everything that waits for a moment waits on that clock.
//!
//! What is not a service here: SNS topics, SQS queues and log groups. What reaches one is a line in
//! `<data-dir>/targets/<LogicalId>.jsonl`. Lifecycle rules are kept and not carried out, KMS
//! encrypts nothing, and IAM is enforced for bucket policies, key policies where S3 uses a key, and the
//! functions' roles only.

mod account;
mod admin;
mod clock;
mod events;
mod kms;
mod lambda;
mod recent;
mod roles;
mod router;
mod s3;
mod schedule;
mod sinks;
mod stack;
mod sts;
mod template;

use iam_policy as policy;
use iam_policy::wildcard;

pub use account::Account;
pub use events::SeenEvent;
pub use lambda::{Invocation, Outcome};
pub use roles::Call;
pub use s3::SECRET;
pub use stack::{Builder, Stack, StackError};
