//! Messages to the HTTP endpoints that subscribed to a topic (SNS Developer Guide, "Fanout to HTTP/S endpoints").
//!
//! They are not signed: no certificate of SNS is here. HTTPS is not spoken.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use pca_local::Clock;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::{Message, Subscription};

/// Developer Guide, "Message delivery retries": the three attempts of the phase that does not wait.
const ATTEMPTS: u8 = 3;
/// The same guide: SNS waits as long for an answer.
const WITHIN: Duration = Duration::from_secs(15);

/// Sends without keeping its caller waiting.
#[derive(Debug)]
pub(super) struct HttpEndpoints {
    clock: Clock,
    runtime: Handle,
    /// The stack's endpoint, for the links in messages.
    stack: String,
}

impl HttpEndpoints {
    /// Works on the runtime that this is called on.
    pub(super) fn new(stack: String, clock: Clock) -> Self {
        Self { clock, runtime: Handle::current(), stack }
    }

    /// Asks the endpoint to confirm, with the token.
    pub(super) fn ask(&self, subscription: &Subscription, token: &str) {
        let topic = &subscription.topic;
        let url = self.link("ConfirmSubscription", &[("TopicArn", topic), ("Token", token)]);
        let text = format!(
            "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the \
             SubscribeURL included in this message."
        );
        let body = json!({"Token": token, "Message": text, "SubscribeURL": url});
        self.send(subscription, "SubscriptionConfirmation", "PendingConfirmation", body);
    }

    /// Passes a message of the topic on.
    pub(super) fn notify(&self, subscription: &Subscription, arn: &str, message: &Message) {
        let url = self.link("Unsubscribe", &[("SubscriptionArn", arn)]);
        let text = message.text_for(&subscription.protocol);
        let mut body = json!({"Message": text, "UnsubscribeURL": url});
        if let Some(subject) = &message.subject {
            body["Subject"] = Value::from(subject.as_str());
        }
        self.send(subscription, "Notification", arn, body);
    }

    fn link(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let query = serde_urlencoded::to_string(parameters).unwrap_or_default();
        format!("{}/?Action={action}&{query}", self.stack)
    }

    fn send(&self, to: &Subscription, kind: &'static str, arn: &str, mut body: Value) {
        let id = uuid::Uuid::new_v4().to_string();
        body["Type"] = Value::from(kind);
        body["MessageId"] = Value::from(id.as_str());
        body["TopicArn"] = Value::from(to.topic.as_str());
        body["Timestamp"] = self.clock.now().format(&Rfc3339).unwrap_or_default().into();
        let headers = vec![
            ("x-amz-sns-message-type", kind.to_owned()),
            ("x-amz-sns-message-id", id),
            ("x-amz-sns-topic-arn", to.topic.clone()),
            ("x-amz-sns-subscription-arn", arn.to_owned()),
        ];
        let (endpoint, body) = (to.endpoint.clone(), Bytes::from(body.to_string()));
        self.runtime.spawn(async move {
            for attempt in 1..=ATTEMPTS {
                let why = match timeout(WITHIN, post(&endpoint, &headers, body.clone())).await {
                    Ok(Ok(status)) if status.is_success() => return,
                    Ok(Ok(status)) => status.to_string(),
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => format!("no answer within {} s", WITHIN.as_secs()),
                };
                tracing::warn!(endpoint, attempt, why, "an HTTP endpoint did not take a message");
            }
        });
    }
}

/// Host, port and path of `http://HOST[:PORT][/PATH]`.
pub(super) fn is_endpoint(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
}

async fn post(
    endpoint: &str,
    headers: &[(&'static str, String)],
    body: Bytes,
) -> Result<StatusCode, Box<dyn std::error::Error + Send + Sync>> {
    let uri: Uri = endpoint.parse()?;
    let authority = uri.authority().ok_or("the endpoint has no host")?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the exchange.
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::post(path)
        .header(header::HOST, authority.as_str())
        .header(header::CONTENT_TYPE, "text/plain; charset=UTF-8")
        .header(header::USER_AGENT, "Amazon Simple Notification Service Agent");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_str(value)?);
    }
    Ok(sender.send_request(request.body(Full::new(body))?).await?.status())
}
