//! Messages to an SNS topic.

use async_trait::async_trait;
use aws_sdk_sns::Client;
use vigil_core::{
    jobs::notify::{Message, Topic},
    ports::PortError,
};

use crate::answer::port_error;

/// An SNS topic, as [`Topic`].
#[derive(Clone, Debug)]
pub struct SnsTopic {
    client: Client,
    arn: String,
}

impl SnsTopic {
    /// The topic, by its ARN.
    pub fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }
}

#[async_trait]
impl Topic for SnsTopic {
    async fn publish(&self, message: &Message) -> Result<String, PortError> {
        let call = self.client.publish().topic_arn(&self.arn).subject(&message.subject);
        let call = call.message_structure("json").message(message.body());
        let answer = call.send().await.map_err(|error| port_error("Publish", &self.arn, error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
