//! A dead-letter queue and the functions that its messages go back to.

use async_trait::async_trait;
use aws_config::SdkConfig;
use serde_json::{Value, json};
use vigil_core::{
    jobs::replay::{DeadLetter, DeadLetters},
    ports::PortError,
};

use crate::json_calls::{Call, Invocation, SQS, invoke, send};

/// How long a message stays hidden from other receivers, in seconds.
const HIDDEN: u32 = 60;

/// An SQS queue, as [`DeadLetters`].
#[derive(Clone, Debug)]
pub struct SqsDeadLetters {
    sdk: SdkConfig,
    url: String,
}

impl SqsDeadLetters {
    /// The queue with this name or URL.
    ///
    /// # Errors
    ///
    /// [`PortError::NotFound`] if there is no such queue.
    pub(crate) async fn open(sdk: SdkConfig, queue: &str) -> Result<Self, PortError> {
        if queue.starts_with("https://") {
            return Ok(Self { sdk, url: queue.to_owned() });
        }
        let request = json!({"QueueName": queue});
        let answer = send(&sdk, Call::json(SQS, "GetQueueUrl", queue, &request)).await?;
        let url = answer.body["QueueUrl"].as_str().unwrap_or_default().to_owned();
        Ok(Self { sdk, url })
    }

    async fn call(&self, operation: &'static str, request: &Value) -> Result<Value, PortError> {
        Ok(send(&self.sdk, Call::json(SQS, operation, &self.url, request)).await?.body)
    }
}

#[async_trait]
impl DeadLetters for SqsDeadLetters {
    async fn receive(&self) -> Result<Vec<DeadLetter>, PortError> {
        let request = json!({"QueueUrl": self.url, "MaxNumberOfMessages": 10,
            "VisibilityTimeout": HIDDEN, "MessageAttributeNames": ["All"]});
        let answer = self.call("ReceiveMessage", &request).await?;
        let messages = answer["Messages"].as_array().into_iter().flatten();
        Ok(messages.map(letter).collect())
    }

    async fn hidden(&self) -> Result<u64, PortError> {
        let name = "ApproximateNumberOfMessagesNotVisible";
        let request = json!({"QueueUrl": self.url, "AttributeNames": [name]});
        let answer = self.call("GetQueueAttributes", &request).await?;
        let count = answer["Attributes"][name].as_str().and_then(|text| text.parse().ok());
        count.ok_or_else(|| PortError::Other {
            operation: "GetQueueAttributes",
            resource: self.url.clone(),
            cause: format!("the answer has no {name}").into(),
        })
    }

    async fn delete(&self, letter: &DeadLetter) -> Result<(), PortError> {
        let request = json!({"QueueUrl": self.url, "ReceiptHandle": letter.receipt});
        self.call("DeleteMessage", &request).await.map(|_| ())
    }

    async fn invoke_later(&self, function: &str, event: &Value) -> Result<(), PortError> {
        invoke(&self.sdk, function, event.to_string(), Invocation::Event).await.map(|_| ())
    }
}

fn letter(message: &Value) -> DeadLetter {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let attributes = message["MessageAttributes"].as_object().into_iter().flatten();
    let attribute = |(name, value): (&String, &Value)| {
        Some((name.clone(), value["StringValue"].as_str()?.to_owned()))
    };
    DeadLetter {
        id: text("MessageId"),
        receipt: text("ReceiptHandle"),
        body: text("Body"),
        attributes: attributes.filter_map(attribute).collect(),
    }
}
