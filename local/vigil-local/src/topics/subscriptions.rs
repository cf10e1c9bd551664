//! The subscriptions of the topics: those of the template, and those that `Subscribe` makes.

use std::sync::{Mutex, PoisonError};

/// Who receives the messages of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) topic: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
}

/// A subscription, and how it stands.
#[derive(Clone, Debug)]
pub(super) struct Subscribed {
    pub(super) subscription: Subscription,
    pub(super) arn: String,
    /// What confirms it, until it is.
    pub(super) token: Option<String>,
}

impl Subscribed {
    /// SNS gives a word instead of the ARN until then.
    pub(super) fn shown_arn(&self) -> &str {
        if self.token.is_some() { "PendingConfirmation" } else { &self.arn }
    }
}

#[derive(Debug)]
pub(super) struct Subscriptions(Mutex<Vec<Subscribed>>);

impl Subscriptions {
    /// One of the template counts as confirmed.
    pub(super) fn of_template(template: Vec<Subscription>) -> Self {
        let confirmed = |(number, subscription): (usize, Subscription)| {
            let arn = format!("{}:{number}", subscription.topic);
            Subscribed { subscription, arn, token: None }
        };
        Self(Mutex::new(template.into_iter().enumerate().map(confirmed).collect()))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Subscribed>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn all(&self) -> Vec<Subscribed> {
        self.with(|all| all.clone())
    }

    pub(super) fn of_topic(&self, topic: &str) -> Vec<Subscribed> {
        let mut all = self.all();
        all.retain(|one| one.subscription.topic == topic);
        all
    }

    /// Adds one that waits for its token. The same again is the one that is there.
    pub(super) fn add(&self, subscription: Subscription) -> Subscribed {
        self.with(|all| {
            if let Some(known) = all.iter().find(|one| one.subscription == subscription) {
                return known.clone();
            }
            let arn = format!("{}:{}", subscription.topic, uuid::Uuid::new_v4());
            let token = Some(uuid::Uuid::new_v4().simple().to_string());
            let added = Subscribed { subscription, arn, token };
            all.push(added.clone());
            added
        })
    }

    /// The ARN of the subscription that the token confirms.
    pub(super) fn confirm(&self, topic: &str, token: &str) -> Option<String> {
        self.with(|all| {
            let waits = |one: &&mut Subscribed| {
                one.subscription.topic == topic && one.token.as_deref() == Some(token)
            };
            let found = all.iter_mut().find(waits)?;
            found.token = None;
            Some(found.arn.clone())
        })
    }

    /// Ends one. Nothing happens if there is none, as at SNS.
    pub(super) fn remove(&self, arn: &str) {
        self.with(|all| all.retain(|one| one.token.is_some() || one.arn != arn));
    }
}
