//! SNS for one machine, in the AWS query protocol: topics, and their subscribers, which are files or HTTP
//! endpoints.
//!
//! A message is a line of the topic's file. Each confirmed HTTP subscription receives it by POST; for each
//! other one it is a line of `<data-dir>/mailboxes/<endpoint>.jsonl`. One of the template counts as
//! confirmed. One that `Subscribe` makes receives nothing until its token comes back, which only HTTP
//! endpoints are sent.

mod http;
mod read_api;
mod subscriptions;

use std::collections::BTreeMap;
use std::sync::Arc;

use ::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use pca_local::Clock;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::http::HttpEndpoints;
use self::subscriptions::Subscriptions;
use crate::query;
use crate::roles::Roles;
use crate::sinks::Sinks;

pub(crate) use self::subscriptions::Subscription;

const XMLNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
/// API reference, Publish.
const MAX_MESSAGE: usize = 256 * 1024;
const MAX_SUBJECT: usize = 100;

/// What a topic is given.
#[derive(Debug)]
struct Message {
    subject: Option<String>,
    /// The text for a protocol without one of its own.
    default: String,
    /// By protocol.
    texts: Map<String, Value>,
}

impl Message {
    fn text_for(&self, protocol: &str) -> &str {
        self.texts.get(protocol).and_then(Value::as_str).unwrap_or(&self.default)
    }
}

