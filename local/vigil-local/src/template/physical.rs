//! Names and ARNs that the template's resources have on this stack.

use serde_json::Value;

use super::resolve::{ResolveError, Resolver, text};

/// What `Ref` gives (CloudFormation reference, "Return values" of each type).
pub(super) fn reference(
    resolver: &Resolver,
    logical_id: &str,
    depth: u8,
) -> Result<Value, ResolveError> {
    let kind = kind(resolver, logical_id)?;
    let name = name(resolver, logical_id, depth)?;
    Ok(Value::from(match kind {
        "AWS::SNS::Topic" => resolver.account.arn("sns", &name),
        "AWS::SQS::Queue" => queue_url(resolver, &name),
        _ => name,
    }))
}

/// What `Fn::GetAtt` gives.
pub(super) fn attribute(
    resolver: &Resolver,
    logical_id: &str,
    attribute: &str,
    depth: u8,
) -> Result<Value, ResolveError> {
    let kind = kind(resolver, logical_id)?;
    let name = || name(resolver, logical_id, depth);
    let account = &resolver.account;
    let value = match (kind, attribute) {
        ("AWS::Events::EventBus" | "AWS::SNS::Topic" | "AWS::SQS::Queue", "Arn" | "TopicArn")
        | ("AWS::Events::Rule" | "AWS::Logs::LogGroup", "Arn")
        | ("AWS::Serverless::Function" | "AWS::S3::Bucket", "Arn") => {
            arn(resolver, logical_id, depth)?.unwrap_or_default()
        }
        ("AWS::Events::EventBus", "Name")
        | ("AWS::SNS::Topic", "TopicName")
        | ("AWS::SQS::Queue", "QueueName") => name()?,
        ("AWS::SQS::Queue", "QueueUrl") => queue_url(resolver, &name()?),
        ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{}:role/{}", account.id, name()?),
        ("AWS::KMS::Key", "Arn") => account.arn("kms", &format!("key/{}", name()?)),
        ("AWS::KMS::Key", "KeyId") => name()?,
        ("AWS::S3::Bucket", "DomainName" | "RegionalDomainName") => {
            format!("{}.s3.{}.amazonaws.com", name()?, account.region)
        }
        _ => {
            return Err(ResolveError::Attribute {
                resource: logical_id.to_owned(),
                kind: kind.to_owned(),
                attribute: attribute.to_owned(),
            });
        }
    };
    Ok(Value::from(value))
}

/// The ARN of what can be a target or hold a policy; `None` for every other type.
pub(super) fn arn(
    resolver: &Resolver,
    logical_id: &str,
    depth: u8,
) -> Result<Option<String>, ResolveError> {
    let kind = kind(resolver, logical_id)?;
    let name = name(resolver, logical_id, depth)?;
    let account = &resolver.account;
    Ok(Some(match kind {
        "AWS::Events::EventBus" => account.arn("events", &format!("event-bus/{name}")),
        "AWS::Events::Rule" => {
            let bus = property(resolver, logical_id, "EventBusName", depth)?;
            account.arn("events", &rule_resource(bus.as_deref(), &name))
        }
        "AWS::Logs::LogGroup" => account.arn("logs", &format!("log-group:{name}:*")),
        "AWS::S3::Bucket" => format!("arn:aws:s3:::{name}"),
        "AWS::SNS::Topic" => account.arn("sns", &name),
        "AWS::SQS::Queue" => account.arn("sqs", &name),
        "AWS::Serverless::Function" => account.arn("lambda", &format!("function:{name}")),
        _ => return Ok(None),
    }))
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

/// The name that the template gives, or one made from the logical id: CloudFormation adds random
/// characters to it, which would serve nobody here.
pub(super) fn name(
    resolver: &Resolver,
    logical_id: &str,
    depth: u8,
) -> Result<String, ResolveError> {
    let kind = kind(resolver, logical_id)?;
    let property_name = match kind {
        "AWS::Events::EventBus" | "AWS::Events::Rule" => "Name",
        "AWS::IAM::Role" => "RoleName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::SQS::Queue" => "QueueName",
        "AWS::Serverless::Function" => "FunctionName",
        _ => return Ok(logical_id.to_owned()),
    };
    if let Some(given) = property(resolver, logical_id, property_name, depth)? {
        return Ok(given);
    }
    let made = format!("{}-{logical_id}", resolver.stack_name);
    Ok(if kind == "AWS::S3::Bucket" { made.to_lowercase() } else { made })
}

fn property(
    resolver: &Resolver,
    logical_id: &str,
    name: &str,
    depth: u8,
) -> Result<Option<String>, ResolveError> {
    let value = &resolver.resources[logical_id]["Properties"][name];
    if value.is_null() {
        return Ok(None);
    }
    Ok(resolver.at_depth(value, depth)?.as_ref().and_then(text))
}

fn queue_url(resolver: &Resolver, name: &str) -> String {
    let account = &resolver.account;
    format!("https://sqs.{}.amazonaws.com/{}/{name}", account.region, account.id)
}

fn kind<'a>(resolver: &'a Resolver, logical_id: &str) -> Result<&'a str, ResolveError> {
    resolver
        .resources
        .get(logical_id)
        .and_then(|resource| resource["Type"].as_str())
        .ok_or_else(|| ResolveError::Unknown(logical_id.to_owned()))
}
