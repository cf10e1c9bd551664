//! The AWS services that Vigil needs, on one machine, with a Lambda host that runs its functions.
//!
//! One port serves S3 (`s3`), ACM PCA (the crate `pca-local`), EventBridge (`events`), KMS (`kms`),
//! Lambda (`lambda`), SNS (`topics`), SQS (`queues`), CloudWatch Logs (`logs`), STS (`sts`) and
//! CloudTrail (`event_history`, `trails`). A SAM template (`template`) defines functions, the events and
//! schedules (`schedule`) that invoke them, and buckets. [`Stack`] combines these parts. Its clock is
//! that of pca-local; every timer runs on this clock.
//!
//! SNS topics, SQS queues and log groups are files: each message is a line in
//! `<data-dir>/targets/<LogicalId>.jsonl`, and what a subscriber receives in
//! `<data-dir>/mailboxes/<endpoint>.jsonl`. Lifecycle rules are stored and never run, and KMS encrypts
//! nothing. IAM is enforced for bucket policies, for key policies where S3 uses a key, for the
//! functions' roles, and for the policies of a rule's targets.

mod absent;
mod account;
mod admin;
mod api_call;
mod caller;
mod clock;
mod event_history;
mod events;
mod json_api;
mod kms;
mod lambda;
mod logs;
mod query;
mod queues;
mod recent;
mod roles;
mod router;
mod s3;
mod schedule;
mod security_hub;
mod sinks;
mod stack;
mod sts;
mod template;
mod topics;
mod trails;

pub use account::Account;
pub use events::SeenEvent;
pub use lambda::{Invocation, InvocationResult};
pub use roles::{Call, Grant};
pub use s3::SECRET;
pub use stack::{Builder, Stack, StackError};
