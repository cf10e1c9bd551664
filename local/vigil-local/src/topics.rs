//! SNS for one machine: topics and their subscribers, which are files. `Publish`, in the AWS query
//! protocol.
//!
//! A message is a line of the topic's file, and a line of `<data-dir>/mailboxes/<endpoint>.jsonl` for
//! each subscription in the template. A subscription counts as confirmed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::query;
use crate::roles::Roles;
use crate::sinks::Sinks;

const XMLNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
/// API reference, Publish.
const MAX_MESSAGE: usize = 256 * 1024;
const MAX_SUBJECT: usize = 100;

/// A subscription of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) topic: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
}

/// What a topic is given.
#[derive(Debug)]
struct Message {
    subject: Option<String>,
    /// The text for a protocol without one of its own.
    default: String,
    /// By protocol.
    texts: Map<String, Value>,
}

#[derive(Debug)]
pub(crate) struct Topics {
    /// Logical ids by ARN.
    topics: BTreeMap<String, String>,
    subscriptions: Vec<Subscription>,
    sinks: Arc<Sinks>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Publish {
    #[serde(default)]
    action: String,
    topic_arn: Option<String>,
    message: Option<String>,
    message_structure: Option<String>,
    subject: Option<String>,
}

/// An error of SNS: status, code, message.
type Refused = (StatusCode, &'static str, String);

impl Topics {
    pub(crate) fn new(
        topics: BTreeMap<String, String>,
        subscriptions: Vec<Subscription>,
        sinks: Arc<Sinks>,
    ) -> Self {
        Self { topics, subscriptions, sinks }
    }

    /// What EventBridge sends: a text as it is, and everything else as JSON.
    pub(crate) fn deliver(&self, arn: &str, from: &str, message: &Value) {
        let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
        let texts = Map::new();
        self.pass_on(arn, from, message, &Message { subject: None, default: text, texts });
    }

    /// The answer to a call of the API.
    pub(crate) fn answer(&self, roles: &Roles, access_key: Option<&str>, body: &Bytes) -> Response {
        match self.publish(roles, access_key, body) {
            Ok(id) => query::xml(
                StatusCode::OK,
                &format!(
                    "<PublishResponse xmlns=\"{XMLNS}\"><PublishResult><MessageId>{id}</MessageId>\
                     </PublishResult><ResponseMetadata><RequestId>{id}</RequestId>\
                     </ResponseMetadata></PublishResponse>"
                ),
            ),
            Err((status, code, message)) => query::error(XMLNS, status, code, &message),
        }
    }

    fn publish(
        &self,
        roles: &Roles,
        access_key: Option<&str>,
        body: &Bytes,
    ) -> Result<String, Refused> {
        let call: Publish = serde_urlencoded::from_bytes(body)
            .map_err(|cause| invalid(&format!("the body is no form: {cause}")))?;
        if call.action != "Publish" {
            let message = format!("vigil-local serves Publish, not {}", call.action);
            return Err((StatusCode::BAD_REQUEST, "InvalidAction", message));
        }
        let caller = access_key.ok_or_else(|| {
            let message = "Request is missing Authentication Token".to_owned();
            (StatusCode::FORBIDDEN, "MissingAuthenticationToken", message)
        })?;
        let arn = call.topic_arn.clone().ok_or_else(|| invalid("TopicArn"))?;
        roles.permit(caller, "sns:Publish", &arn).map_err(|why| {
            let message = format!("{caller} is not authorized to perform: SNS:Publish: {why}");
            (StatusCode::FORBIDDEN, "AuthorizationError", message)
        })?;
        if !self.topics.contains_key(&arn) {
            return Err((StatusCode::NOT_FOUND, "NotFound", "Topic does not exist".to_owned()));
        }
        let message = read(call)?;
        self.pass_on(&arn, caller, &Value::from(message.default.as_str()), &message);
        Ok(uuid::Uuid::new_v4().to_string())
    }

    fn pass_on(&self, arn: &str, from: &str, shown: &Value, message: &Message) {
        let Some(topic) = self.topics.get(arn) else { return };
        let attributes = match &message.subject {
            None => Value::Null,
            Some(subject) => json!({"subject": subject, "texts": message.texts}),
        };
        self.sinks.append(topic, from, shown, &attributes);
        for subscription in self.subscriptions.iter().filter(|one| one.topic == arn) {
            let own = message.texts.get(&subscription.protocol).and_then(Value::as_str);
            // SNS's own subject for a message without one.
            let subject = message.subject.as_deref().unwrap_or("AWS Notification Message");
            self.sinks.mail(
                &subscription.endpoint,
                &json!({
                    "topic": topic,
                    "protocol": subscription.protocol,
                    "subject": subject,
                    "text": own.unwrap_or(&message.default),
                }),
            );
        }
    }
}

fn read(call: Publish) -> Result<Message, Refused> {
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
