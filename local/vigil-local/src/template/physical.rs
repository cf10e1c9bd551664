//! Names and ARNs that the template's resources have on this stack.

use crate::account::Account;

/// A resource as it exists on the stack.
pub(super) struct Physical<'a> {
    pub(super) account: &'a Account,
    /// Its CloudFormation type.
    pub(super) kind: &'a str,
    pub(super) name: String,
    /// The bus of a rule, by name or ARN.
    pub(super) bus: Option<String>,
}

impl Physical<'_> {
    /// The value of `Ref` (CloudFormation reference, "Return values" of each type).
    pub(super) fn reference(&self) -> String {
        match self.kind {
            "AWS::SNS::Topic" => self.account.arn("sns", &self.name),
            "AWS::SQS::Queue" => self.queue_url(),
            _ => self.name.clone(),
        }
    }

    /// The value of `Fn::GetAtt`; `None` for an attribute that is not known here.
    pub(super) fn attribute(&self, attribute: &str) -> Option<String> {
        let Self { account, name, .. } = self;
        Some(match (self.kind, attribute) {
            (
                "AWS::Events::EventBus" | "AWS::SNS::Topic" | "AWS::SQS::Queue",
                "Arn" | "TopicArn",
            )
            | ("AWS::Events::Rule" | "AWS::Serverless::Function" | "AWS::S3::Bucket", "Arn") => {
                self.arn()?
            }
            ("AWS::Events::EventBus", "Name")
            | ("AWS::SNS::Topic", "TopicName")
            | ("AWS::SQS::Queue", "QueueName")
            | ("AWS::KMS::Key", "KeyId") => name.clone(),
            // Return values of AWS::Logs::LogGroup: its ARN ends in `:*`.
            ("AWS::Logs::LogGroup", "Arn") => format!("{}:*", self.arn()?),
            ("AWS::SQS::Queue", "QueueUrl") => self.queue_url(),
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{}:role/{name}", account.id),
            ("AWS::KMS::Key", "Arn") => account.arn("kms", &format!("key/{name}")),
            ("AWS::S3::Bucket", "DomainName" | "RegionalDomainName") => {
                format!("{name}.s3.{}.amazonaws.com", account.region)
            }
            _ => return None,
        })
    }

    /// The ARN of a resource that can be a target or hold a policy; `None` for every other type.
    pub(super) fn arn(&self) -> Option<String> {
        let Self { account, name, .. } = self;
        Some(match self.kind {
            "AWS::Events::EventBus" => account.arn("events", &format!("event-bus/{name}")),
            "AWS::Events::Rule" => account.arn("events", &rule_resource(self.bus.as_deref(), name)),
            "AWS::Logs::LogGroup" => account.arn("logs", &format!("log-group:{name}")),
            "AWS::S3::Bucket" => format!("arn:aws:s3:::{name}"),
            "AWS::SNS::Topic" => account.arn("sns", name),
            "AWS::SQS::Queue" => account.arn("sqs", name),
            "AWS::Serverless::Function" => account.arn("lambda", &format!("function:{name}")),
            _ => return None,
        })
    }

    pub(super) fn queue_url(&self) -> String {
        let Self { account, name, .. } = self;
        format!("https://sqs.{}.amazonaws.com/{}/{name}", account.region, account.id)
    }
}

/// `rule/<name>` on the default bus, `rule/<bus>/<name>` on any other.
pub(super) fn rule_resource(bus: Option<&str>, name: &str) -> String {
    match bus.map(bus_name) {
        None | Some("default") => format!("rule/{name}"),
        Some(bus) => format!("rule/{bus}/{name}"),
    }
}

/// A bus is given by its name or by its ARN.
pub(super) fn bus_name(bus: &str) -> &str {
    bus.rsplit('/').next().unwrap_or(bus)
}

/// The property that names a resource of this type; `None` if the logical id is its name.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::Events::EventBus" | "AWS::Events::Rule" => "Name",
        "AWS::IAM::Role" => "RoleName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::Serverless::Function" => "FunctionName",
        _ => return None,
    })
}
