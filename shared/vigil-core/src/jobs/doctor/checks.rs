//! What the facts say. Each answer names the command that mends what it found.

use std::fmt::Display;

use super::buckets::{wrong_bucket, wrong_crl_bucket};
use super::expected::{RULES, SCHEDULES};
use super::{
    deployment::{EventRule, Function, Subscription},
    facts::{Facts, Fetched, Unreached},
};

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// How it is.
    pub outcome: CheckResult,
}

/// How something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// As it must be, and what was seen.
    Good(String),
    /// Not as it must be, and the command that mends it.
    Bad {
        /// What is wrong.
        what: String,
        /// The command.
        mend: String,
    },
    /// The facts could not be had, and why.
    Unknown(String),
}

use CheckResult::{Good, Unknown};

fn bad(what: impl Display, mend: impl Display) -> CheckResult {
    CheckResult::Bad { what: what.to_string(), mend: mend.to_string() }
}

/// Deploys another version.
const DEPLOY: &str = "make deploy";

/// Puts back what was removed beside CloudFormation: to deploy the unchanged template changes nothing.
const REVERT: &str = "revert the drift (docs/runbook.md, at its beginning)";

/// Judges everything, in the order in which a finding travels.
pub fn judge(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![
        ("ACM PCA", acm_pca(facts)),
        ("trail", trail(facts)),
        ("functions", functions(facts)),
        ("rules", rules(facts)),
        ("one stack", one_stack(facts)),
        ("subscriptions", subscriptions(facts)),
        ("dead letters", dead_letters(facts)),
        ("concurrency", concurrency(facts)),
        ("policies", policies(facts)),
        ("key", key(facts)),
        ("buckets", buckets(facts)),
        ("CRL buckets", crl_buckets(facts)),
        ("test finding", test(facts)),
    ];
    if !facts.runs.is_empty() {
        checks.insert(3, ("first run", runs(facts)));
    }
    checks.into_iter().map(|(name, outcome)| Check { name, outcome }).collect()
}

fn acm_pca(facts: &Facts) -> CheckResult {
    match &facts.cas {
        Ok(count) => Good(format!("ACM PCA answers in this Region, with {count} CAs")),
        Err(Unreached::Denied(why)) => Unknown(why.clone()),
        // A Region without the service has no host of its name.
        Err(Unreached::NoAnswer(why)) => bad(
            format!("ACM PCA does not answer in this Region: {why}"),
            "deploy Vigil where your CAs are: AWS_REGION=… make deploy",
        ),
    }
}

fn trail(facts: &Facts) -> CheckResult {
    let trails = match &facts.trails {
        Ok(trails) => trails,
        Err(why) => return Unknown(why.clone()),
    };
    if let Some(trail) = trails.iter().find(|trail| trail.is_logging && trail.has_writes) {
        return Good(format!("{} logs write management events", trail.arn));
    }
    if let Some(trail) = trails.iter().find(|trail| trail.has_writes) {
        let what = format!("{} is not logging", trail.arn);
        return bad(what, format!("aws cloudtrail start-logging --name {}", trail.arn));
    }
    if let Some(trail) = trails.first() {
        let selector = "ReadWriteType=WriteOnly,IncludeManagementEvents=true";
        return bad(
            format!("no trail logs write management events; {} does not", trail.arn),
            format!(
                "aws cloudtrail put-event-selectors --trail-name {} --event-selectors {selector}",
                trail.arn
            ),
        );
    }
    bad(
        "no trail covers this Region, so deletions are found by the sweep only",
        "aws cloudtrail create-trail --name management-events --s3-bucket-name BUCKET --is-multi-region-trail \
         && aws cloudtrail start-logging --name management-events",
    )
}

