//! Keeps what was published.

use std::sync::Mutex;

use super::calls::{Calls, lock};
use crate::{
    anchor::Anchored,
    finding::Finding,
    ports::{Bus, Continuation, Heartbeat, PortError, PublishError, RefusedFinding},
};
use async_trait::async_trait;

/// Keeps what was published.
#[derive(Default)]
pub struct FakeBus {
    /// What was called, and what is to fail.
    pub calls: Calls,
    /// Whether the next call refuses its first finding.
    pub fail_next: Mutex<bool>,
    /// What was published.
    pub published: Mutex<Vec<Finding>>,
    /// The continuations that were sent.
    pub continued_from: Mutex<Vec<Continuation>>,
    /// The signs of life.
    pub beats: Mutex<Vec<Heartbeat>>,
    /// The anchors.
    pub anchors: Mutex<Vec<Anchored>>,
}

impl FakeBus {
    /// Refuses the first finding of the next call; the others are published.
    pub fn fail_next(&self) {
        *lock(&self.fail_next) = true;
    }

    /// The rules of what was published.
    pub fn rules(&self) -> Vec<String> {
        lock(&self.published).iter().map(|finding| finding.rule.to_string()).collect()
    }

    /// The finding that was published last.
    pub fn last(&self) -> Finding {
        lock(&self.published).last().unwrap().clone()
    }
}

#[async_trait]
impl Bus for FakeBus {
    async fn publish(&self, findings: &[Finding]) -> Result<(), PublishError> {
        let operation = "publish";
        if let Err(cause) = self.calls.make(operation).await {
            return Err(PublishError::Call { count: findings.len(), cause });
        }
        if !findings.is_empty() && std::mem::take(&mut *lock(&self.fail_next)) {
            let (code, message) = ("InternalFailure".to_owned(), "try again".to_owned());
            let refused = vec![RefusedFinding { id: findings[0].id.clone(), code, message }];
            lock(&self.published).extend_from_slice(&findings[1..]);
            return Err(PublishError::Refused { count: findings.len(), refused });
        }
        lock(&self.published).extend_from_slice(findings);
        Ok(())
    }

    async fn continue_later(&self, rest: &Continuation) -> Result<(), PortError> {
        self.calls.make("hand_on").await?;
        lock(&self.continued_from).push(rest.clone());
        Ok(())
    }

    async fn beat(&self, beat: &Heartbeat) -> Result<(), PortError> {
        self.calls.make("beat").await?;
        lock(&self.beats).push(beat.clone());
        Ok(())
    }

    async fn anchor(&self, anchored: &Anchored) -> Result<(), PortError> {
        self.calls.make("anchor").await?;
        lock(&self.anchors).push(anchored.clone());
        Ok(())
    }
}
