//! Tells the operators: a finding as one message, with a text for each way on which SNS delivers it.
//!
//! EventBridge can send an event to a topic without this. The mail would then be raw JSON under the
//! subject "AWS Notification Message".
//!
//! One finding is one message. EventBridge invokes a function once for each event. To join findings,
//! the function would have to hold one back, and a finding that is held can be lost.
//!
//! Security Hub is no target of EventBridge. If the parameter SecurityHub is true, it is given each
//! finding here.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use crate::{
    export::{Product, asff_of},
    failure::Failure,
    finding::{DETAIL_TYPE, Finding, SOURCE, Severity, Status, TEST_DETAIL_TYPE},
    ports::PortError,
    rules::doctor::{TEST, TEST_FINDING},
};

mod message;

pub use message::{Deployment, MAX_SUBJECT, Message};

/// An SNS topic.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Publish. Returns the id that SNS gives the message.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the topic may not have taken the message.
    async fn publish(&self, message: &Message) -> Result<String, PortError>;
}

/// AWS Security Hub.
#[async_trait]
pub trait SecurityHub: Send + Sync {
    /// Imports findings in the AWS Security Finding Format, by their ids: a known one is updated.
    ///
    /// # Errors
    ///
    /// [`PortError`] if Security Hub may not have taken each of them.
    async fn import(&self, findings: &[Value]) -> Result<(), PortError>;
}

/// Security Hub, and the product that the findings belong to.
pub struct Hub<'a> {
    /// What takes them.
    pub port: &'a dyn SecurityHub,
    /// Whose they are.
    pub product: &'a Product,
}

/// The topics, and what commands in findings need.
pub struct Ports<'a> {
    /// Every finding that is sent.
    pub alerts: &'a dyn Topic,
    /// HIGH and CRITICAL findings as well.
    pub on_call: &'a dyn Topic,
    /// `None`: the parameter SecurityHub is false.
    pub hub: Option<Hub<'a>>,
    /// The bucket and the key that commands name.
    pub deployment: &'a Deployment,
}

/// What was published.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The finding's id.
    pub finding: String,
    /// The message of the topic for alerts.
    pub alerts: String,
    /// The message of the topic for on-call, if the finding is urgent.
    pub on_call: Option<String>,
    /// Whether Security Hub has it.
    pub is_in_security_hub: bool,
}

/// The reason why a finding did not reach every topic.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// The event is not that of a finding.
    #[error("the event carries no finding: {0}")]
    NotAFinding(String),
    /// The detail of the event is not a finding.
    #[error("the event's detail cannot be read as a finding")]
    Unreadable(#[source] serde_json::Error),
    /// A topic did not take the message. The other topic had its turn.
    #[error("the finding {finding} was not published to every topic")]
    Publish {
        /// The finding's id.
        finding: String,
        /// The error of the first topic that failed.
        #[source]
        cause: PortError,
    },
    /// Security Hub did not take the finding. The topics had their turn.
    #[error("the finding {finding} was not imported into Security Hub")]
    Import {
        /// The finding's id.
        finding: String,
        /// What Security Hub said.
        #[source]
        cause: PortError,
    },
}

impl Failure for NotifyError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::NotAFinding(_) => "NotAFinding",
            Self::Unreadable(_) => "UnreadableFinding",
            Self::Publish { .. } => "PublishFailed",
            Self::Import { .. } => "ImportFailed",
        }
    }
}

/// Publishes the finding of one event.
///
/// The topic for on-call comes first, Security Hub last. One that fails does not keep the others from the finding.
/// Lambda repeats an invocation that failed, so a message can arrive twice, and none is left out.
///
/// # Errors
///
/// [`NotifyError`] if the event is not a finding's, or if a topic or Security Hub did not take it.
pub async fn run(event: &Value, ports: &Ports<'_>) -> Result<Outcome, NotifyError> {
    let finding = read(event)?;
    let message = Message::new(&finding, ports.deployment);
    let on_call = if finding.severity >= Severity::High {
        Some(ports.on_call.publish(&message).await)
    } else {
        None
    };
    let alerts = ports.alerts.publish(&message).await;
    let imported = match &ports.hub {
        Some(hub) => {
            hub.port.import(&[asff_of(hub.product, &for_hub(&finding))]).await.map(|()| true)
        }
        None => Ok(false),
    };
    let failed = |cause| NotifyError::Publish { finding: finding.id.clone(), cause };
    Ok(Outcome {
        on_call: on_call.transpose().map_err(failed)?,
        alerts: alerts.map_err(failed)?,
        is_in_security_hub: imported
            .map_err(|cause| NotifyError::Import { finding: finding.id.clone(), cause })?,
        finding: finding.id.clone(),
    })
}

/// A test is over when it arrives, so that Security Hub archives it.
fn for_hub(finding: &Finding) -> Finding {
    let is_test = finding.rule == TEST_FINDING.id;
    finding.clone().with_status(if is_test { Status::Resolved } else { finding.status })
}

fn read(event: &Value) -> Result<Finding, NotifyError> {
    let (source, detail_type) = (&event["source"], &event["detail-type"]);
    let is_test = detail_type == TEST_DETAIL_TYPE;
    if source != SOURCE || !(is_test || detail_type == DETAIL_TYPE) {
        let seen = format!("its source is {source} and its detail-type is {detail_type}");
        return Err(NotifyError::NotAFinding(seen));
    }
    let finding: Finding =
        serde_json::from_value(event["detail"].clone()).map_err(NotifyError::Unreadable)?;
    Ok(if is_test { test_of(finding) } else { finding })
}

/// A principal that may put events on the bus can publish a test, so that none of its text is passed on.
fn test_of(finding: Finding) -> Finding {
    let id = finding.id.chars().filter(char::is_ascii_hexdigit).take(32).collect();
    let text = |text: &str| text.to_owned();
    Finding {
        id,
        rule: TEST_FINDING.id.into(),
        severity: TEST.severity,
        status: Status::New,
        resource: text("vigil-doctor"),
        title: text(TEST.title),
        what_happened: text(TEST.what_happened),
        impact: text(TEST.impact),
        what_to_do: format!("{}\n  {}", TEST.what_to_do, TEST.first_command),
        why: format!("Rule {}, kind {}: {}", TEST_FINDING.id, TEST.id, TEST_FINDING.holds),
        evidence: serde_json::Map::new(),
        as_of: finding.as_of,
    }
}

#[cfg(test)]
mod tests;
