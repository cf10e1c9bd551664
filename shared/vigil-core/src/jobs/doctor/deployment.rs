//! A deployment, as AWS's services show it: the port of `vigil doctor`, and what it answers with.

use std::collections::BTreeMap;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::expected::{RULES, SCHEDULES};
use crate::ports::PortError;

/// A deployment, as AWS's services show it.
#[async_trait]
pub trait Deployment: Send + Sync {
    /// DescribeTrails, GetTrailStatus and GetEventSelectors: the trails that cover the Region.
    ///
    /// # Errors
    ///
    /// [`PortError`] if a call fails.
    async fn trails(&self) -> Result<Vec<Trail>, PortError>;

    /// GetFunction; `None` if there is no such function.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn function(&self, name: &str) -> Result<Option<Function>, PortError>;

    /// GetAccountSettings of Lambda.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn concurrency(&self) -> Result<Concurrency, PortError>;

    /// ListRules and, for those that `with_targets` chooses, ListTargetsByRule. `bus` is a name or an ARN.
    ///
    /// # Errors
    ///
    /// [`PortError`] if a call fails.
    async fn rules(
        &self,
        bus: &str,
        with_targets: &(dyn for<'a> Fn(&'a EventRule) -> bool + Send + Sync),
    ) -> Result<Vec<EventRule>, PortError>;

    /// ListSubscriptionsByTopic.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, PortError>;

    /// GetQueueAttributes: how many messages lie in the queue with this ARN; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn messages(&self, queue: &str) -> Result<Option<u64>, PortError>;

    /// FilterLogEvents: whether the log group has a line with all these phrases since then.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn logged(
        &self,
        group: &str,
        phrases: &[&str],
        since: OffsetDateTime,
    ) -> Result<bool, PortError>;

    /// GetBucketNotificationConfiguration: whether S3 sends the bucket's events to EventBridge; `None`
    /// if there is no such bucket.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn sends_events(&self, bucket: &str) -> Result<Option<bool>, PortError>;

    /// ListBuckets and HeadBucket: whose the bucket is; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// [`PortError`] if a call fails.
    async fn owner(&self, bucket: &str) -> Result<Option<Owner>, PortError>;

    /// GetKeyPolicy: the policy of a KMS key; `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the call fails.
    async fn key_policy(&self, key: &str) -> Result<Option<String>, PortError>;

    /// Invoke, and wait: the function's error, if it failed.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the function could not be invoked.
    async fn invoke(&self, function: &str, event: &str) -> Result<Option<String>, PortError>;
}

/// Whose a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This account's.
    Own,
    /// Another account's.
    Foreign,
}

/// A trail that covers the Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Its ARN.
    pub arn: String,
    /// GetTrailStatus, IsLogging.
    pub is_logging: bool,
    /// Whether it has management events that change something.
    pub has_writes: bool,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// `State`, such as `Active`.
    pub state: String,
    /// The environment variables.
    pub environment: BTreeMap<String, String>,
    /// The tag `vigil:version`.
    pub version: Option<String>,
    /// ReservedConcurrentExecutions.
    pub reserved: Option<u32>,
    /// The tag `vigil:key`: the parameter KmsKeyArn.
    pub key: Option<String>,
}

/// AccountLimit of Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// ConcurrentExecutions.
    pub limit: u32,
    /// UnreservedConcurrentExecutions.
    pub unreserved: u32,
}

/// A rule of EventBridge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventRule {
    /// Its name.
    pub name: String,
    /// The bus that it is on, by name.
    pub bus: String,
    /// Whether its state begins with `ENABLED`.
    pub is_enabled: bool,
    /// The pattern, in JSON; `None` for a schedule.
    pub pattern: Option<String>,
    /// Its targets, if they were asked for.
    pub targets: Vec<Target>,
}

/// A target of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its ARN.
    pub arn: String,
    /// The ARN of its dead-letter queue.
    pub dead_letters: Option<String>,
}

/// A subscription of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `email`, `https` and others.
    pub protocol: String,
    /// Where it delivers to.
    pub endpoint: String,
    /// Whether it was confirmed: SNS delivers nothing before.
    pub is_confirmed: bool,
}

impl EventRule {
    /// Whether deletions of CAs match its pattern, as far as its text says so.
    pub(super) fn is_about_deletions(&self) -> bool {
        let pattern = self.pattern.as_deref().unwrap_or_default();
        pattern.contains("DeleteCertificateAuthority")
    }

    /// Whether CloudFormation made it under this logical id. It adds a hyphen and random characters.
    pub(super) fn is(&self, stack: &str, logical_id: &str) -> bool {
        let rest = self.name.strip_prefix(&format!("{stack}-{logical_id}"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// Whether it belongs to the deployment.
    pub(super) fn is_ours(&self, stack: &str) -> bool {
        let known = RULES.iter().map(|(id, _)| *id).chain(SCHEDULES.iter().copied());
        known.into_iter().any(|id| self.is(stack, id))
    }
}
