//! What SNS says of topics and subscriptions, in XML.

use super::subscriptions::Subscribed;
use super::{Refused, Topics};
use crate::query::escape;
use http::StatusCode;

impl Topics {
    pub(super) fn list_topics(&self) -> String {
        let topics = self.topics.keys();
        let members: String = topics
            .map(|arn| format!("<member><TopicArn>{}</TopicArn></member>", escape(arn)))
            .collect();
        format!("<Topics>{members}</Topics>")
    }

    pub(super) fn list_subscriptions(subscribed: &[Subscribed]) -> String {
        let members: String = subscribed.iter().map(member).collect();
        format!("<Subscriptions>{members}</Subscriptions>")
    }

    pub(super) fn topic_attributes(&self, arn: &str) -> String {
        let subscribed = self.subscriptions.of_topic(arn);
        let pending = subscribed.iter().filter(|one| one.token.is_some()).count();
        attributes(&[
            ("TopicArn", arn),
            ("Owner", owner(arn)),
            ("SubscriptionsConfirmed", &(subscribed.len() - pending).to_string()),
            ("SubscriptionsPending", &pending.to_string()),
            ("SubscriptionsDeleted", "0"),
        ])
    }

    pub(super) fn subscription_attributes(&self, arn: &str) -> Result<String, Refused> {
        let all = self.subscriptions.all();
        let found = all.iter().find(|one| one.shown_arn() == arn).ok_or_else(|| {
            (StatusCode::NOT_FOUND, "NotFound", "Subscription does not exist".to_owned())
        })?;
        let subscription = &found.subscription;
        Ok(attributes(&[
            ("SubscriptionArn", arn),
            ("TopicArn", &subscription.topic),
            ("Owner", owner(&subscription.topic)),
            ("Protocol", &subscription.protocol),
            ("Endpoint", &subscription.endpoint),
            ("PendingConfirmation", if found.token.is_some() { "true" } else { "false" }),
            ("RawMessageDelivery", "false"),
        ]))
    }
}

fn member(one: &Subscribed) -> String {
    let subscription = &one.subscription;
    format!(
        "<member><TopicArn>{}</TopicArn><Protocol>{}</Protocol><SubscriptionArn>{}</SubscriptionArn>\
         <Owner>{}</Owner><Endpoint>{}</Endpoint></member>",
        escape(&subscription.topic),
        escape(&subscription.protocol),
        escape(one.shown_arn()),
        escape(owner(&subscription.topic)),
        escape(&subscription.endpoint),
    )
}

fn attributes(all: &[(&str, &str)]) -> String {
    let entries: String = all
        .iter()
        .map(|(key, value)| {
            format!("<entry><key>{key}</key><value>{}</value></entry>", escape(value))
        })
        .collect();
    format!("<Attributes>{entries}</Attributes>")
}

/// The account of `arn:aws:sns:<region>:<account>:<name>`.
fn owner(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}