fn functions(facts: &Facts) -> CheckResult {
    let (mut missing, mut wrong, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (name, function) in &facts.functions {
        match function {
            Err(why) => unknown.push(format!("{name}: {why}")),
            Ok(None) => missing.push(format!("{}-{name} is missing", facts.stack_names.name)),
            Ok(Some(function)) => wrong.extend(function_is_wrong(name, function, &facts.version)),
        }
    }
    if !missing.is_empty() {
        return bad(
            missing.join("; "),
            format!("if there is no stack yet, {DEPLOY}; else {REVERT}"),
        );
    }
    if !wrong.is_empty() {
        return bad(wrong.join("; "), DEPLOY);
    }
    if !unknown.is_empty() {
        return Unknown(unknown.join("; "));
    }
    Good(format!("{} functions of version {}", facts.functions.len(), facts.version))
}

fn function_is_wrong(name: &str, function: &Function, version: &str) -> Option<String> {
    if function.state != "Active" {
        return Some(format!("{name} is {}", function.state));
    }
    match &function.version {
        Some(own) if own == version => None,
        Some(own) => Some(format!("{name} is of version {own}, and this command of {version}")),
        None => Some(format!("{name} has no tag vigil:version")),
    }
}

fn runs(facts: &Facts) -> CheckResult {
    let (mut failed, mut unknown) = (Vec::new(), Vec::new());
    for (name, run) in &facts.runs {
        match run {
            Err(why) => unknown.push(format!("{name}: {why}")),
            Ok(Some(error)) => failed.push((name, error)),
            Ok(None) => {}
        }
    }
    if let Some((name, error)) = failed.first() {
        let log = format!("/aws/lambda/{}-{name}", facts.stack_names.name);
        return bad(format!("{name} failed: {error}"), format!("aws logs tail {log} --since 10m"));
    }
    if !unknown.is_empty() {
        return Unknown(unknown.join("; "));
    }
    Good(format!("{} functions ran without an error", facts.runs.len()))
}

fn rules(facts: &Facts) -> CheckResult {
    let rules = match &facts.rules {
        Ok(rules) => rules,
        Err(why) => return Unknown(why.clone()),
    };
    let stack = &facts.stack_names.stack;
    let expected = RULES.iter().map(|(id, _)| *id).chain(SCHEDULES.iter().copied());
    let mut missing = Vec::new();
    for id in expected {
        let Some(rule) = rules.iter().find(|rule| rule.is(stack, id)) else {
            missing.push(id);
            continue;
        };
        // The parameter LastResort switches it off on purpose.
        if !rule.is_enabled && id != "LastResortFunctionEveryQuarterHour" {
            return bad(format!("the rule {} is disabled", rule.name), enable(rule));
        }
        if rule.targets.is_empty() {
            return bad(format!("the rule {} has no target", rule.name), REVERT);
        }
        if rule.targets.iter().any(|target| target.dead_letters.is_none()) {
            return bad(
                format!("the rule {} has a target without a dead-letter queue", rule.name),
                REVERT,
            );
        }
    }
    if !missing.is_empty() {
        return bad(format!("these rules are missing: {}", missing.join(", ")), REVERT);
    }
    Good(format!("{} rules and {} schedules are enabled", RULES.len(), SCHEDULES.len()))
}

fn enable(rule: &EventRule) -> String {
    let bus = match rule.bus.as_str() {
        "default" => String::new(),
        bus => format!(" --event-bus-name {bus}"),
    };
    format!("aws events enable-rule --name {}{bus}", rule.name)
}

fn one_stack(facts: &Facts) -> CheckResult {
    let rules = match &facts.rules {
        Ok(rules) => rules,
        Err(why) => return Unknown(why.clone()),
    };
    let own = format!(":function:{}-auto-restore", facts.stack_names.name);
    let is_another = |arn: &str| arn.ends_with("-auto-restore") && !arn.ends_with(&own);
    for rule in rules.iter().filter(|rule| rule.is_about_deletions() && rule.is_enabled) {
        if let Some(target) = rule.targets.iter().find(|target| is_another(&target.arn)) {
            return bad(
                format!("{} also restores CAs of this Region", target.arn),
                format!("delete the stack of the rule {}: make destroy STACK=…", rule.name),
            );
        }
    }
    Good("no other stack restores CAs of this Region".to_owned())
}

fn subscriptions(facts: &Facts) -> CheckResult {
    let mut all: Vec<(&str, &Subscription)> = Vec::new();
    for (topic, subscriptions) in &facts.subscriptions {
        match subscriptions {
            Err(why) => return Unknown(why.clone()),
            Ok(own) => all.extend(own.iter().map(|one| (topic.as_str(), one))),
        }
    }
    if facts.subscriptions.is_empty() {
        return Unknown("notify does not say which topics it uses".to_owned());
    }
    if let Some((topic, one)) = all.iter().find(|(_, one)| !one.is_confirmed) {
        let Subscription { protocol, endpoint, .. } = one;
        return bad(
            format!("{endpoint} has not confirmed its subscription, and receives nothing"),
            format!(
                "open the link in the mail \"AWS Notification - Subscription Confirmation\", or have it sent \
                 again: aws sns subscribe --topic-arn {topic} --protocol {protocol} \
                 --notification-endpoint {endpoint}"
            ),
        );
    }
    let alerts = facts.subscriptions.keys().next().map(String::as_str).unwrap_or_default();
    if all.is_empty() && facts.has_security_hub() {
        return Good("no subscription; findings go to Security Hub".to_owned());
    }
    if all.is_empty() {
        return bad(
            "no operator subscribes to a topic, so a finding reaches the log group only",
            format!(
                "aws sns subscribe --topic-arn {alerts} --protocol email --notification-endpoint ADDRESS"
            ),
        );
    }
    Good(format!("confirmed subscriptions: {}", all.len()))
}

fn dead_letters(facts: &Facts) -> CheckResult {
    if facts.dead_letters.is_empty() {
        return Unknown("the rules name no dead-letter queue".to_owned());
    }
    let mut unknown = Vec::new();
    for (queue, waiting) in &facts.dead_letters {
        let name = queue.rsplit(':').next().unwrap_or(queue);
        match waiting {
            Err(why) => unknown.push(why.clone()),
            Ok(None) => return bad(format!("the dead-letter queue {name} is missing"), REVERT),
            Ok(Some(0)) => {}
            Ok(Some(count)) => {
                let mend = format!("remove the cause, then: vigil replay {name}");
                return bad(format!("{count} dead letters lie in {name}"), mend);
            }
        }
    }
    if !unknown.is_empty() {
        return Unknown(unknown.join("; "));
    }
    Good(format!("{} dead-letter queues are empty", facts.dead_letters.len()))
}

/// Service Quotas' code of Lambda's "Concurrent executions".
const QUOTA: &str = "aws service-quotas request-service-quota-increase --service-code lambda \
                     --quota-code L-B99A9384 --desired-value 1000";

fn concurrency(facts: &Facts) -> CheckResult {
    let limits = match &facts.concurrency {
        Ok(limits) => limits,
        Err(why) => return Unknown(why.clone()),
    };
    let mut reserved = 0;
    for (name, function) in &facts.functions {
        let Ok(Some(function)) = function else { continue };
        match function.reserved {
            Some(0) => {
                return bad(
                    format!("{name} has a reserved concurrency of 0, and never runs"),
                    format!(
                        "aws lambda delete-function-concurrency --function-name {}-{name}",
                        facts.stack_names.name
                    ),
                );
            }
            Some(own) => reserved += own,
            None => {}
        }
    }
    if limits.unreserved == 0 {
        return bad("other functions have reserved all of the account's concurrency", QUOTA);
    }
    Good(match reserved {
        0 => format!("nothing is reserved; {} executions are shared", limits.unreserved),
        own => format!("{own} of {} executions are reserved for Vigil", limits.limit),
    })
}

fn policies(facts: &Facts) -> CheckResult {
    match &facts.policies {
        Err(why) => Unknown(why.clone()),
        Ok(Ok(0)) => Good("no policies of your own: the built-in ones hold".to_owned()),
        Ok(Ok(count)) => Good(format!("{count} files of policies load")),
        Ok(Err(why)) => bad(
            format!("the policies do not count, so the built-in ones hold: {why}"),
            "correct your files, then: vigil policy check FOLDER && vigil policy publish FOLDER --author NAME \
             --key POLICY-KEY --evidence-bucket BUCKET (read what is published: aws s3 cp \
             s3://BUCKET/policies/set.json -)",
        ),
    }
}

fn key(facts: &Facts) -> CheckResult {
    match &facts.key {
        Err(why) => Unknown(why.clone()),
        Ok(None) => Good("the stack uses AWS's own keys".to_owned()),
        Ok(Some(used)) if used.missing.is_empty() => {
            Good(format!("the policy of {} allows what the services need", used.arn))
        }
        Ok(Some(used)) => bad(
            format!("the key {} does not allow {}", used.arn, used.missing.join(", ")),
            format!(
                "add the statements of docs/deploying.md, \"A key of your own\": aws kms put-key-policy \
                 --key-id {} --policy-name default --policy file://policy.json",
                used.arn
            ),
        ),
    }
}

fn buckets(facts: &Facts) -> CheckResult {
    if let Some((what, mend)) = wrong_bucket(&facts.buckets) {
        return bad(what, mend);
    }
    let unknown = unknown(facts.buckets.values());
    match facts.buckets.len() {
        _ if !unknown.is_empty() => Unknown(unknown),
        0 => Unknown("no function says which buckets it uses".to_owned()),
        count => Good(format!("{count} buckets are there and this account's")),
    }
}

fn crl_buckets(facts: &Facts) -> CheckResult {
    if let Some((what, mend)) = wrong_crl_bucket(&facts.crl_buckets) {
        return bad(what, mend);
    }
    let unknown = unknown(facts.crl_buckets.values());
    match facts.crl_buckets.len() {
        _ if !unknown.is_empty() => Unknown(unknown),
        0 => Good("no CA publishes a CRL".to_owned()),
        count => Good(format!("{count} CRL buckets send their events")),
    }
}

fn unknown<'a, T: 'a>(facts: impl Iterator<Item = &'a Fetched<T>>) -> String {
    facts.filter_map(|fact| Some(fact.as_ref().err()?.as_str())).collect::<Vec<_>>().join("; ")
}

fn test(facts: &Facts) -> CheckResult {
    let test: &Fetched<_> = &facts.test;
    let name = &facts.stack_names.name;
    match test {
        Err(why) => Unknown(format!("the test finding could not be followed: {why}")),
        Ok(test) if !test.is_logged => bad(
            format!("the test finding {} did not reach the log group", test.id),
            format!(
                "{REVERT}: the rule FindingsToLog or the log group's resource policy; show the rule: aws events \
                 list-rules --event-bus-name {name} --name-prefix {}-FindingsToLog",
                facts.stack_names.stack
            ),
        ),
        Ok(test) if !test.is_sent => bad(
            format!("the test finding {} did not reach the topic", test.id),
            format!("aws logs tail /aws/lambda/{name}-notify --since 10m"),
        ),
        Ok(test) => Good(format!("the finding {} reached log group and topic", test.id)),
    }
}