#[derive(Debug)]
pub(crate) struct Topics {
    /// Logical ids by ARN.
    topics: BTreeMap<String, String>,
    subscriptions: Subscriptions,
    sinks: Arc<Sinks>,
    http: HttpEndpoints,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Call {
    #[serde(default)]
    action: String,
    topic_arn: Option<String>,
    message: Option<String>,
    message_structure: Option<String>,
    subject: Option<String>,
    protocol: Option<String>,
    endpoint: Option<String>,
    subscription_arn: Option<String>,
    token: Option<String>,
}

/// What is served.
const ACTIONS: [&str; 10] = [
    "ConfirmSubscription",
    "Unsubscribe",
    "GetSubscriptionAttributes",
    "GetTopicAttributes",
    "ListSubscriptions",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "ListTopics",
    "Publish",
    "Subscribe",
];

/// An error of SNS: status, code, message.
type Refused = (StatusCode, &'static str, String);

impl Topics {
    pub(crate) fn new(
        topics: BTreeMap<String, String>,
        subscriptions: Vec<Subscription>,
        sinks: Arc<Sinks>,
        (endpoint, clock): (&str, Clock),
    ) -> Self {
        let subscriptions = Subscriptions::of_template(subscriptions);
        Self { topics, subscriptions, sinks, http: HttpEndpoints::new(endpoint.to_owned(), clock) }
    }

    /// What EventBridge sends: a text as it is, and everything else as JSON.
    pub(crate) fn deliver(&self, arn: &str, from: &str, message: &Value) {
        let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
        let texts = Map::new();
        self.pass_on(arn, from, message, &Message { subject: None, default: text, texts });
    }

    /// The answer to a call of the API.
    pub(crate) fn answer(&self, roles: &Roles, access_key: Option<&str>, body: &Bytes) -> Response {
        match self.call(roles, access_key, body) {
            Ok((action, result)) => query::xml(
                StatusCode::OK,
                &format!(
                    "<{action}Response xmlns=\"{XMLNS}\"><{action}Result>{result}</{action}Result>\
                     <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>\
                     </{action}Response>",
                    uuid::Uuid::new_v4()
                ),
            ),
            Err((status, code, message)) => query::error(XMLNS, status, code, &message),
        }
    }

    /// The action and its result in XML.
    fn call(
        &self,
        roles: &Roles,
        access_key: Option<&str>,
        body: &Bytes,
    ) -> Result<(String, String), Refused> {
        let call: Call = serde_urlencoded::from_bytes(body)
            .map_err(|cause| invalid(&format!("the body is no form: {cause}")))?;
        let action = call.action.clone();
        if !ACTIONS.contains(&action.as_str()) {
            let message = format!("vigil-local does not serve {action} of SNS");
            return Err((StatusCode::BAD_REQUEST, "InvalidAction", message));
        }
        // The token or the ARN of their links is the secret.
        let is_link = ["ConfirmSubscription", "Unsubscribe"].contains(&action.as_str());
        let resource = call.topic_arn.as_deref().or(call.subscription_arn.as_deref());
        if let Some(caller) = access_key {
            let resource = resource.unwrap_or("*");
            roles.permit(caller, &format!("sns:{action}"), resource).map_err(|why| {
                let message = format!("{caller} is not authorized to perform: SNS:{action}: {why}");
                (StatusCode::FORBIDDEN, "AuthorizationError", message)
            })?;
        } else if !is_link {
            let message = "Request is missing Authentication Token".to_owned();
            return Err((StatusCode::FORBIDDEN, "MissingAuthenticationToken", message));
        }
        let result = self.act(call, access_key.unwrap_or_default())?;
        Ok((action, result))
    }

    fn act(&self, call: Call, caller: &str) -> Result<String, Refused> {
        let subscription_arn =
            || call.subscription_arn.clone().ok_or_else(|| invalid("SubscriptionArn"));
        match call.action.as_str() {
            "GetSubscriptionAttributes" => {
                return self.subscription_attributes(&subscription_arn()?);
            }
            "ListSubscriptions" => return Ok(Self::list_subscriptions(&self.subscriptions.all())),
            "ListTagsForResource" => return Ok("<Tags/>".to_owned()),
            "ListTopics" => return Ok(self.list_topics()),
            "Unsubscribe" => {
                self.subscriptions.remove(&subscription_arn()?);
                return Ok(String::new());
            }
            _ => {}
        }
        let arn = call.topic_arn.clone().ok_or_else(|| invalid("TopicArn"))?;
        if !self.topics.contains_key(&arn) {
            return Err((StatusCode::NOT_FOUND, "NotFound", "Topic does not exist".to_owned()));
        }
        match call.action.as_str() {
            "ConfirmSubscription" => {
                let token = call.token.as_deref().unwrap_or_default();
                let confirmed = self.subscriptions.confirm(&arn, token);
                let confirmed = confirmed.ok_or_else(|| invalid("Token"))?;
                Ok(format!("<SubscriptionArn>{confirmed}</SubscriptionArn>"))
            }
            "GetTopicAttributes" => Ok(self.topic_attributes(&arn)),
            "ListSubscriptionsByTopic" => {
                Ok(Self::list_subscriptions(&self.subscriptions.of_topic(&arn)))
            }
            "Subscribe" => self.subscribe(call, arn),
            _ => {
                let message = read(call)?;
                self.pass_on(&arn, caller, &Value::from(message.default.as_str()), &message);
                Ok(format!("<MessageId>{}</MessageId>", uuid::Uuid::new_v4()))
            }
        }
    }

    fn subscribe(&self, call: Call, topic: String) -> Result<String, Refused> {
        let protocol = call.protocol.ok_or_else(|| invalid("Protocol"))?;
        let endpoint = call.endpoint.ok_or_else(|| invalid("Endpoint"))?;
        if protocol == "https" {
            return Err(invalid("Protocol: vigil-local sends to http, not to https"));
        }
        let is_http = protocol == "http";
        if is_http && !http::is_endpoint(&endpoint) {
            return Err(invalid("Endpoint must match the specified protocol"));
        }
        let added = self.subscriptions.add(Subscription { topic, protocol, endpoint });
        let Some(token) = &added.token else {
            return Ok(format!("<SubscriptionArn>{}</SubscriptionArn>", added.arn));
        };
        if is_http {
            self.http.ask(&added.subscription, token);
        }
        Ok("<SubscriptionArn>pending confirmation</SubscriptionArn>".to_owned())
    }

    fn pass_on(&self, arn: &str, from: &str, shown: &Value, message: &Message) {
        let Some(topic) = self.topics.get(arn) else { return };
        let attributes = match &message.subject {
            None => Value::Null,
            Some(subject) => json!({"subject": subject, "texts": message.texts}),
        };
        self.sinks.append(topic, from, shown, &attributes);
        for one in self.subscriptions.of_topic(arn).iter().filter(|one| one.token.is_none()) {
            let subscription = &one.subscription;
            if subscription.protocol == "http" {
                self.http.notify(subscription, &one.arn, message);
                continue;
            }
            // SNS's own subject for a message without one.
            let subject = message.subject.as_deref().unwrap_or("AWS Notification Message");
            let text = message.text_for(&subscription.protocol);
            let mail = json!({"topic": topic, "protocol": subscription.protocol, "subject": subject,
                "text": text});
            self.sinks.mail(&subscription.endpoint, &mail);
        }
    }
}

fn read(call: Call) -> Result<Message, Refused> {
    let text = call.message.filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| invalid("Empty message"))?;
    if text.len() > MAX_MESSAGE {
        return Err(invalid("Message too long"));
    }
    if let Some(subject) = &call.subject
        && (subject.is_empty()
            || subject.chars().count() >= MAX_SUBJECT
            || subject.chars().any(char::is_control))
    {
        return Err(invalid("Subject"));
    }
    let subject = call.subject;
    match call.message_structure.as_deref() {
        None => Ok(Message { subject, default: text, texts: Map::new() }),
        Some("json") => {
            let Ok(Value::Object(texts)) = serde_json::from_str(&text) else {
                return Err(invalid("Message Structure - JSON message body failed to parse"));
            };
            let default = texts.get("default").and_then(Value::as_str).map(str::to_owned);
            let default = default.ok_or_else(|| {
                invalid("Message Structure - No default entry in JSON message body")
            })?;
            Ok(Message { subject, default, texts })
        }
        Some(_) => Err(invalid("Message Structure")),
    }
}

fn invalid(what: &str) -> Refused {
    (StatusCode::BAD_REQUEST, "InvalidParameter", format!("Invalid parameter: {what}"))
}
