//! A deployment of Vigil as AWS's services show it.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::types::RuleState;
use serde_json::{Value, json};
use time::OffsetDateTime;
use vigil_core::{
    jobs::doctor::{
        Concurrency, Deployment, EventRule, Function, Owner, Subscription, Target, Trail,
    },
    ports::PortError,
};

use crate::{
    answer::port_error,
    json_calls::{CLOUDTRAIL, Call, Invocation, LAMBDA, LOGS, SQS, invoke, send},
};

/// The services that a deployment consists of, as [`Deployment`].
#[derive(Clone, Debug)]
pub struct AwsDeployment {
    sdk: SdkConfig,
    events: aws_sdk_eventbridge::Client,
    kms: aws_sdk_kms::Client,
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
}

impl AwsDeployment {
    pub(crate) fn new(sdk: SdkConfig, s3: aws_sdk_s3::Client) -> Self {
        let events = aws_sdk_eventbridge::Client::new(&sdk);
        let kms = aws_sdk_kms::Client::new(&sdk);
        let sns = aws_sdk_sns::Client::new(&sdk);
        Self { sdk, events, kms, s3, sns }
    }

    async fn trail_call(
        &self,
        operation: &'static str,
        resource: &str,
        request: &Value,
    ) -> Result<Value, PortError> {
        Ok(send(&self.sdk, Call::json(CLOUDTRAIL, operation, resource, request)).await?.body)
    }

