//! SNS for one machine: topics and their subscribers, which are files. `Publish`, `Subscribe` and
//! `ListSubscriptionsByTopic`, in the AWS query protocol.
//!
//! A message is a line of the topic's file, and a line of `<data-dir>/mailboxes/<endpoint>.jsonl` for
//! each subscription in the template. One of the template counts as confirmed; one that `Subscribe` makes
//! waits for a confirmation that does not come, and receives nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Made by `Subscribe`, and not confirmed.
    pending: Mutex<Vec<Subscription>>,
    sinks: Arc<Sinks>,
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
}

/// An error of SNS: status, code, message.
type Refused = (StatusCode, &'static str, String);

impl Topics {
    pub(crate) fn new(
        topics: BTreeMap<String, String>,
        subscriptions: Vec<Subscription>,
        sinks: Arc<Sinks>,
    ) -> Self {
        Self { topics, subscriptions, pending: Mutex::default(), sinks }
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
        if !["ListSubscriptionsByTopic", "Publish", "Subscribe"].contains(&action.as_str()) {
            let message = format!("vigil-local does not serve {action} of SNS");
            return Err((StatusCode::BAD_REQUEST, "InvalidAction", message));
        }
        let caller = access_key.ok_or_else(|| {
            let message = "Request is missing Authentication Token".to_owned();
            (StatusCode::FORBIDDEN, "MissingAuthenticationToken", message)
        })?;
        let arn = call.topic_arn.clone().ok_or_else(|| invalid("TopicArn"))?;
        roles.permit(caller, &format!("sns:{action}"), &arn).map_err(|why| {
            let message = format!("{caller} is not authorized to perform: SNS:{action}: {why}");
            (StatusCode::FORBIDDEN, "AuthorizationError", message)
        })?;
        if !self.topics.contains_key(&arn) {
            return Err((StatusCode::NOT_FOUND, "NotFound", "Topic does not exist".to_owned()));
        }
        let result = match action.as_str() {
            "ListSubscriptionsByTopic" => self.list(&arn),
            "Subscribe" => self.subscribe(call, arn)?,
            _ => {
                let message = read(call)?;
                self.pass_on(&arn, caller, &Value::from(message.default.as_str()), &message);
                format!("<MessageId>{}</MessageId>", uuid::Uuid::new_v4())
            }
        };
        Ok((action, result))
    }

    fn subscribe(&self, call: Call, topic: String) -> Result<String, Refused> {
        let protocol = call.protocol.ok_or_else(|| invalid("Protocol"))?;
        let endpoint = call.endpoint.ok_or_else(|| invalid("Endpoint"))?;
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.push(Subscription { topic, protocol, endpoint });
        Ok("<SubscriptionArn>pending confirmation</SubscriptionArn>".to_owned())
    }

    fn list(&self, topic: &str) -> String {
        let member = |one: &Subscription, arn: &str| {
            let (protocol, endpoint) = (query::escape(&one.protocol), query::escape(&one.endpoint));
            format!(
                "<member><TopicArn>{topic}</TopicArn><Protocol>{protocol}</Protocol>\
                 <SubscriptionArn>{arn}</SubscriptionArn><Endpoint>{endpoint}</Endpoint></member>"
            )
        };
        let own = self.subscriptions.iter().filter(|one| one.topic == topic).enumerate();
        let mut members: String =
            own.map(|(number, one)| member(one, &format!("{topic}:{number}"))).collect();
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for one in pending.iter().filter(|one| one.topic == topic) {
            members.push_str(&member(one, "PendingConfirmation"));
        }
        format!("<Subscriptions>{members}</Subscriptions>")
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