    async fn targets(&self, rule: &EventRule, bus: &str) -> Result<Vec<Target>, PortError> {
        let (mut targets, mut token) = (Vec::new(), None);
        loop {
            let call = self.events.list_targets_by_rule().rule(&rule.name).event_bus_name(bus);
            let page = call.set_next_token(token).send().await;
            let page = page.map_err(|error| port_error("ListTargetsByRule", &rule.name, error))?;
            targets.extend(page.targets.unwrap_or_default().into_iter().map(|target| Target {
                arn: target.arn,
                dead_letters: target.dead_letter_config.and_then(|config| config.arn),
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(targets);
            }
        }
    }

    async fn lambda(
        &self,
        operation: &'static str,
        path: &str,
        resource: &str,
    ) -> Result<Value, PortError> {
        let call = Call {
            service: LAMBDA,
            operation,
            method: "GET",
            path,
            headers: &[],
            body: String::new(),
            resource,
        };
        Ok(send(&self.sdk, call).await?.body)
    }
}

#[async_trait]
impl Deployment for AwsDeployment {
    async fn trails(&self) -> Result<Vec<Trail>, PortError> {
        // Shadow trails too: those of other Regions that cover this one.
        let request = json!({"includeShadowTrails": true});
        let answer = self.trail_call("DescribeTrails", "the account", &request).await?;
        let mut trails = Vec::new();
        for trail in answer["trailList"].as_array().into_iter().flatten() {
            let arn = trail["TrailARN"].as_str().unwrap_or_default().to_owned();
            let status = self.trail_call("GetTrailStatus", &arn, &json!({"Name": arn})).await?;
            let request = json!({"TrailName": arn});
            let selectors = self.trail_call("GetEventSelectors", &arn, &request).await?;
            let is_logging = status["IsLogging"] == true;
            trails.push(Trail { arn, is_logging, has_writes: has_writes(&selectors) });
        }
        Ok(trails)
    }

    async fn function(&self, name: &str) -> Result<Option<Function>, PortError> {
        let path = format!("/2015-03-31/functions/{name}");
        let answer = match self.lambda("GetFunction", &path, name).await {
            Err(PortError::NotFound { .. }) => return Ok(None),
            other => other?,
        };
        let configuration = &answer["Configuration"];
        let variables = configuration["Environment"]["Variables"].as_object();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let variables = variables.into_iter().flatten();
        let reserved = answer["Concurrency"]["ReservedConcurrentExecutions"].as_u64();
        Ok(Some(Function {
            state: text(&configuration["State"]),
            environment: variables.map(|(name, value)| (name.clone(), text(value))).collect(),
            version: answer["Tags"]["vigil:version"].as_str().map(str::to_owned),
            reserved: reserved.and_then(|count| u32::try_from(count).ok()),
            key: answer["Tags"]["vigil:key"]
                .as_str()
                .filter(|key| !key.is_empty())
                .map(str::to_owned),
        }))
    }

    async fn concurrency(&self) -> Result<Concurrency, PortError> {
        let path = "/2016-08-19/account-settings/";
        let answer = self.lambda("GetAccountSettings", path, "the account").await?;
        let limit = |name: &str| {
            let number = answer["AccountLimit"][name].as_u64();
            number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
        };
        Ok(Concurrency {
            limit: limit("ConcurrentExecutions"),
            unreserved: limit("UnreservedConcurrentExecutions"),
        })
    }

    async fn rules(
        &self,
        bus: &str,
        with_targets: &(dyn for<'a> Fn(&'a EventRule) -> bool + Send + Sync),
    ) -> Result<Vec<EventRule>, PortError> {
        let (mut rules, mut token) = (Vec::new(), None);
        loop {
            let call = self.events.list_rules().event_bus_name(bus);
            let page = call.set_next_token(token).send().await;
            let page = page.map_err(|error| port_error("ListRules", bus, error))?;
            for rule in page.rules.unwrap_or_default() {
                let is_enabled = rule.state.is_some_and(|state| state != RuleState::Disabled);
                rules.push(EventRule {
                    name: rule.name.unwrap_or_default(),
                    bus: rule.event_bus_name.unwrap_or_default(),
                    is_enabled,
                    pattern: rule.event_pattern,
                    targets: Vec::new(),
                });
            }
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        for rule in &mut rules {
            if with_targets(rule) {
                rule.targets = self.targets(rule, bus).await?;
            }
        }
        Ok(rules)
    }

    async fn subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, PortError> {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let call = self.sns.list_subscriptions_by_topic().topic_arn(topic);
            let page = call.set_next_token(token).send().await;
            let page =
                page.map_err(|error| port_error("ListSubscriptionsByTopic", topic, error))?;
            all.extend(page.subscriptions.unwrap_or_default().into_iter().map(|one| {
                Subscription {
                    protocol: one.protocol.unwrap_or_default(),
                    endpoint: one.endpoint.unwrap_or_default(),
                    // Instead of an ARN, SNS gives the word PendingConfirmation.
                    is_confirmed: one.subscription_arn.is_some_and(|arn| arn.starts_with("arn:")),
                }
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    async fn messages(&self, queue: &str) -> Result<Option<u64>, PortError> {
        let names =
            json!(["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",]);
        let request = json!({"QueueUrl": queue_url(queue), "AttributeNames": names});
        let call = Call::json(SQS, "GetQueueAttributes", queue, &request);
        let answer = match send(&self.sdk, call).await {
            Err(PortError::NotFound { .. }) => return Ok(None),
            other => other?.body,
        };
        let attributes = answer["Attributes"].as_object().into_iter().flatten();
        Ok(Some(attributes.filter_map(|(_, it)| it.as_str()?.parse::<u64>().ok()).sum()))
    }

    async fn logged(
        &self,
        group: &str,
        phrases: &[&str],
        since: OffsetDateTime,
    ) -> Result<bool, PortError> {
        let phrases: Vec<String> = phrases.iter().map(|phrase| format!("\"{phrase}\"")).collect();
        let mut request = json!({
            "logGroupName": group,
            "filterPattern": phrases.join(" "),
            "startTime": since.unix_timestamp() * 1000,
        });
        loop {
            let call = Call::json(LOGS, "FilterLogEvents", group, &request);
            let page = send(&self.sdk, call).await?.body;
            if page["events"].as_array().is_some_and(|events| !events.is_empty()) {
                return Ok(true);
            }
            match &page["nextToken"] {
                Value::Null => return Ok(false),
                token => request["nextToken"] = token.clone(),
            }
        }
    }

    async fn sends_events(&self, bucket: &str) -> Result<Option<bool>, PortError> {
        let call = self.s3.get_bucket_notification_configuration().bucket(bucket).send().await;
        match call.map_err(|error| port_error("GetBucketNotificationConfiguration", bucket, error))
        {
            Err(PortError::NotFound { .. }) => Ok(None),
            answer => Ok(Some(answer?.event_bridge_configuration.is_some())),
        }
    }

    /// HeadBucket alone cannot tell another account's bucket from one that the caller may not see.
    async fn owner(&self, bucket: &str) -> Result<Option<Owner>, PortError> {
        let listed = self.s3.list_buckets().prefix(bucket).send().await;
        let listed = listed.map_err(|error| port_error("ListBuckets", bucket, error))?;
        if listed.buckets().iter().any(|one| one.name() == Some(bucket)) {
            return Ok(Some(Owner::Own));
        }
        let Err(error) = self.s3.head_bucket().bucket(bucket).send().await else {
            return Ok(Some(Owner::Foreign));
        };
        // Without a body, so without a code: 403, or 301 to another Region.
        match error.raw_response().map(|answer| answer.status().as_u16()) {
            Some(404) => Ok(None),
            Some(301 | 400 | 403) => Ok(Some(Owner::Foreign)),
            _ => Err(port_error("HeadBucket", bucket, error)),
        }
    }

    async fn key_policy(&self, key: &str) -> Result<Option<String>, PortError> {
        let call = self.kms.get_key_policy().key_id(key).send().await;
        match call.map_err(|error| port_error("GetKeyPolicy", key, error)) {
            Err(PortError::NotFound { .. }) => Ok(None),
            answer => Ok(answer?.policy),
        }
    }

    async fn invoke(&self, function: &str, event: &str) -> Result<Option<String>, PortError> {
        let how = Invocation::RequestResponse;
        let answer = invoke(&self.sdk, function, event.to_owned(), how).await?;
        Ok(answer.function_error.map(|_| {
            let member = |name: &str| answer.body[name].as_str().unwrap_or_default().to_owned();
            format!("{}: {}", member("errorType"), member("errorMessage"))
        }))
    }
}

/// CloudTrail API reference, EventSelector and AdvancedEventSelector.
fn has_writes(selectors: &Value) -> bool {
    let basic = selectors["EventSelectors"].as_array().into_iter().flatten();
    let mut basic = basic.filter(|one| one["IncludeManagementEvents"] != false);
    let advanced = selectors["AdvancedEventSelectors"].as_array().into_iter().flatten();
    let field = |selector: &Value, name: &str, value: &str| {
        let fields = selector["FieldSelectors"].as_array().into_iter().flatten();
        let mut fields = fields.filter(|field| field["Field"] == name);
        fields
            .any(|field| field["Equals"].as_array().is_some_and(|all| all.contains(&json!(value))))
    };
    basic.any(|one| one["ReadWriteType"] != "ReadOnly")
        || advanced
            .into_iter()
            .any(|one| field(one, "eventCategory", "Management") && !field(one, "readOnly", "true"))
}

/// `https://sqs.<region>.amazonaws.com/<account>/<name>`, from the queue's ARN.
pub(crate) fn queue_url(arn: &str) -> String {
    let parts: Vec<&str> = arn.split(':').collect();
    let [_, partition, _, region, account, name] = parts.as_slice() else { return arn.to_owned() };
    let suffix = if *partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://sqs.{region}.{suffix}/{account}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Wire, client};

    /// What is asked about the bucket `b`, and what comes of it.
    async fn owner(answers: &[(u16, &str)]) -> Result<Option<Owner>, PortError> {
        let answers = answers.iter().map(|(status, body)| Answer {
            status: *status,
            headers: Vec::new(),
            body: (*body).to_owned(),
        });
        let (wire, none) = (Wire::new(answers), Wire::default());
        let deployment = AwsDeployment {
            sdk: SdkConfig::builder().build(),
            events: client!(aws_sdk_eventbridge, none),
            kms: client!(aws_sdk_kms, none),
            s3: client!(aws_sdk_s3, wire),
            sns: client!(aws_sdk_sns, none),
        };
        deployment.owner("b").await
    }

    #[tokio::test]
    async fn a_bucket_is_ours_anothers_or_missing() {
        let own = "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets>\
                   </ListAllMyBucketsResult>";
        let longer = own.replace("<Name>b<", "<Name>b2<");
        assert_eq!(owner(&[(200, own)]).await.unwrap(), Some(Owner::Own));
        for (status, want) in [
            (200, Some(Owner::Foreign)),
            (301, Some(Owner::Foreign)),
            (403, Some(Owner::Foreign)),
            (404, None),
        ] {
            assert_eq!(owner(&[(200, &longer), (status, "")]).await.unwrap(), want, "{status}");
        }
        let denied = "<Error><Code>AccessDenied</Code></Error>";
        let error = owner(&[(403, denied)]).await.unwrap_err();
        assert!(matches!(error, PortError::Denied { .. }), "{error:?}");
    }

    #[test]
    fn a_trail_of_reads_has_no_writes() {
        let basic = |calls: &str, management: bool| json!({"EventSelectors": [{"ReadWriteType": calls, "IncludeManagementEvents": management}]});
        let advanced = |category: &str, read_only: Option<&str>| {
            let mut fields = vec![json!({"Field": "eventCategory", "Equals": [category]})];
            fields.extend(read_only.map(|it| json!({"Field": "readOnly", "Equals": [it]})));
            json!({"AdvancedEventSelectors": [{"FieldSelectors": fields}]})
        };
        for (selectors, want) in [
            (basic("All", true), true),
            (basic("WriteOnly", true), true),
            (basic("ReadOnly", true), false),
            (basic("All", false), false),
            (advanced("Management", None), true),
            (advanced("Management", Some("false")), true),
            (advanced("Management", Some("true")), false),
            (advanced("Data", None), false),
            (json!({}), false),
        ] {
            assert_eq!(has_writes(&selectors), want, "{selectors}");
        }
    }

    #[test]
    fn the_url_of_a_queue_is_made_from_its_arn() {
        let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q";
        assert_eq!(queue_url("arn:aws:sqs:eu-west-1:111122223333:q"), url);
    }
}
